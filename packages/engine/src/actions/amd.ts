import { Type } from 'typebox';
import { defineAction, fire, next, stop, wait } from '../action.js';
import { flag, oneOf } from '../options.js';

export default defineAction({
  type: 'amd',
  summary: 'Listens whether a machine answered.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({ machine_handle: oneOf(['hangup', 'continue'], 'what to do about a machine', 'continue'), async: flag('go on at once') }),
  run({ machine_handle, async }, { reference }) {
    const payload = { call_id: reference.id, machine_handle, async };
    return async ? fire('call.amd', payload) : wait('call.amd', payload, 60_000);
  },
  settle: ({ machine_handle }, { machine }) => (machine === true && machine_handle === 'hangup' ? stop() : next()),
});
