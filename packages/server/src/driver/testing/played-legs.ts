// Legs in memory for tests of calls: no network and no sound, and no time but the clock's. What is asked of them is kept, in order. Far ends are
// played by hand, but that those who are dialled ring, and answer unless their target ends in 0001 (busy) or 0002 (nobody there);
// 0003 is a machine, 0004 is heard before it answers, and `nowhere` cannot be reached.
import { address, type AddressInput, type Instant } from '@activeflow/engine';
import type { VirtualClock } from '../../clock.js';
import type { Sound } from '../../media/sound.js';
import type { Speech } from '../../speech/speech.js';
import { Permanent } from '../driver.js';
import type { HangupCause, LegEvent, LegFact, Legs, Offer } from '../legs.js';

/** What may be changed about an offer. */
export type Offered = Partial<Omit<Offer, 'source' | 'destination'>> & { readonly source?: AddressInput; readonly destination?: AddressInput };

/** Played legs, and what their far ends can do. */
export type PlayedLegs = {
  readonly legs: Legs;
  /** What was asked of a leg, in order: the command and what matters of it. */
  readonly asked: (leg_id: string) => readonly string[];
  readonly up: () => readonly string[];
  /** When something happens next by itself. */
  readonly next: () => Instant | undefined;
  readonly offer: (customer_id: string, offered?: Offered) => string;
  /** Something happens to a leg; `number` only where it is to be wrong. */
  readonly say: (leg_id: string, fact: LegFact, number?: number) => void;
  readonly press: (leg_id: string, digits: string) => void;
  readonly hangUp: (leg_id: string, cause?: HangupCause) => void;
};

type Leg = {
  told: number; answered: boolean; room: string;
  readonly asked: string[]; readonly known: Set<string>;
  /** What plays, one after the other, or is recorded: taken off when it is over. */
  readonly busy: Map<string, () => void>;
  readonly tapes: Map<string, { readonly began: Instant; readonly key: string }>;
  free_at: Instant;
};

let legs_made = 0;

/** How long far ends take, in milliseconds from the dialling. */
export const FAR_MS = { ringing: 200, answered: 1_000 } as const;
const DETECT_MS = 2_000;

/** Speech whose sounds last as the simulator's do: 15 characters a second, 3 seconds a sound behind a URL; a text `fails…` cannot be spoken. */
export const playedSpeech: Speech = {
  async say({ text }) {
    if (text.startsWith('fails')) throw Object.assign(new Error('no voice says this'), { reason: 'NO_VOICE' });
    return { kind: 'silence', duration_ms: Math.max(300, Math.round((text.length * 1000) / 15)) };
  },
  async fetch(_, url) {
    if (url.includes('missing')) throw Object.assign(new Error('there is nothing'), { reason: 'FETCH_FAILED' });
    return { kind: 'silence', duration_ms: 3_000 };
  },
  close: () => Promise.resolve(),
};

const lengthMs = (sound: Sound): number => {
  switch (sound.kind) {
    case 'silence': return sound.duration_ms;
    case 'tone': return sound.repeat === null ? Infinity : (sound.on_ms + sound.off_ms) * sound.repeat;
    case 'file': case 'stream': return 1_000;
    default: return sound satisfies never;
  }
};

/** What the legs of one process share. */
type Room = {
  readonly clock: VirtualClock;
  readonly legs: Map<string, Leg>;
  readonly history: Map<string, string[]>;
  readonly timers: Map<object, Instant>;
  listener: (event: LegEvent) => void;
};

/** Makes played legs by a clock that is moved by hand. */
export function playLegs(clock: VirtualClock): PlayedLegs {
  const room: Room = { clock, legs: new Map(), history: new Map(), timers: new Map(), listener: () => undefined };
  const { legs, history, timers } = room;
  return {
    say: (id, fact, number) => { say(room, id, fact, number); },
    up: () => [...legs.keys()], asked: (id) => history.get(id) ?? [], next: () => (timers.size === 0 ? undefined : Math.min(...timers.values())),
    offer(customer_id, { source, destination, via, flow_id } = {}) {
      const id = `1e900000-0000-4000-8000-${String(++legs_made).padStart(12, '0')}`;
      make(room, id);
      const people = { source: address(source ?? { target: '+821100000001' }), destination: address(destination ?? { target: 'ivr' }) };
      const offer: Offer = { customer_id, ...people, via: via ?? { kind: 'extension', id: '' }, ...(flow_id ? { flow_id } : {}) };
      say(room, id, { type: 'offered', ...offer });
      return id;
    },
    press(id, digits) {
      for (const digit of digits) {
        say(room, id, { type: 'digit', digit });
        const leg = legs.get(id);
        for (const [tape_id, { key }] of leg?.tapes ?? []) if (leg && key.includes(digit)) endTape(room, id, leg, tape_id, 'key');
      }
    },
    hangUp: (id, cause = 'normal') => { end(room, id, cause, 'remote'); },
    legs: {
      name: 'played', listen: (heard) => { room.listener = heard; }, start: () => Promise.resolve(), close: () => Promise.resolve(), alive: () => Promise.resolve([...legs.keys()]),
      ...signallingOf(room), ...soundsOf(room), ...roomsOf(room),
    },
  };
}

