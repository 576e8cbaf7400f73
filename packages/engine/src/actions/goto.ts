import { Type } from 'typebox';
import { defineAction, jump, next } from '../action.js';
import { target } from '../options.js';

export default defineAction({
  type: 'goto',
  summary: 'Jumps to an action: always, or a number of times in the life of its frame.',
  medium: 'any',
  on_failure: 'end',
  option: Type.Object({
    target_id: target('the action to go to'),
    loop_count: Type.Optional(Type.Integer({ minimum: 0, description: 'how often to jump before going on; always where left out' })),
  }),
  needs: ['target_id'],
  targets: ['target_id'],
  run({ target_id, loop_count }, { jumps }) {
    return loop_count === undefined || jumps < loop_count ? jump(target_id, { counted: true }) : next();
  },
});
