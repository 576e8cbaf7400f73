// What actions and waits are, in a few words for people.
import { FINISH_ID, START_ID } from '@activeflow/engine';
import type { Action, WaitingFor } from '@activeflow/client';
import { spanText } from '../ui/time.js';

/** The option that says most of an action, in the order they are looked for. */
const TELLING = ['text', 'url', 'uri', 'digits', 'target_id', 'flow_id', 'event_url', 'key', 'status', 'duration', 'length'] as const;

/** An action's type and what is most telling of its option: `talk` and `“Welcome to …”`. */
export function actionWords({ id, type, option }: Pick<Action, 'id' | 'type' | 'option'>): { readonly type: string; readonly detail: string } {
  if (id === START_ID) return { type: 'start', detail: '' };
  if (id === FINISH_ID) return { type: 'finish', detail: '' };
  const name = TELLING.find((one) => ['string', 'number'].includes(typeof option[one]) && option[one] !== '');
  if (name === undefined) return { type, detail: '' };
  const value = String(option[name]);
  if (name === 'text') return { type, detail: `“${value}”` };
  return { type, detail: name === 'duration' ? spanText(Number(value)) : ['url', 'uri', 'event_url', 'digits'].includes(name) ? value : `${name.replace('_id', '')} ${value.slice(0, 36)}` };
}

const WAITS: Readonly<Record<string, string>> = {
  timer: 'time', continue: 'a continue', 'activeflow.start': 'another flow', 'flow.fetch': 'fetched actions', 'http.fetch': 'an answer', 'http.webhook_send': 'an answer',
  'message.send': 'a message', 'message.receive': 'a message', 'email.send': 'an e-mail', 'conversation.send': 'a message', 'call.answer': 'the answer', 'call.hangup': 'the hangup', 'call.talk': 'the prompt',
  'call.play': 'the media', 'call.beep': 'the beep', 'call.digits_receive': 'digits', 'call.digits_send': 'digits sent', 'call.echo': 'the echo', 'call.mute': 'the mute',
  'call.recording_start': 'the recording', 'call.recording_stop': 'the recording', 'call.amd': 'who answers', 'call.create': 'new calls', 'call.connect': 'the connection',
};

/** What would move an activeflow: `digits`, `a continue`, `time`. */
export const waitWords = ({ kind }: Pick<WaitingFor, 'kind'>): string => WAITS[kind] ?? kind;
