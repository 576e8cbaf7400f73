import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { CALL_MS, text } from '../options.js';

export default defineAction({
  type: 'queue_service',
  summary: 'The caller and an agent talk, until they part; or the caller leaves the queue without. Written by `queue_join`; elsewhere it is of no use.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({ queuecall_id: text('the place in the queue') }),
  needs: ['queuecall_id'],
  run: ({ queuecall_id }, { reference }) => wait('queue.service', { call_id: reference.id, queuecall_id }, CALL_MS),
});
