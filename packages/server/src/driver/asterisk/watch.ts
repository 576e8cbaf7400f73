// What Asterisk says becomes facts of legs. After a gap, what was missed is read from what there is.
import { deriveId, NONE_ID } from '@activeflow/engine';
import { destinationOf, endpointName, sourceOf } from './addresses.js';
import type { Asides } from './aside.js';
import { hangupCause } from './causes.js';
import type { Hearing } from './events.js';
import { addLeg, endLeg, LEG_VARIABLE, MARKS, path, PREFIX, tell, text, type Exchange, type Leg } from './leg.js';
import type { Playing } from './playing.js';
import type { Recorder } from './recording.js';
import type { Rooms } from './rooms.js';
import { readApplication, readBridges, readChannels, readVariable, type AriEvent, type Channel } from './shapes.js';

/** The channel variable, and the application argument, by which a dialplan says whose a call is. */
const CUSTOMER_VARIABLE = 'ACTIVEFLOW_CUSTOMER';
const CUSTOMER_ARGUMENT = 'customer=';
/** A channel that left the application is usually destroyed at once, and then the cause is told. */
const LEFT_MS = 1_000;

/** Who is told of what. */
export type WatchParts = {
  readonly playing: Playing;
  readonly recorder: Recorder;
  readonly rooms: Rooms;
  readonly asides: Asides;
  readonly customerOf: (named: string) => Promise<string | undefined>;
};

/** The watch. */
export type Watch = Hearing & {
  /** The start has gone on without Asterisk: legs of an earlier process are lost by now, and are hung up when they are found. */
  late(): void;
};

/** Says that a leg is answered, once. */
export function answered(exchange: Exchange, leg: Leg): void {
  if (leg.answered) return;
  leg.answered = true;
  clearTimeout(leg.timer);
  tell(exchange, leg, { type: 'answered' });
}

/** Ends a leg whose channel is gone. */
export function finish(exchange: Exchange, leg: Leg, detail: string): Promise<void> {
  const asked = leg.asked_end;
  if (asked !== undefined) return endLeg(exchange, leg, { cause: asked.cause, by: 'local', detail: asked.detail });
  return endLeg(exchange, leg, { cause: hangupCause(leg), by: 'remote', detail });
}

/** Makes the watch. */
export function createWatch(exchange: Exchange, parts: WatchParts): Watch {
  const { by_channel, log } = exchange;
  /** Events of channels that are being offered: they are told after the offer. */
  const held = new Map<string, AriEvent[]>();
  let isLate = false;

  const offer = async (channel: Channel, args: readonly string[]): Promise<void> => {
    if (held.has(channel.id) || by_channel.has(channel.id)) return;
    held.set(channel.id, []);
    await take(exchange, parts, channel, args).catch((error: unknown) => { log.warn({ channel: channel.id, err: text(error) }, 'asterisk: a call could not be taken'); });
    const missed = held.get(channel.id) ?? [];
    held.delete(channel.id);
    for (const said of missed) event(said);
  };
  const event = (said: AriEvent): void => {
    const channel = 'channel' in said ? said.channel : undefined;
    const waiting = channel && said.type !== 'StasisStart' ? held.get(channel.id) : undefined;
    if (waiting) waiting.push(said);
    else if (said.type === 'StasisStart') entered(exchange, parts, said, offer);
    else heard(exchange, parts, said, channel && by_channel.get(channel.id));
  };
  return {
    event,
    async open(gap) {
      await review(exchange, parts, { offer, isLate });
      if (gap) await Promise.all([parts.playing.reviewed(), parts.recorder.reviewed()]);
      isLate = false;
    },
    late() { isLate = true; },
  };
}

/** A channel has entered the application: one of ours, or a call. */
function entered(exchange: Exchange, { asides }: WatchParts, { channel, args }: Extract<AriEvent, { type: 'StasisStart' }>, offer: (channel: Channel, args: readonly string[]) => Promise<void>): void {
  if (args[0] === MARKS.aside || channel.id.startsWith(PREFIX)) { asides.entered(channel.id); return; }
  if (args[0] !== MARKS.leg) { void offer(channel, args); return; }
  const leg = exchange.by_channel.get(channel.id);
  if (leg !== undefined) { leg.confirmed = true; leg.up = true; answered(exchange, leg); return; }
  // Dialled by somebody who gave it up since, as the answer to his asking was lost.
  exchange.log.warn({ channel: channel.id }, 'asterisk: a leg that nobody waits for was answered, and is hung up');
  exchange.ari.delete(path('channels', channel.id)).catch(() => undefined);
}

