// The legs of an Asterisk as this process knows them, and what the parts of the driver share: who tells, in which order, and what is ours.
import { deriveId, isUuid, NONE_ID } from '@activeflow/engine';
import type { Log } from '../../log.js';
import type { HangupCause, LegEvent, LegFact } from '../legs.js';
import { isElsewhere, isGone, type Ari, type AriSettings } from './ari.js';

/** Marks the channels that we have made, as their application argument: legs that were dialled, and the channels that record and copy. */
export const MARKS = { leg: 'activeflow-leg', aside: 'activeflow-aside' } as const;
/** What an effect is called in Asterisk: its id, or what is made of it where it has more in it than an id. */
export const named = (id: string): string => (isUuid(id) ? id : deriveId(NONE_ID, id));

/** What the ids of channels, bridges and recordings begin with that are ours and no legs. */
export const PREFIX = 'activeflow-';
/** The channel variable that names the leg of a channel: how a later process knows it again. */
export const LEG_VARIABLE = 'ACTIVEFLOW_LEG';

/** One leg: a channel of Asterisk. */
export type Leg = {
  readonly id: string;
  readonly channel_id: string;
  /** Dialled by us, or come in. */
  readonly dialled: boolean;
  /** Taken over from an earlier process: what was asked of it then may still go on. */
  readonly adopted: boolean;
  /** Asterisk is known to have it; `made` resolves when that is known, either way. */
  confirmed: boolean;
  made: Promise<void>;
  /** Digits that were asked to be sent. */
  readonly sent: Set<string>;
  /** Its channel is up; whether that was told is `answered`. */
  up: boolean;
  answered: boolean;
  rang: boolean;
  ended: boolean;
  /** Asterisk hangs it up: what its channel leaves now, it leaves with its end. */
  hanging: boolean;
  /** Events told so far. */
  told: number;
  /** The hangup that we have asked for. */
  asked_end?: { readonly cause: HangupCause; readonly detail: string };
  /** The cause that Asterisk has named last. */
  cause: number;
  /** What was asked, one after the other. */
  commands: Promise<void>;
  /** What waits for the end of the leg. */
  readonly at_end: Set<() => void | Promise<void>>;
  timer?: NodeJS.Timeout;
};

/** What the parts of the driver share. */
export type Exchange = {
  readonly ari: Ari;
  readonly settings: AriSettings;
  readonly log: Log;
  readonly legs: Map<string, Leg>;
  readonly by_channel: Map<string, Leg>;
  listener: (event: LegEvent) => void;
  /** How long a hangup waits for its effect before it is asked for again. */
  readonly insist_ms: number;
};

/** Enters a leg. */
export function addLeg({ legs, by_channel }: Exchange, made: Pick<Leg, 'id' | 'channel_id' | 'dialled' | 'adopted' | 'confirmed'> & { readonly up: boolean }): Leg {
  const leg: Leg = { ...made, answered: made.adopted && made.up, rang: false, ended: false, hanging: false, told: 0, cause: 0, made: Promise.resolve(), sent: new Set(), commands: Promise.resolve(), at_end: new Set() };
  legs.set(leg.id, leg);
  by_channel.set(leg.channel_id, leg);
  return leg;
}

/** Takes a leg out, of which nobody was told. */
export function dropLeg({ legs, by_channel }: Exchange, leg: Leg): void {
  leg.ended = true;
  clearTimeout(leg.timer);
  legs.delete(leg.id);
  by_channel.delete(leg.channel_id);
}

/** Tells a fact under its number. A leg that has ended says nothing any more. */
export function tell(exchange: Exchange, leg: Leg, fact: LegFact): void {
  if (leg.ended) return;
  exchange.listener({ ...fact, leg_id: leg.id, number: ++leg.told });
}

/** How long the end of a leg waits for what has to be told first: the file of a recording is fetched. */
const LAST_WORDS_MS = 10_000;

/** Ends a leg: what was open on it is told as ended, then the leg; once. */
export async function endLeg(exchange: Exchange, leg: Leg, fact: Omit<Extract<LegFact, { type: 'ended' }>, 'type'>): Promise<void> {
  if (exchange.by_channel.get(leg.channel_id) !== leg) return;
  // From here on no event of Asterisk finds it; what is open on it may still be told.
  exchange.by_channel.delete(leg.channel_id);
  clearTimeout(leg.timer);
  await within(Promise.allSettled([...leg.at_end].map(async (last) => last())), LAST_WORDS_MS);
  tell(exchange, leg, { type: 'ended', ...fact });
  leg.ended = true;
  exchange.legs.delete(leg.id);
}

/** Does something about a leg after everything that was asked about it before. What fails is logged; a leg that has gone is no failure. */
export function inOrder({ log }: Exchange, leg: Leg, what: string, act: () => Promise<unknown>): Promise<void> {
  leg.commands = leg.commands.then(act).then(() => undefined, (error: unknown) => {
    if (!isGone(error) && !isElsewhere(error)) log.warn({ leg_id: leg.id, what, err: text(error) }, 'asterisk: a command failed');
  });
  return leg.commands;
}

/** Settles as the promise does, or after a time. */
export function within(promise: Promise<unknown>, wait_ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, wait_ms);
    const done = (): void => { clearTimeout(timer); resolve(); };
    promise.then(done, done);
  });
}

/** The message of whatever was thrown. */
export const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The path of a resource, its parts escaped. */
export const path = (...parts: readonly string[]): string => parts.map((part) => `/${encodeURIComponent(part)}`).join('');
