import { Type } from 'typebox';
import { defineAction, fail, push, wait } from '../action.js';
import { PROMPT_ANSWER_MS, text } from '../options.js';

export default defineAction({
  type: 'fetch_flow',
  summary: "Runs another flow's actions first: the newest revision at that moment. Its on-complete flow is ignored.",
  medium: 'any',
  on_failure: 'end',
  option: Type.Object({ flow_id: text('a flow of the same customer') }),
  needs: ['flow_id'],
  run: ({ flow_id }) => wait('flow.fetch', { flow_id }, PROMPT_ANSWER_MS),
  settle: (_option, { list_id }) => (typeof list_id === 'string' ? push({ list_id }) : fail('FLOW_NOT_FOUND', 'the flow gave no actions')),
});
