import { Type } from 'typebox';
import { defineAction, fire, wait } from '../action.js';
import { flag, PROMPT_ANSWER_MS, text } from '../options.js';

export default defineAction({
  type: 'conversation_send',
  summary: 'Sends a text into a conversation.',
  medium: 'any',
  on_failure: 'skip',
  option: Type.Object({ conversation_id: text('the conversation'), text: text('what to say'), sync: flag('wait until it is sent') }),
  needs: ['conversation_id', 'text'],
  run({ conversation_id, text, sync }) {
    const payload = { conversation_id, text };
    return sync ? wait('conversation.send', payload, PROMPT_ANSWER_MS) : fire('conversation.send', payload);
  },
});
