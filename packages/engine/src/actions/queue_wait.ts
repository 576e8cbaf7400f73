import { Type } from 'typebox';
import { defineAction, jump, next, push, wait } from '../action.js';
import { CALL_MS, text } from '../options.js';

export default defineAction({
  type: 'queue_wait',
  summary: 'Runs the wait flow of a queue once more: one round of waiting. Written by `queue_join`; elsewhere it is of no use.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({ queuecall_id: text('the place in the queue') }),
  needs: ['queuecall_id'],
  run: ({ queuecall_id }, { reference }) => wait('queue.wait', { call_id: reference.id, queuecall_id }, CALL_MS),
  // The place is gone: then there is a way out.
  settle: (_option, { list_id, target_id }) => (typeof list_id === 'string' ? push({ list_id }) : typeof target_id === 'string' ? jump(target_id) : next()),
});
