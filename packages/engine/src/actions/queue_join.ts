import { Type } from 'typebox';
import { defineAction, fail, push, wait } from '../action.js';
import { CALL_MS, text } from '../options.js';

export default defineAction({
  type: 'queue_join',
  summary: "Enters a queue, and runs its wait flow until an agent is free, the time is over or somebody kicks the call out; talks to the agent; then goes on. Why it left stands in `voipbin.queuecall.status` and `voipbin.queuecall.end_reason`.",
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({ queue_id: text('a queue of the same customer') }),
  needs: ['queue_id'],
  run: ({ queue_id }, { reference }) => wait('queue.join', { call_id: reference.id, queue_id }, CALL_MS),
  settle: (_option, { list_id }) => (typeof list_id === 'string' ? push({ list_id }) : fail('QUEUE_NOT_FOUND', 'the queue gave nothing to wait with')),
});
