// An Asterisk as ARI's reference describes it, without telephones: channels, playbacks that last as long as their file, recordings, bridges. For tests.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pcmWav } from '../wav.js';

/** A refusal: its status and message. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A channel, with what a test wants to know of it. */
export type MockChannel = {
  readonly id: string;
  readonly name: string;
  state: 'Down' | 'Ring' | 'Ringing' | 'Up';
  readonly caller: { readonly name: string; readonly number: string };
  readonly dialplan: { readonly context: string; readonly exten: string; readonly priority: number };
  readonly variables: Record<string, string>;
  /** It runs in the application. */
  inside: boolean;
  readonly asked: Readonly<Record<string, unknown>>;
  readonly snoops?: string;
  muted: boolean;
  readonly sent: string[];
  readonly heard: string[];
  readonly queue: Playback[];
  bridge?: string;
};
type Playback = { readonly id: string; readonly uri: string; readonly channel: MockChannel; state: string; timer?: NodeJS.Timeout };
type Recording = { readonly name: string; readonly channel: MockChannel; readonly since: number; readonly timers: NodeJS.Timeout[] };
type MockBridge = { readonly id: string; readonly name: string; readonly channels: Set<string>; readonly asked: Record<string, Readonly<Record<string, unknown>>> };

type Say = (event: Readonly<Record<string, unknown>>) => void;

const CREATED = '2026-11-24T00:00:00.000+0000';
/** A channel as ARI shows it. */
export const shape = ({ id, name, state, caller, dialplan }: MockChannel) => ({ id, name, state, protocol_id: '', caller, connected: { name: '', number: '' }, accountcode: '', dialplan, creationtime: CREATED, language: 'en' });
/** A bridge as ARI shows it. */
export const bridgeShape = ({ id, name, channels }: MockBridge) => ({ id, name, technology: 'simple_bridge', bridge_type: 'mixing', bridge_class: 'stasis', creator: 'Stasis', channels: [...channels], creationtime: CREATED });
/** A playback as ARI shows it. */
export const playbackShape = ({ id, uri, channel, state }: Playback) => ({ id, media_uri: uri, target_uri: `channel:${channel.id}`, language: 'en', state });
/** A recording as ARI shows it while it is live. */
export const recordingShape = ({ name, channel }: Recording, state: string) => ({ name, format: 'wav', target_uri: `channel:${channel.id}`, state });

/** Playbacks: a queue for each channel; one lasts as long as its file, a tone until it is stopped. */
function createPlaybacks(say: Say, { directory, theirs, speed }: Settings) {
  const playbacks = new Map<string, Playback>();
  const duration = (uri: string): number | undefined => {
    const file = join(directory, `${uri.slice(`sound:${theirs}/`.length)}.wav`);
    return uri.startsWith(`sound:${theirs}/`) && existsSync(file) ? (statSync(file).size - 44) / 16 / speed : undefined;
  };
  const advance = (channel: MockChannel): void => {
    const playback = channel.queue[0];
    if (playback === undefined || playback.state !== 'queued') return;
    playback.state = 'playing';
    channel.heard.push(playback.uri);
    say({ type: 'PlaybackStarted', playback: playbackShape(playback) });
    if (playback.uri.startsWith('tone:')) return;
    const lasts_ms = duration(playback.uri);
    playback.timer = setTimeout(() => { over(playback, lasts_ms === undefined ? 'failed' : 'done'); }, lasts_ms ?? 0);
  };
  const over = (playback: Playback, state: 'done' | 'failed'): void => {
    clearTimeout(playback.timer);
    if (!playbacks.delete(playback.id)) return;
    playback.state = state;
    playback.channel.queue.splice(playback.channel.queue.indexOf(playback), 1);
    say({ type: 'PlaybackFinished', playback: playbackShape(playback) });
    advance(playback.channel);
  };
  return { playbacks, advance, over };
}