function after({ clock, timers }: Room, milliseconds: number, act: () => void): () => void {
  if (milliseconds === Infinity) return () => undefined;
  const key = {};
  const at = clock.now() + milliseconds * 1000;
  timers.set(key, at);
  const cancel = clock.at(at, () => { if (timers.delete(key)) act(); });
  return () => { timers.delete(key); cancel(); };
}

function make({ legs, history }: Room, id: string): Leg {
  const asked: string[] = [];
  const leg: Leg = { told: 0, answered: false, room: '', asked, known: new Set(), busy: new Map(), tapes: new Map(), free_at: 0 };
  legs.set(id, leg);
  history.set(id, asked);
  return leg;
}

function say(room: Room, id: string, fact: LegFact, number?: number): void {
  const leg = room.legs.get(id);
  if (leg) room.listener({ ...fact, leg_id: id, number: number ?? ++leg.told });
}

function end(room: Room, id: string, cause: HangupCause, by: 'local' | 'remote'): void {
  const leg = room.legs.get(id);
  if (!leg) return;
  for (const stop of leg.busy.values()) stop();
  for (const tape of [...leg.tapes.keys()]) endTape(room, id, leg, tape, 'ended');
  say(room, id, { type: 'ended', cause, by, detail: '' });
  room.legs.delete(id);
}

function endTape(room: Room, id: string, leg: Leg, tape_id: string, how: 'ended' | 'stopped' | 'key' | 'duration'): void {
  const tape = leg.tapes.get(tape_id);
  if (!tape) return;
  leg.tapes.delete(tape_id);
  leg.busy.get(tape_id)?.();
  leg.busy.delete(tape_id);
  const duration_ms = (room.clock.now() - tape.began) / 1000;
  say(room, id, { type: 'recording_done', id: tape_id, how, duration_ms, size_bytes: 44 + duration_ms * 32 });
}

/** Asks something of a leg that is up, once. */
function once({ legs }: Room, id: string, key: string, what: string, act: (leg: Leg) => void): void {
  const leg = legs.get(id);
  if (!leg || leg.known.has(key)) return;
  leg.known.add(key);
  leg.asked.push(what);
  act(leg);
}

function always({ legs }: Room, id: string, what: string, act: (leg: Leg) => void = () => undefined): void {
  const leg = legs.get(id);
  if (!leg) return;
  leg.asked.push(what);
  act(leg);
}

function signallingOf(room: Room): Pick<Legs, 'reaches' | 'originate' | 'ring' | 'answer' | 'reject' | 'hangup'> {
  const done = Promise.resolve();
  return {
    reaches: (_, { target }) => Promise.resolve(!target.includes('nowhere')),
    async originate({ leg_id, destination: { target }, timeout_ms }) {
      if (room.history.has(leg_id)) return;
      if (target.includes('nowhere')) throw new Permanent('NO_ROUTE', `nothing reaches ${target}`);
      make(room, leg_id).asked.push(`originate ${target}`);
      const busy = target.endsWith('0001');
      after(room, FAR_MS.ringing, () => { if (busy) end(room, leg_id, 'busy', 'remote'); else say(room, leg_id, { type: 'ringing', early_media: target.endsWith('0004') }); });
      const answers = (): void => {
        const leg = room.legs.get(leg_id);
        if (leg) leg.answered = true;
        say(room, leg_id, { type: 'answered' });
      };
      if (!target.endsWith('0002')) after(room, FAR_MS.answered, answers);
      after(room, timeout_ms, () => { if (room.legs.get(leg_id)?.answered === false) end(room, leg_id, 'noanswer', 'remote'); });
    },
    ring: (id, early) => { always(room, id, early === true ? 'ring early' : 'ring'); return done; },
    answer: (id) => { once(room, id, 'answer', 'answer', (leg) => { leg.answered = true; }); return done; },
    reject: (id, cause) => { always(room, id, `reject ${cause}`); end(room, id, 'failed', 'local'); return done; },
    hangup: (id, cause) => { always(room, id, `hangup ${cause}`); end(room, id, cause, 'local'); return done; },
  };
}

