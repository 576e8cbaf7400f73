import { Type } from 'typebox';
import { defineAction, fire, wait } from '../action.js';
import { flag, oneOf, text } from '../options.js';

export default defineAction({
  type: 'talk',
  summary: 'Speaks a text and waits for its end. Answers the call first if need be.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({
    text: text('plain text or SSML'),
    language: text('BCP 47', 'en-US'),
    gender: oneOf(['', 'female', 'male', 'neutral'], 'of the voice', ''),
    provider: text('who speaks', ''),
    voice_id: text('which voice', ''),
    digits_handle: oneOf(['', 'next'], '`next`: a digit ends it and is kept for the next collection', ''),
    async: flag('go on at once'),
  }),
  needs: ['text'],
  run({ text, async, ...rest }, { reference }) {
    const payload = { call_id: reference.id, text, ...rest };
    return async ? fire('call.talk', payload) : wait('call.talk', payload, longestSpeech(text));
  },
});

/** Long past the end of the slowest voice: a bound for a driver that never reports, not an estimate. */
const longestSpeech = (spoken: string): number => 60_000 + spoken.length * 500;
