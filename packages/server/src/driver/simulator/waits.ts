// What is open on a call and when it is over: pure, so that the dispatcher's look and the caller's digit decide alike.
import { ms, type Instant, type Option, type Result } from '@activeflow/engine';
import type { StoredEffect } from '../../store/store.js';
import { withChanges, type CallData, type Wait } from './call.js';
import { SHORTEST_MS, SOUND_MS, spokenMs } from './speech.js';

/** The kinds that last a while on a call that is up. */
export const TIMED_KINDS = ['call.talk', 'call.play', 'call.beep', 'call.echo', 'call.digits_send', 'call.digits_receive', 'call.join'] as const;
/** Those that are heard, and that `mediaDone` ends. */
export const PROMPT_KINDS: readonly string[] = ['call.talk', 'call.play', 'call.beep'];

/** The end of a wait: its result, and the call without it. */
export type End = { readonly result: Result; readonly data: CallData };

/** A wait for an effect that begins now. */
export function beginWait({ id, kind, payload }: StoredEffect, { played }: CallData, now: Instant, answered: boolean): Wait {
  // Nobody else is in a played conference: whoever joins stays until the call ends.
  const timed = kind !== 'call.join' && (played.auto_play || !PROMPT_KINDS.includes(kind));
  const until = timed ? now + ms(lengthMs(kind, payload)) : null;
  return {
    effect_id: id, kind, until, answered,
    ...(payload['digits_handle'] === 'next' ? { digit_ends: true } : {}),
    ...(kind === 'call.digits_receive' ? { length: payload['length'] as number, key: payload['key'] as string } : {}),
  };
}

function lengthMs(kind: string, payload: Option): number {
  const { text, stream_urls, digits, duration, interval } =
    payload as { text: string; stream_urls: readonly string[]; digits: string; duration: number; interval: number };
  switch (kind) {
    case 'call.talk': return spokenMs(text);
    case 'call.play': return stream_urls.length * SOUND_MS;
    case 'call.beep': return SHORTEST_MS;
    case 'call.digits_send': return digits.length * (duration + interval);
    default: return duration;
  }
}

/** The end of a wait where it has come; undefined while it goes on. */
export function endOf(data: CallData, wait: Wait, now: Instant): End | undefined {
  const timely = wait.until !== null && now >= wait.until;
  if (wait.kind === 'call.digits_receive') {
    const count = collected(data.played.digits, wait) ?? (timely ? data.played.digits.length : undefined);
    if (count === undefined) return undefined;
    const digits = data.played.digits.slice(0, count);
    return ended(withChanges(data, {}, { digits: data.played.digits.slice(count) }), wait, { digits });
  }
  if (wait.digit_ends === true && data.played.digits !== '') return ended(data, wait, { interrupted: true });
  return timely ? ended(data, wait, {}) : undefined;
}

/** The end of a wait, whether or not it has come. */
export function ended(data: CallData, wait: Wait, report: Option): End {
  const variables = wait.answered === true ? { 'voipbin.call.status': 'progressing' } : undefined;
  return { result: { ok: true, data: report, ...(variables ? { variables } : {}) }, data: without(data, wait.effect_id) };
}

/** The call without a wait. */
export const without = (data: CallData, effect_id: string): CallData =>
  withChanges(data, {}, { waits: data.played.waits.filter((wait) => wait.effect_id !== effect_id) });

/** How many of the digits complete a collection: up to the key that ends it, or as many as it wants; undefined while there are too few. */
function collected(digits: string, { length = 0, key = '' }: Wait): number | undefined {
  const at_key = [...digits].findIndex((digit) => key.includes(digit)) + 1;
  const enough = length > 0 && digits.length >= length ? length : 0;
  if (at_key > 0 && enough > 0) return Math.min(at_key, enough);
  return at_key || enough || undefined;
}
