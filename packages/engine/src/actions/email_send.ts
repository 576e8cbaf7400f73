import { Type } from 'typebox';
import { defineAction, fire } from '../action.js';
import { address, AddressSchema } from '../address.js';
import { text } from '../options.js';

const Attachment = Type.Object({
  url: Type.Optional(text('where it is fetched from')),
  recording_id: Type.Optional(text('the recording whose sound it is; `reference_type` `recording` and `reference_id` say the same')),
  name: Type.Optional(text('what its file is called')),
});

export default defineAction({
  type: 'email_send',
  summary: 'Sends an email. Nobody waits for it: the result is in the history.',
  medium: 'any',
  on_failure: 'skip',
  option: Type.Object({
    destinations: Type.Array(AddressSchema, { description: 'who gets it', default: [] }),
    subject: text('the subject', ''),
    content: text('the text', ''),
    html: text('the same as HTML, for those who can show it. A value is put in as it is: one that a stranger wrote belongs into `content`', ''),
    attachments: Type.Array(Attachment, { description: 'what goes with it: the answer of a `url`, or the sound of a recording', default: [] }),
  }),
  needs: ['destinations'],
  run: ({ destinations, subject, content, html, attachments }) => fire('email.send', { destinations: destinations.map(address), subject, content, html, attachments }),
});
