// Legs of an Asterisk, over ARI: it carries signalling and sound, and outlives this process; here is only what is known of its channels.
import type { Address } from '@activeflow/engine';
import { Permanent } from '../driver.js';
import type { Log } from '../../log.js';
import type { HangupCause, Legs, Originate, RejectCause } from '../legs.js';
import { callerId, endpointOf, isAllowed, type Endpoints } from './addresses.js';
import { AriError, createAri, isElsewhere, isGone, told, type AriSettings } from './ari.js';
import { createAsides } from './aside.js';
import { hangupReason, rejection } from './causes.js';
import { createEvents, type Patience } from './events.js';
import { createForks } from './forks.js';
import { addLeg, dropLeg, inOrder, LEG_VARIABLE, MARKS, path, tell, text, type Exchange, type Leg } from './leg.js';
import { createPlaying } from './playing.js';
import { createRecorder } from './recording.js';
import { createRooms } from './rooms.js';
import { createSounds, type MediaDirectory } from './sounds.js';
import { answered, createWatch, finish } from './watch.js';

/** What legs of an Asterisk are made with. */
export type AsteriskSettings = AriSettings & {
  /** A directory for sounds that both sides see. */
  readonly media: MediaDirectory;
  readonly endpoints: Endpoints;
  /** Whom calls may go out to (`isAllowed`); nobody where it is empty. */
  readonly outbound_allow: readonly string[];
  /** Whose a call is that came in: by the name of a customer that the dialplan gives, `''` where it gives none. Undefined: nobody's, and it is not taken. */
  readonly customerOf: (named: string) => Promise<string | undefined>;
};

/** How it reaches the outside, and where it writes. */
export type AsteriskParts = { readonly log: Log; readonly fetch?: typeof fetch; readonly patience?: Patience & { readonly insist_ms: number } };

/** After a hangup, how long Asterisk has to say that the channel is gone before it is told again. */
const INSIST_MS = 5_000;

/**
 * Makes the legs. `echo` throws `Permanent`: Asterisk has no way to give a channel back what it says but its dialplan. `detect` answers that it
 * cannot tell. A recording is one channel, both sides mixed. A leg that was dialled has no sound before it is answered.
 */
export function createAsterisk(settings: AsteriskSettings, parts: AsteriskParts): Legs {
  const { log } = parts;
  const ari = createAri(settings, parts.fetch);
  const exchange: Exchange = { ari, settings, log, legs: new Map(), by_channel: new Map(), listener: () => undefined, insist_ms: parts.patience?.insist_ms ?? INSIST_MS };
  const sounds = createSounds(settings.media);
  const asides = createAsides(exchange);
  const [playing, recorder, rooms, forks] = [createPlaying(exchange, sounds), createRecorder(exchange, asides), createRooms(exchange), createForks(exchange, asides)];
  const watch = createWatch(exchange, { playing, recorder, rooms, asides, customerOf: settings.customerOf });
  const events = createEvents(settings, watch, log, parts.patience);
  const muted = new WeakMap<Leg, boolean>();

  const legOf = (leg_id: string): Leg | undefined => exchange.legs.get(leg_id);
  const withLeg = (leg_id: string, act: (leg: Leg) => void): void => { const leg = legOf(leg_id); if (leg) act(leg); };
  return {
    name: 'asterisk',
    listen(listener) { exchange.listener = listener; },
    async start() {
      await sounds.start();
      if (await events.start()) return;
      watch.late();
      log.error({ url: settings.url }, 'asterisk: it cannot be reached; calls come in and go out once it can');
    },
    async close() {
      for (const { timer } of exchange.legs.values()) clearTimeout(timer);
      exchange.legs.clear();
      await events.close();
    },
    alive: () => Promise.resolve([...exchange.legs.values()].filter(({ confirmed }) => confirmed).map(({ id }) => id)),
    ...signalling(exchange, routeBy(settings)),
    play(leg_id, id, asked, loop = false) { withLeg(leg_id, (leg) => { playing.play(leg, id, asked, loop); }); },
    stop(leg_id, id) { withLeg(leg_id, (leg) => { playing.stop(leg, id); }); },
    echo(_leg_id, on) {
      if (on) throw new Permanent('NOT_SUPPORTED', 'Asterisk cannot give a caller back what it says; an extension of its dialplan with Echo() can');
    },
    mute(leg_id, on) {
      withLeg(leg_id, (leg) => {
        if (muted.get(leg) === on) return;
        muted.set(leg, on);
        const at = `${path('channels', leg.channel_id, 'mute')}?direction=in`;
        void inOrder(exchange, leg, 'mute', () => (on ? ari.post(at) : ari.delete(at)));
      });
    },
    sendDigits(leg_id, id, digits, duration_ms, interval_ms) { withLeg(leg_id, (leg) => { sendDigits(exchange, leg, { id, digits, duration_ms, interval_ms }); }); },
    record(leg_id, id, asked) { withLeg(leg_id, (leg) => { recorder.record(leg, id, asked); }); },
    stopRecording(_leg_id, id) { recorder.stop(id); },
    detect(leg_id, id) {
      withLeg(leg_id, (leg) => {
        queueMicrotask(() => { tell(exchange, leg, { type: 'detected', id, machine: null, detail: 'not told apart: Asterisk listens for machines in its dialplan only' }); });
      });
    },
    join(leg_id, room_id, asked = {}) { withLeg(leg_id, (leg) => { rooms.join(leg, room_id, asked); }); },
    leave(leg_id) { withLeg(leg_id, (leg) => { rooms.leave(leg); }); },
    fork(leg_id, id, asked) { withLeg(leg_id, (leg) => { forks.fork(leg, id, asked); }); },
    unfork(leg_id, id) { withLeg(leg_id, (leg) => { forks.unfork(leg, id); }); },
  };
}