function soundsOf(room: Room): Pick<Legs, 'play' | 'stop' | 'echo' | 'mute' | 'sendDigits' | 'record' | 'stopRecording' | 'detect'> {
  return {
    play(id, play_id, sounds, loop = false) {
      once(room, id, `play ${play_id}`, `play ${loop ? 'loop' : sounds.map((sound) => lengthMs(sound)).join('+')}`, (leg) => {
        const now = room.clock.now();
        const wait_ms = Math.max(0, leg.free_at - now) / 1000;
        const lasts_ms = loop ? Infinity : sounds.reduce((sum, sound) => sum + lengthMs(sound), 0);
        if (lasts_ms < Infinity) leg.free_at = now + (wait_ms + lasts_ms) * 1000;
        leg.busy.set(play_id, after(room, wait_ms + lasts_ms, () => {
          leg.busy.delete(play_id);
          say(room, id, { type: 'playback_done', id: play_id, how: 'end' });
        }));
      });
    },
    stop(id, play_id) {
      always(room, id, 'stop', (leg) => {
        const stop = leg.busy.get(play_id);
        if (!stop || leg.tapes.has(play_id)) return;
        stop();
        leg.busy.delete(play_id);
        leg.free_at = 0;
        say(room, id, { type: 'playback_done', id: play_id, how: 'stopped' });
      });
    },
    echo: (id, on) => { always(room, id, `echo ${String(on)}`); },
    mute: (id, on) => { always(room, id, `mute ${String(on)}`); },
    sendDigits(id, send_id, digits, duration_ms, interval_ms) {
      once(room, id, `send ${send_id}`, `send ${digits}`, (leg) => {
        leg.busy.set(send_id, after(room, digits.length * (duration_ms + interval_ms), () => { say(room, id, { type: 'digits_sent', id: send_id }); }));
      });
    },
    record(id, tape_id, { duration_ms, end_of_key, path }) {
      once(room, id, `record ${tape_id}`, `record ${path.split('.').at(-1) ?? ''}`, (leg) => {
        leg.tapes.set(tape_id, { began: room.clock.now(), key: end_of_key });
        if (duration_ms > 0) leg.busy.set(tape_id, after(room, duration_ms, () => { endTape(room, id, leg, tape_id, 'duration'); }));
      });
    },
    stopRecording: (id, tape_id) => { always(room, id, 'stop recording', (leg) => { endTape(room, id, leg, tape_id, 'stopped'); }); },
    detect(id, detect_id) {
      once(room, id, `detect ${detect_id}`, 'detect', (leg) => {
        const machine = leg.asked[0]?.endsWith('0003') === true;
        after(room, DETECT_MS, () => { say(room, id, { type: 'detected', id: detect_id, machine, detail: machine ? 'a long greeting' : 'a short greeting' }); });
      });
    },
  };
}

function roomsOf(room: Room): Pick<Legs, 'join' | 'leave' | 'fork' | 'unfork'> {
  const leave = (id: string, leg: Leg): void => {
    if (leg.room === '') return;
    const room_id = leg.room;
    leg.room = '';
    say(room, id, { type: 'left', room_id });
  };
  return {
    join(id, room_id, asked) {
      always(room, id, asked?.relay_digits === true ? 'join relay' : 'join', (leg) => {
        if (leg.room === room_id) return;
        leave(id, leg);
        leg.room = room_id;
        say(room, id, { type: 'joined', room_id });
      });
    },
    leave: (id) => { always(room, id, 'leave', (leg) => { leave(id, leg); }); },
    fork: (id, fork_id, { host, port, codec, direction }) => { once(room, id, `fork ${fork_id}`, `fork ${host}:${port} ${codec} ${direction}`, () => undefined); },
    unfork: (id, fork_id) => { always(room, id, 'unfork', (leg) => { leg.known.delete(`fork ${fork_id}`); }); },
  };
}
