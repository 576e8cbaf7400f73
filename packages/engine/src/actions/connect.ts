import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { address, AddressSchema } from '../address.js';
import { anonymous, CALL_MS, duration, flag } from '../options.js';

export default defineAction({
  type: 'connect',
  summary: 'Rings all destinations, joins the first to answer to the call, and waits until they part.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({
    source: Type.Optional(AddressSchema),
    destinations: Type.Array(AddressSchema, { description: 'who is rung', default: [] }),
    early_media: flag('let the caller hear what comes before the answer'),
    relay_reason: flag('hang the call up with the reason of the other side'),
    timeout: duration('milliseconds that it rings', 30_000),
    anonymous,
  }),
  needs: ['destinations'],
  run: ({ source, destinations, ...rest }, { reference }) =>
    wait('call.connect', { call_id: reference.id, source: address(source), destinations: destinations.map(address), ...rest }, CALL_MS),
});
