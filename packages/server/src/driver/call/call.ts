// Calls that are carried for real: one driver for all effects of them, and one ear for everything that happens to their legs.
import { randomUUID } from 'node:crypto';
import type { EffectKind } from '@activeflow/engine';
import { Permanent, type Driver, type Host, type Performed } from '../driver.js';
import type { HangupReason } from '../call-document.js';
import type { Desk } from '../desk.js';
import type { CallDoors, Which } from '../doors.js';
import type { LegEvent, Legs } from '../legs.js';
import type { Log } from '../../log.js';
import type { Refusal } from '../run.js';
import { slipOf, SPENT, type Receipt } from '../slip.js';
import type { Speech } from '../../speech/speech.js';
import type { StoredEffect } from '../../store/store.js';
import { callIdOf } from './begin.js';
import { readCall, type Call } from './document.js';
import { performConnect } from './connect.js';
import { createDesk } from './desk.js';
import { endCall } from './end.js';
import { onFact } from './facts.js';
import { performAmd, performAnswer, performCollect, performEcho, performFork, performHangup, performJoin, performMute, performSend, performUnfork } from './line_actions.js';
import { newLine, takeOff, type CallSettings, type Floor, type Line } from './line.js';
import { performCreate } from './outgoing.js';
import { performBeep, performPlay, performTalk } from './prompts.js';
import { performRecord, performStopRecording } from './record.js';
import { recover } from './recover.js';

export type { CallSettings } from './line.js';

/** What calls are made of. `newId` makes ids for what comes from outside; random ones unless told. */
export type CallParts = {
  readonly host: Host; readonly legs: Legs; readonly speech: Speech; readonly settings: CallSettings; readonly log: Log; readonly newId?: () => string;
};

/** Calls: what performs their effects, and what is asked of them from outside. */
export type Calls = {
  readonly driver: Driver;
  readonly doors: CallDoors;
  /** What queues use. */
  readonly desk: Desk;
  /** Whether somebody can be dialled for a customer. */
  readonly reaches: Legs['reaches'];
  /** How many are up. */
  readonly up: () => number;
  /** Listens, and ends what went with an earlier process. Until it is through, nothing is performed. */
  readonly start: () => Promise<void>;
  /** Hangs up whatever is up, and waits until its end is written. */
  readonly close: () => Promise<void>;
};

type Perform = (floor: Floor, effect: StoredEffect) => Promise<Performed>;

const PERFORMS: Partial<Record<EffectKind, Perform>> = {
  'call.answer': performAnswer, 'call.hangup': performHangup, 'call.mute': performMute, 'call.echo': performEcho, 'call.amd': performAmd,
  'call.talk': performTalk, 'call.play': performPlay, 'call.beep': performBeep, 'call.digits_receive': performCollect, 'call.digits_send': performSend,
  'call.recording_start': performRecord, 'call.recording_stop': performStopRecording, 'call.create': performCreate, 'call.connect': performConnect,
  'call.join': performJoin, 'call.external_media_start': performFork, 'call.external_media_stop': performUnfork,
};

/** Makes calls of legs. */
export function createCalls({ host, legs, speech, settings, log, newId = randomUUID }: CallParts): Calls {
  let open: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => { open = resolve; });
  const floor: Floor = { host, legs, speech, settings, log, newId, lines: new Map(), heard: [], ready };
  legs.listen((event) => { hear(floor, event); });
  return {
    driver: driverOf(floor),
    desk: createDesk(floor),
    doors: { hangup: (...asked) => hangup(floor, ...asked) },
    reaches: (...asked) => legs.reaches(...asked),
    up: () => floor.lines.size,
    async start() {
      await recover(floor);
      open();
    },
    async close() {
      open();
      await Promise.allSettled([...floor.lines.keys()].map((id) => endCall(floor, id, { by: 'local', reason: 'normal', detail: 'hangup by local (the server stops)' })));
    },
  };
}

function driverOf(floor: Floor): Driver {
  return {
    name: floor.legs.name,
    kinds: Object.keys(PERFORMS) as EffectKind[],
    async perform(effect) {
      const perform = PERFORMS[effect.kind];
      if (perform === undefined) throw new Permanent('NO_DRIVER', `calls do not perform ${effect.kind}`);
      await floor.ready;
      return perform(floor, effect);
    },
    async cancel(effect) {
      const line = floor.lines.get(callIdOf(effect));
      const open = line?.open.get(effect.id);
      if (line && open && takeOff(line, open, { ok: false, reason: 'CANCELED', message: 'nobody waits for it any more' })) await open.undo();
    },
  };
}

/** Facts of one leg are handled one after the other; what comes late, twice or about nobody is none. */
function hear(floor: Floor, event: LegEvent): void {
  const line = floor.lines.get(event.leg_id) ?? (event.type === 'offered' ? offered(floor, event.leg_id, event.customer_id) : undefined);
  if (line === undefined || event.number <= line.last) return;
  if (event.number > line.last + 1 && line.last > 0) floor.log.warn({ call_id: line.id, after: line.last, number: event.number }, 'facts of a leg are missing');
  line.last = event.number;
  line.chain = line.chain.then(() => onFact(floor, line, event)).catch((error: unknown) => {
    floor.log.error({ err: error, call_id: line.id, fact: event.type }, 'what happened to a call could not be handled');
  });
}

function offered(floor: Floor, id: string, customer_id: string): Line {
  const line = newLine(id, customer_id, 'incoming');
  floor.lines.set(id, line);
  return line;
}

async function hangup(floor: Floor, { customer_id, call_id }: Which, by: 'local' | 'remote', reason: Exclude<HangupReason, ''>, receipt?: Receipt): Promise<Call | Refusal> {
  const call = await readCall(floor, call_id);
  const not_found = { refused: 'CALL_NOT_FOUND', message: `no call ${call_id.slice(0, 64)}` } as const;
  if (call?.customer_id !== customer_id) return not_found;
  const slip = slipOf(floor, receipt);
  return (await endCall(floor, call_id, { by, reason, slip })) ?? ((await slip.isSpent()) ? SPENT : not_found);
}
