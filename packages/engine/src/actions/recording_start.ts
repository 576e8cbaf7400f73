import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { flag, oneOf, PROMPT_ANSWER_MS, text } from '../options.js';

const seconds = (description: string) => Type.Integer({ minimum: 0, maximum: 86_400, description, default: 0 });

export default defineAction({
  type: 'recording_start',
  summary: 'Starts recording the call and goes on.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({
    format: oneOf(['wav', 'mp3', 'ogg'], 'the file format', 'wav'),
    end_of_silence: seconds('ends after so many seconds of silence; 0 never'),
    end_of_key: text('ends at one of these digits', ''),
    duration: seconds('ends after so many seconds; 0 never'),
    beep_start: flag('beep first'),
    on_end_flow_id: text('a flow to start when it has ended', ''),
  }),
  run: (option, { reference }) => wait('call.recording_start', { call_id: reference.id, ...option }, PROMPT_ANSWER_MS),
});
