import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { address, AddressSchema } from '../address.js';
import { anonymous, flag, PROMPT_ANSWER_MS, text } from '../options.js';

export default defineAction({
  type: 'call',
  summary: 'Places new calls, each with an activeflow of its own.',
  medium: 'any',
  on_failure: 'end',
  option: Type.Object({
    source: Type.Optional(AddressSchema),
    destinations: Type.Array(AddressSchema, { description: 'who is called', default: [] }),
    flow_id: text('the flow that each of them runs', ''),
    actions: Type.Array(Type.Unknown(), { description: 'or the actions', default: [] }),
    chained: flag('hang them up when this call ends'),
    early_execution: flag('begin at the ringing, not at the answer'),
    anonymous,
  }),
  needs: ['destinations', ['flow_id', 'actions']],
  lists: ['actions'],
  run({ source, destinations, ...rest }, { reference }) {
    const master_call_id = reference.type === 'call' ? reference.id : '';
    return wait('call.create', { source: address(source), destinations: destinations.map(address), master_call_id, ...rest }, PROMPT_ANSWER_MS);
  },
});