function heard(exchange: Exchange, { playing, recorder, rooms }: WatchParts, said: Exclude<AriEvent, { type: 'StasisStart' }>, leg: Leg | undefined): void {
  switch (said.type) {
    case 'PlaybackFinished': playing.finished(said.playback.id, said.playback.state); return;
    case 'RecordingFinished': recorder.finished(said.recording.name); return;
    case 'RecordingFailed': recorder.finished(said.recording.name, `Asterisk could not record: ${said.recording.cause ?? 'it gave no reason'}`); return;
    case 'ChannelLeftBridge': rooms.left(said.bridge, leg); return;
    case 'ApplicationReplaced': return;
    case 'ChannelEnteredBridge': if (leg) rooms.entered(said.bridge, leg); return;
    case 'ChannelStateChange': if (leg) changed(exchange, leg, said.channel.state); return;
    case 'ChannelDtmfReceived':
      if (leg === undefined) return;
      tell(exchange, leg, { type: 'digit', digit: said.digit });
      recorder.digit(leg, said.digit);
      return;
    case 'ChannelHangupRequest': if (leg) { leg.cause = said.cause ?? leg.cause; leg.hanging = true; } return;
    case 'ChannelDestroyed':
      if (leg === undefined) return;
      leg.cause = said.cause;
      void finish(exchange, leg, said.cause_txt);
      return;
    case 'StasisEnd': if (leg) setTimeout(() => { void finish(exchange, leg, 'it has left the application'); }, LEFT_MS).unref(); return;
    default: said satisfies never;
  }
}

function changed(exchange: Exchange, leg: Leg, state: string): void {
  if (state === 'Ringing' && leg.dialled && !leg.rang) {
    leg.rang = true;
    tell(exchange, leg, { type: 'ringing', early_media: false });
  }
  if (state !== 'Up') return;
  leg.up = true;
  // One that was dialled can be played to once it has entered the application, which is told next.
  if (!leg.dialled) answered(exchange, leg);
}

/** Takes a call that came in, and offers it. */
async function take(exchange: Exchange, { customerOf }: WatchParts, channel: Channel, args: readonly string[]): Promise<void> {
  const { ari, log } = exchange;
  const argument = args.find((arg) => arg.startsWith(CUSTOMER_ARGUMENT))?.slice(CUSTOMER_ARGUMENT.length);
  const named = argument ?? await variable(exchange, channel.id, CUSTOMER_VARIABLE);
  const customer_id = await customerOf(named);
  if (customer_id === undefined) {
    log.warn({ channel: channel.name, customer: named.slice(0, 64) }, 'asterisk: a call of no customer is not taken');
    await ari.delete(path('channels', channel.id));
    return;
  }
  const id = deriveId(NONE_ID, `asterisk/${channel.id}`);
  await ari.post(path('channels', channel.id, 'variable'), { variable: LEG_VARIABLE, value: id }, 'again');
  const leg = addLeg(exchange, { id, channel_id: channel.id, dialled: false, adopted: false, confirmed: true, up: channel.state === 'Up' });
  tell(exchange, leg, { type: 'offered', customer_id, source: sourceOf(channel), destination: destinationOf(channel), via: { kind: 'channel', id: endpointName(channel.name) } });
}

const variable = async ({ ari }: Exchange, channel_id: string, name: string): Promise<string> =>
  readVariable(await ari.get(`${path('channels', channel_id, 'variable')}?variable=${encodeURIComponent(name)}`).catch(() => undefined));

/** Compares what is known with what there is: tells what was missed, and takes over the legs of an earlier process. */
async function review(exchange: Exchange, { rooms }: WatchParts, { offer, isLate }: { readonly offer: (channel: Channel, args: readonly string[]) => Promise<void>; readonly isLate: boolean }): Promise<void> {
  const { ari, settings, by_channel, log } = exchange;
  const known = [...by_channel.values()].filter(({ confirmed }) => confirmed);
  const [ours, channels, bridges] = await Promise.all([ari.get(path('applications', settings.app)).then(readApplication), ari.get('/channels').then(readChannels), ari.get('/bridges').then(readBridges)]);
  const there = new Map(channels.map((channel) => [channel.id, channel]));
  for (const leg of known) {
    const channel = there.get(leg.channel_id);
    if (channel === undefined) await finish(exchange, leg, 'it ended while Asterisk could not be heard');
    else { changed(exchange, leg, channel.state); if (channel.state === 'Up' && leg.dialled) answered(exchange, leg); }
  }
  for (const channel_id of ours) {
    const channel = there.get(channel_id);
    if (channel === undefined || by_channel.has(channel_id) || channel_id.startsWith(PREFIX)) continue;
    const id = await variable(exchange, channel_id, LEG_VARIABLE);
    if (id === '') void offer(channel, []);
    else if (isLate) { log.warn({ leg_id: id }, 'asterisk: a leg that was given up is hung up'); await ari.delete(path('channels', channel_id)).catch(() => undefined); }
    else addLeg(exchange, { id, channel_id, dialled: id === channel_id, adopted: true, confirmed: true, up: channel.state === 'Up' });
  }
  rooms.reviewed(bridges);
}
