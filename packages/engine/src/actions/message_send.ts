import { Type } from 'typebox';
import { defineAction, fire } from '../action.js';
import { address, AddressSchema } from '../address.js';
import { text } from '../options.js';

export default defineAction({
  type: 'message_send',
  summary: 'Sends a text message. Nobody waits for it: the result is in the history.',
  medium: 'any',
  on_failure: 'skip',
  option: Type.Object({
    source: Type.Optional(AddressSchema),
    destinations: Type.Array(AddressSchema, { description: 'who gets it', default: [] }),
    text: text('the message'),
  }),
  needs: ['destinations', 'text'],
  run: ({ source, destinations, text }) => fire('message.send', { source: address(source), destinations: destinations.map(address), text }),
});
