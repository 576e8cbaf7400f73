import { Type } from 'typebox';
import { defineAction, wait } from '../action.js';
import { oneOf, PROMPT_ANSWER_MS, text } from '../options.js';

export default defineAction({
  type: 'external_media_start',
  summary: 'Sends the sound of the call to a host as RTP, plays what comes back to the caller, and goes on.',
  medium: 'rtc',
  on_failure: 'skip',
  option: Type.Object({
    external_host: text('`host:port`'),
    encapsulation: oneOf(['', 'rtp'], 'how it travels', 'rtp'),
    transport: oneOf(['', 'udp'], 'by what', 'udp'),
    connection_type: oneOf(['', 'client'], 'who begins', 'client'),
    format: oneOf(['', 'ulaw', 'alaw', 'slin16'], 'how it is coded; `slin16`: 16,000 samples of 16 bits a second, the high byte first', 'ulaw'),
    direction: oneOf(['', 'in', 'out', 'both'], '`in`: what the caller says; `out`: what the caller hears', 'both'),
    data: text('accepted for older clients, used for nothing', ''),
  }),
  needs: ['external_host'],
  run: ({ data: _, ...option }, { reference }) => wait('call.external_media_start', { call_id: reference.id, ...option }, PROMPT_ANSWER_MS),
});