/** The endpoint of whom may be dialled. */
type Route = (destination: Address) => string | undefined;

const routeBy = ({ endpoints, outbound_allow }: AsteriskSettings): Route => (destination) => (isAllowed(outbound_allow, destination) ? endpointOf(endpoints, destination) : undefined);

function signalling(exchange: Exchange, route: Route): Pick<Legs, 'reaches' | 'originate' | 'ring' | 'answer' | 'reject' | 'hangup'> {
  const { ari, legs } = exchange;
  /** Asks for something about a leg in its turn. One that has gone, or has left the application, is no failure: its end is told. */
  const command = async (leg_id: string, what: string, act: (leg: Leg) => Promise<unknown>): Promise<void> => {
    const leg = legs.get(leg_id);
    if (leg === undefined) return;
    let failed: unknown;
    await inOrder(exchange, leg, what, () => act(leg).catch((error: unknown) => { failed = error; }));
    if (failed !== undefined && !isGone(failed) && !isElsewhere(failed)) throw told(failed);
  };
  const end = async (leg_id: string, cause: HangupCause, reason: string, detail: string): Promise<void> => {
    const leg = legs.get(leg_id);
    if (leg !== undefined) await hangUp(exchange, leg, { cause, reason, detail });
  };
  return {
    reaches: (_customer_id, destination) => Promise.resolve(route(destination) !== undefined),
    originate: (asked) => originate(exchange, route, asked),
    ring: (leg_id, early_media = false) => command(leg_id, 'ring', ({ channel_id }) => ari.post(path('channels', channel_id, early_media ? 'progress' : 'ring'), undefined, 'again')),
    answer: (leg_id) => command(leg_id, 'answer', async (leg) => {
      if (leg.answered) return;
      await ari.post(path('channels', leg.channel_id, 'answer'), undefined, 'again');
      // Done when Asterisk says so, and one that the dialplan has answered changes its state no more.
      leg.up = true;
      answered(exchange, leg);
    }),
    reject: (leg_id, cause: RejectCause) => end(leg_id, rejection(cause).ended, rejection(cause).reason, `not taken: ${cause}`),
    hangup: (leg_id, cause) => end(leg_id, cause, hangupReason(cause), ''),
  };
}