/** Recordings: they end by their length, by silence, or with their channel, and lie in the store then. */
function createRecordings(say: Say, { speed }: Settings) {
  const recordings = new Map<string, Recording>();
  const stored = new Map<string, Buffer>();
  const recorded = (recording: Recording): void => {
    if (!recordings.delete(recording.name)) return;
    for (const timer of recording.timers) clearTimeout(timer);
    const samples = Math.round((Date.now() - recording.since) * speed) * 8;
    stored.set(recording.name, pcmWav(new Int16Array(samples).fill(1_000)));
    say({ type: 'RecordingFinished', recording: { ...recordingShape(recording, 'done'), duration: Math.round(samples / 8_000) } });
  };
  const record = (channel: MockChannel, { name, maxDurationSeconds, maxSilenceSeconds }: { readonly name: string; readonly maxDurationSeconds: number; readonly maxSilenceSeconds: number }): Recording => {
    const recording: Recording = { name, channel, since: Date.now(), timers: [] };
    for (const bound_s of [maxDurationSeconds, maxSilenceSeconds]) if (bound_s > 0) recording.timers.push(setTimeout(() => { recorded(recording); }, bound_s * 1_000 / speed));
    recordings.set(name, recording);
    say({ type: 'RecordingStarted', recording: recordingShape(recording, 'recording') });
    return recording;
  };
  return { recordings, stored, recorded, record };
}

type Settings = { readonly directory: string; readonly theirs: string; readonly speed: number };

/** What happens in the Asterisk; `say` tells whoever listens. `speed` is how much faster than real its sounds pass. */
export function createWorld(say: Say, settings: Settings) {
  const channels = new Map<string, MockChannel>();
  const bridges = new Map<string, MockBridge>();
  const played = createPlaybacks(say, settings);
  const taped = createRecordings(say, settings);
  let made = 0;

  const add = (given: Partial<MockChannel> & Pick<MockChannel, 'state'>): MockChannel => {
    made += 1;
    const id = given.id ?? `1764000000.${made}`;
    if (channels.has(id)) throw new Refused(409, 'Channel with given unique ID already exists');
    const channel: MockChannel = {
      name: `PJSIP/peer-${made.toString(16).padStart(8, '0')}`, caller: { name: '', number: '' }, dialplan: { context: 'default', exten: 's', priority: 1 },
      variables: {}, inside: false, asked: {}, muted: false, sent: [], heard: [], queue: [], ...given, id,
    };
    channels.set(id, channel);
    say({ type: 'ChannelCreated', channel: shape(channel) });
    return channel;
  };
  const leaveBridge = (channel: MockChannel): void => {
    const bridge = bridges.get(channel.bridge ?? '');
    delete channel.bridge;
    if (bridge?.channels.delete(channel.id)) say({ type: 'ChannelLeftBridge', bridge: bridgeShape(bridge), channel: shape(channel) });
  };
  const destroy = (channel: MockChannel, cause: number): void => {
    if (!channels.delete(channel.id)) return;
    say({ type: 'ChannelHangupRequest', cause, channel: shape(channel) });
    for (const playback of [...channel.queue].reverse()) played.over(playback, 'done');
    for (const recording of [...taped.recordings.values()]) if (recording.channel === channel) taped.recorded(recording);
    leaveBridge(channel);
    if (channel.inside) say({ type: 'StasisEnd', channel: shape(channel) });
    say({ type: 'ChannelDestroyed', cause, cause_txt: cause === 17 ? 'User busy' : 'Normal Clearing', channel: shape(channel) });
    for (const other of [...channels.values()]) if (other.snoops === channel.id) destroy(other, 16);
  };
  return {
    ...played, ...taped, say, channels, bridges, add, leaveBridge, destroy,
    enter(channel: MockChannel, args: readonly string[]): void { channel.inside = true; say({ type: 'StasisStart', args, channel: shape(channel) }); },
    become(channel: MockChannel, state: MockChannel['state']): void { channel.state = state; say({ type: 'ChannelStateChange', channel: shape(channel) }); },
    /** Takes back all that was to happen yet. */
    stop(): void {
      for (const { timer } of played.playbacks.values()) clearTimeout(timer);
      for (const { timers } of taped.recordings.values()) timers.forEach(clearTimeout);
    },
  };
}

/** The world of a mock. */
export type World = ReturnType<typeof createWorld>;
