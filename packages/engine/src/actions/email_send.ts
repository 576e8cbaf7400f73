import { Type } from 'typebox';
import { defineAction, fire } from '../action.js';
import { address, AddressSchema } from '../address.js';
import { text } from '../options.js';

export default defineAction({
  type: 'email_send',
  summary: 'Sends an email. Nobody waits for it: the result is in the history.',
  medium: 'any',
  on_failure: 'skip',
  option: Type.Object({
    destinations: Type.Array(AddressSchema, { description: 'who gets it', default: [] }),
    subject: text('the subject', ''),
    content: text('the text', ''),
    attachments: Type.Array(Type.Object({}), { description: 'what goes with it: by URL or recording id', default: [] }),
  }),
  needs: ['destinations'],
  run: ({ destinations, subject, content, attachments }) => fire('email.send', { destinations: destinations.map(address), subject, content, attachments }),
});