async function originate(exchange: Exchange, route: Route, asked: Originate): Promise<void> {
  const { ari, legs, settings } = exchange;
  const known = legs.get(asked.leg_id);
  if (known !== undefined) { await known.made; return; }
  const endpoint = route(asked.destination);
  if (endpoint === undefined) throw new Permanent('NO_ROUTE', `nothing reaches ${asked.destination.type || 'the'} ${asked.destination.target.slice(0, 64)}`);
  const leg = addLeg(exchange, { id: asked.leg_id, channel_id: asked.leg_id, dialled: true, adopted: false, confirmed: false, up: false });
  leg.timer = setTimeout(() => {
    if (!leg.answered) hangUp(exchange, leg, { cause: 'noanswer', reason: hangupReason('noanswer'), detail: `not answered in ${asked.timeout_ms} ms` }).catch(() => undefined);
  }, asked.timeout_ms);
  const made = ari.post(path('channels', leg.channel_id), {
    endpoint, app: settings.app, appArgs: MARKS.leg, callerId: callerId(asked.source, asked.anonymous),
    // The exact end of the ringing is ours; this is for when we are away.
    timeout: Math.ceil(asked.timeout_ms / 1_000) + 2,
    variables: { [LEG_VARIABLE]: leg.id, ...(asked.anonymous ? { 'CALLERID(pres)': 'prohib' } : {}) },
  }).then(() => undefined, (error: unknown) => {
    // There already: an earlier try has dialled it.
    if (error instanceof AriError && error.status === 409) return;
    dropLeg(exchange, leg);
    throw error instanceof AriError && (error.status === 400 || error.status === 500) ? new Permanent('NO_ROUTE', `Asterisk cannot dial it: ${error.message}`) : told(error);
  });
  leg.made = made.catch(() => undefined);
  await made;
  leg.confirmed = true;
}

async function hangUp(exchange: Exchange, leg: Leg, { cause, reason, detail }: { readonly cause: HangupCause; readonly reason: string; readonly detail: string }): Promise<void> {
  leg.asked_end ??= { cause, detail };
  // One that is being dialled would not be there yet, and then ring on.
  await leg.made;
  try {
    await removeChannel(exchange, leg, reason);
  } catch (error) {
    if (!isGone(error)) throw told(error);
  } finally {
    insist(exchange, leg, reason);
  }
}

async function removeChannel({ ari }: Exchange, leg: Leg, reason: string): Promise<void> {
  const at = path('channels', leg.channel_id);
  await ari.delete(`${at}?reason=${reason}`).catch((error: unknown) => {
    // A word that this Asterisk does not know yet.
    if (error instanceof AriError && error.status === 400) return ari.delete(at);
    throw error;
  });
}

/** Asterisk says when the channel is gone. Where it says nothing, it is told again: nobody else would, and the line stays up. */
function insist(exchange: Exchange, leg: Leg, reason: string): void {
  clearTimeout(leg.timer);
  if (exchange.legs.get(leg.id) !== leg) return;
  leg.timer = setTimeout(() => {
    removeChannel(exchange, leg, reason).catch((error: unknown) => (isGone(error) ? finish(exchange, leg, '') : undefined)).finally(() => { insist(exchange, leg, reason); });
  }, exchange.insist_ms).unref();
}

/** Asterisk takes digits at once and sends them one after the other; when they are out, only the time tells. */
function sendDigits(exchange: Exchange, leg: Leg, { id, digits, duration_ms, interval_ms }: { readonly id: string; readonly digits: string; readonly duration_ms: number; readonly interval_ms: number }): void {
  if (leg.sent.has(id)) return;
  leg.sent.add(id);
  const sent = (): void => { tell(exchange, leg, { type: 'digits_sent', id }); };
  void inOrder(exchange, leg, 'send digits', async () => {
    if (digits !== '') await exchange.ari.post(path('channels', leg.channel_id, 'dtmf'), { dtmf: digits, duration: duration_ms, between: interval_ms });
    setTimeout(sent, digits.length * (duration_ms + interval_ms)).unref();
  }).catch((error: unknown) => { exchange.log.warn({ err: text(error) }, 'asterisk: digits were not sent'); });
}
