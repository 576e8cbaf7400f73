// A line: what is in memory of a call that is up. It goes with the leg; the document of the call says what must last.
import type { Address, Instant, Result } from '@activeflow/engine';
import type { CallCommon, CallOf, Room } from '../call-document.js';
import type { Legs } from '../legs.js';
import type { Log } from '../../log.js';
import type { Speech } from '../../speech/speech.js';
import { StoreUnavailable, type DocumentWrite, type StoredEffect } from '../../store/store.js';
import { answered, changeCall, type CallData } from './document.js';

/** What calls are bound by. */
export type CallSettings = {
  /** The directory of recordings. */
  readonly recordings: string;
  /** Calls at once of one customer; 0 is any number. */
  readonly max_calls: number;
  /** How long a dialled call may ring where nobody says otherwise. */
  readonly ring_timeout_ms: number;
  /** The address that sound may be sent to for a host that a flow names. Throws `Permanent` where it may not. */
  readonly outside: (host: string) => Promise<string>;
};

/** What the parts of the switchboard work with. */
export type Floor = Room & {
  readonly legs: Legs;
  readonly speech: Speech;
  readonly settings: CallSettings;
  readonly log: Log;
  /** Who hears that a call has ended: queues. */
  readonly heard: ((call: CallOf<CallCommon>) => void)[];
  /** The calls that are up, by id. */
  readonly lines: Map<string, Line>;
  /** Until what a crash left has been ended, nothing is performed. */
  readonly ready: Promise<void>;
};

/** An effect that is open on a line. */
export type Open = {
  readonly effect: StoredEffect;
  readonly abort: AbortController;
  /** When it is over by itself; null: at no time. */
  readonly until: Instant | null;
  /** A digit ends it, and stays in the buffer. */
  readonly digit_ends: boolean;
  /** The digits it collects. */
  readonly collects: { readonly length: number; readonly key: string } | undefined;
  /** Takes back what it does on the leg. */
  readonly undo: () => Promise<void> | void;
  /** It has answered the call: its result says so. */
  answered: boolean;
  /** What it came to, once it is over. */
  result?: Result;
};

/** A recording that goes on. */
export type Tape = { readonly effect_id: string; readonly end_of_key: string; readonly done: Promise<void>; readonly finish: () => void };

/** What waits for a dialled leg: two calls to be joined. */
export type Bridge = {
  readonly rings: (leg: Line, early_media: boolean) => Promise<void>;
  readonly answers: (leg: Line) => Promise<void>;
  /** A leg of it has ended, as its document says; or has left the room. */
  readonly ends: (leg_id: string, data: CallData) => Promise<void>;
  readonly leaves: (leg_id: string) => Promise<void>;
};

/** A call that is up. */
export type Line = {
  readonly id: string;
  readonly customer_id: string;
  readonly direction: 'incoming' | 'outgoing';
  /** The number of the last fact that was taken. */
  last: number;
  /** Facts are handled one after the other. */
  chain: Promise<void>;
  up: boolean;
  /** Answering it, and writing that it was. */
  answering?: { readonly leg: Promise<void>; readonly written: Promise<void> };
  /** Its end is being written: nothing begins any more. */
  ending?: Promise<unknown>;
  /** Digits pressed and not yet collected. */
  digits: string;
  /** The room that it is in: digits are for whoever else is there. */
  room: string;
  bridge?: Bridge;
  /** Who is at its far end. */
  who?: Address;
  leg?: DocumentWrite;
  readonly open: Map<string, Open>;
  readonly tapes: Map<string, Tape>;
  /** What follows on a sound that no effect stands for, by the sound's id. */
  readonly sounds: Map<string, () => Promise<void>>;
};

/** A line of a call that has just come, or is to be dialled. */
export const newLine = (id: string, customer_id: string, direction: Line['direction']): Line =>
  ({ id, customer_id, direction, last: 0, chain: Promise.resolve(), up: false, digits: '', room: '', open: new Map(), tapes: new Map(), sounds: new Map() });

/** How many digits are kept that nobody collects. */
const MOST_DIGITS = 1_024;

/** A digit was pressed that nobody has taken yet; the newest that fit are kept. */
export const typed = (line: Line, digit: string): void => { line.digits = (line.digits + digit).slice(-MOST_DIGITS); };

/** Answers the call where it is not yet: once, whoever asks. Gives true where it was not up. The leg is answered then; `written` may still be awaited. */
export async function takeUp(floor: Floor, line: Line): Promise<boolean> {
  if (line.up) return false;
  line.answering ??= answer(floor, line);
  await line.answering.leg;
  return true;
}

function answer(floor: Floor, line: Line): NonNullable<Line['answering']> {
  const leg = floor.legs.answer(line.id).then(() => { line.up = true; });
  const written = leg.then(() => steadily(floor, () => changeCall(floor, line.id, (data) => answered(data, floor.host.clock.now())))).then(() => undefined);
  // Whoever awaits it hears of it; where nobody does, the leg ends all the same.
  written.catch(() => undefined);
  return { leg, written };
}

const PAUSE_MS = 1_000;

/** Does what a fact asks for until the store has it: a fact is told once. */
export async function steadily<T>({ host, log }: Pick<Floor, 'host' | 'log'>, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      log.warn({ err: error }, 'what happened to a call cannot be written; it is tried again');
      await new Promise<void>((resolve) => { host.clock.at(host.clock.now() + PAUSE_MS * 1000, resolve); });
    }
  }
}

/** Marks an open effect as over; false where it was already. */
export function takeOff(line: Line, open: Open, result: Result): boolean {
  if (open.result !== undefined) return false;
  open.result = result.ok && open.answered ? { ...result, variables: { 'voipbin.call.status': 'progressing', ...result.variables } } : result;
  line.open.delete(open.effect.id);
  open.abort.abort();
  return true;
}

/** An open effect is over: whoever waits for it is told. Once more changes nothing. */
export async function settleOpen(floor: Floor, line: Line, open: Open, result: Result): Promise<void> {
  if (!takeOff(line, open, result)) return;
  const told = open.result ?? result;
  await steadily(floor, () => floor.host.settle(open.effect.id, told));
}
