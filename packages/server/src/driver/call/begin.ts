// Beginning an effect on a line: once, on a call that is up, and with whatever was typed ahead.
import { ms, type Option, type Result } from '@activeflow/engine';
import { Permanent, Retryable, type Performed } from '../driver.js';
import { StoreUnavailable, type StoredEffect } from '../../store/store.js';
import { isOver } from '../call-document.js';
import { callEnded, callNotFound, readCall } from './document.js';
import { endCall } from './end.js';
import { settleOpen, takeOff, takeUp, type Floor, type Line, type Open } from './line.js';

/** What an effect does on a line. */
export type Begin = {
  /** How long it lasts; left out: until a fact ends it. */
  readonly lasts_ms?: number;
  readonly digit_ends?: boolean;
  readonly collects?: Open['collects'];
  /** Begins it; a result ends it at once. */
  readonly start: (open: Open) => Promise<Result | undefined> | Result | undefined;
  readonly undo?: Open['undo'];
  /** It does not answer a call that rings here. */
  readonly unanswered?: true;
};

/** How often an effect looks whether a call that was dialled has been answered. */
const LOOK_MS = 500;
/** The dispatcher's own write of this will be refused: the effect was settled while it was being looked at. */
const OVERTAKEN: Performed = { done: { ok: true } };

/** The id of the call that an effect is about; `''` where it is about none. */
export const callIdOf = ({ payload }: { readonly payload: Option }): string => (typeof payload['call_id'] === 'string' ? payload['call_id'] : '');

/**
 * The line of the call that an effect is about. Throws `Permanent` CALL_NOT_FOUND, also for another customer's, or CALL_ENDED; a call that says
 * it is up and has no line was lost, and is ended.
 */
export async function lineOf(floor: Floor, effect: StoredEffect): Promise<Line> {
  const id = callIdOf(effect);
  const line = floor.lines.get(id);
  if (line?.ending === undefined && line?.customer_id === effect.customer_id) return line;
  await line?.ending;
  const call = await readCall(floor, id);
  if (call?.customer_id !== effect.customer_id) throw callNotFound(id);
  if (!isOver(call) && !floor.lines.has(id)) await endCall(floor, id, { by: '', reason: 'failed', detail: 'lost: nothing here carries it' });
  throw callEnded(id);
}

/** Performs an effect on a line: begins it once; asked again, looks whether it is over. */
export async function performOn(floor: Floor, effect: StoredEffect, make: (line: Line) => Begin): Promise<Performed> {
  const line = await lineOf(floor, effect);
  const known = line.open.get(effect.id);
  if (known) return look(floor, line, known);
  if (effect.attempt > 1 && !(await isUnfinished(floor, effect))) return OVERTAKEN;
  const begin = make(line);
  const now = floor.host.clock.now();
  if (!line.up && line.direction === 'outgoing') return { open: true, again_at: now + ms(LOOK_MS) };
  // After a restart it has lasted since it was asked for; here, since it could begin.
  const since = effect.attempt > 1 && effect.tm_create < now - ms(60_000) ? effect.tm_create : now;
  const open: Open = {
    effect, abort: new AbortController(), until: begin.lasts_ms === undefined ? null : since + ms(begin.lasts_ms), digit_ends: begin.digit_ends ?? false,
    collects: begin.collects, undo: begin.undo ?? (() => undefined), answered: false,
  };
  line.open.set(effect.id, open);
  try {
    return await started(floor, line, open, begin);
  } catch (error) {
    line.open.delete(effect.id);
    open.abort.abort();
    if (open.result !== undefined) return { done: open.result };
    throw asDriverError(error);
  }
}

async function started(floor: Floor, line: Line, open: Open, begin: Begin): Promise<Performed> {
  if (begin.unanswered !== true) open.answered = await takeUp(floor, line);
  const result = byDigits(line, open) ?? (open.result === undefined ? await begin.start(open) : undefined);
  if (result !== undefined) takeOff(line, open, result);
  if (open.answered) await line.answering?.written;
  return look(floor, line, open);
}

function look(floor: Floor, line: Line, open: Open): Performed {
  if (open.until !== null && open.until <= floor.host.clock.now() && takeOff(line, open, timeIsOver(line, open))) void open.undo();
  if (open.result !== undefined) return { done: open.result };
  return open.until === null ? { open: true } : { open: true, again_at: open.until };
}

/** What an effect comes to whose time is over: a collection, the digits there are. */
function timeIsOver(line: Line, open: Open): Result {
  if (open.collects === undefined) return { ok: true, data: {} };
  return { ok: true, data: { digits: take(line, line.digits.length) } };
}

/** What the digits typed so far make of an effect; undefined where it goes on. A collection takes its digits. */
export function byDigits(line: Line, { collects, digit_ends }: Open): Result | undefined {
  if (collects) {
    const count = collected(line.digits, collects);
    return count === undefined ? undefined : { ok: true, data: { digits: take(line, count) } };
  }
  return digit_ends && line.digits !== '' ? { ok: true, data: { interrupted: true } } : undefined;
}

function take(line: Line, count: number): string {
  const digits = line.digits.slice(0, count);
  line.digits = line.digits.slice(count);
  return digits;
}

/** How many of the digits complete a collection: up to the key that ends it, or as many as it wants; undefined while there are too few. */
function collected(digits: string, { length, key }: NonNullable<Open['collects']>): number | undefined {
  const at_key = [...digits].findIndex((digit) => key.includes(digit)) + 1;
  const enough = length > 0 && digits.length >= length ? length : 0;
  if (at_key > 0 && enough > 0) return Math.min(at_key, enough);
  return at_key || enough || undefined;
}

/** A digit was typed: whatever it ends is over. */
export async function lookAtDigits(floor: Floor, line: Line): Promise<void> {
  for (const open of [...line.open.values()]) {
    const result = byDigits(line, open);
    if (result === undefined) continue;
    const told = settleOpen(floor, line, open, result);
    await open.undo();
    await told;
  }
}

async function isUnfinished({ host }: Floor, { id, activeflow_id }: StoredEffect): Promise<boolean> {
  return (await host.unfinished(activeflow_id)).some((effect) => effect.id === id);
}

/** Whatever else goes wrong where sound is made is for good: nobody waits on a line for a second try. */
export function asDriverError(error: unknown): unknown {
  if (error instanceof Permanent || error instanceof Retryable || error instanceof StoreUnavailable) return error;
  const { reason, message } = error as { reason?: unknown; message?: unknown };
  if (typeof reason !== 'string') return error;
  return new Permanent(reason, typeof message === 'string' ? message : reason);
}
