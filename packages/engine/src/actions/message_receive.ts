import { Type } from 'typebox';
import { defineAction, next, wait } from '../action.js';
import { address, AddressSchema } from '../address.js';
import { duration } from '../options.js';

/** How long after the end of the wait the driver may still report. */
const GRACE_MS = 10_000;
/** A day: people answer when they have read. */
const DAY_MS = 24 * 3_600_000;

export default defineAction({
  type: 'message_receive',
  summary: 'Waits for a text message from whom the run talks with, or until the time is over; then the text is empty. One that came before counts.',
  medium: 'any',
  on_failure: 'skip',
  option: Type.Object({
    duration: duration('milliseconds to wait', DAY_MS),
    source: Type.Optional(AddressSchema),
    destination: Type.Optional(AddressSchema),
  }),
  // Whom it talks with, where no option says so: the message that started the run tells; else the driver looks what the run has sent last.
  run: ({ duration, source, destination }, { variables }) => wait('message.receive', {
    duration,
    source: address(source ?? { target: variables['voipbin.message.source.target'] ?? '' }),
    destination: address(destination ?? { target: variables['voipbin.message.destination.target'] ?? '' }),
  }, duration + GRACE_MS),
  settle: (_option, { text }) => next({ 'voipbin.message.text': typeof text === 'string' ? text : '' }),
});
