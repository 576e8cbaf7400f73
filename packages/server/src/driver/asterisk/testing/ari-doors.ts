// The REST doors of the mock: each a method, a path, and what Asterisk does there. What its reference refuses, they refuse alike.
import { bridgeShape, playbackShape, recordingShape, Refused, shape, type MockChannel, type World } from './ari-world.js';

/** What was asked: the values of the query and of the JSON body together. */
export type Values = Readonly<Record<string, unknown>>;
type Door = readonly [method: string, path: RegExp, act: (world: World, parts: readonly string[], values: Values) => unknown];

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '');
const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(text) : text(value).split(','));

function channelOf({ channels }: World, id = ''): MockChannel {
  const channel = channels.get(id);
  if (channel === undefined) throw new Refused(404, 'Channel not found');
  return channel;
}
/** A channel that something can be done with: in the application, and answered if it was dialled. */
function workable(world: World, id?: string): MockChannel {
  const channel = channelOf(world, id);
  if (!channel.inside) throw new Refused(409, 'Channel not in Stasis application');
  if (channel.state === 'Down' || channel.state === 'Ringing') throw new Refused(412, 'Channel in invalid state');
  return channel;
}
function bridgeOf({ bridges }: World, id = '') {
  const bridge = bridges.get(id);
  if (bridge === undefined) throw new Refused(404, 'Bridge not found');
  return bridge;
}

const REASONS: Readonly<Record<string, number>> = { normal: 16, busy: 17, congestion: 34, no_answer: 19, timeout: 102, rejected: 21, unallocated: 1 };

/** The doors. */
export const DOORS: readonly Door[] = [
  ['GET', /^\/channels$/, (world) => [...world.channels.values()].map(shape)],
  ['GET', /^\/bridges$/, (world) => [...world.bridges.values()].map(bridgeShape)],
  ['POST', /^\/channels\/externalMedia$/, (world, _, values) => {
    const channel = world.add({ id: text(values['channelId']), name: `UnicastRTP/${text(values['external_host'])}-0000000a`, state: 'Up', asked: values });
    setImmediate(() => { world.enter(channel, []); });
    return shape(channel);
  }],
  ['GET', /^\/channels\/([^/]+)$/, (world, [id]) => shape(channelOf(world, id))],
  ['POST', /^\/channels\/([^/]+)$/, (world, [id = ''], values) => {
    if (text(values['endpoint']).includes('nobody')) throw new Refused(500, 'Allocation failed');
    const channel = world.add({ id, name: `${text(values['endpoint']).split('@')[0] ?? ''}-0000000b`, state: 'Down', asked: values, variables: { ...(values['variables'] as Record<string, string>) } });
    return shape(channel);
  }],
  ['DELETE', /^\/channels\/([^/]+)$/, (world, [id], values) => {
    const channel = channelOf(world, id);
    const reason = text(values['reason']) || 'normal';
    const cause = REASONS[reason];
    if (cause === undefined) throw new Refused(400, 'Invalid Reason');
    setImmediate(() => { world.destroy(channel, cause); });
  }],
  ['POST', /^\/channels\/([^/]+)\/answer$/, (world, [id]) => {
    const channel = workable(world, id);
    if (channel.state !== 'Up') setImmediate(() => { world.become(channel, 'Up'); });
  }],
  ['POST', /^\/channels\/([^/]+)\/(ring|progress)$/, (world, [id, what = '']) => { workable(world, id).sent.push(what); }],
  ['POST', /^\/channels\/([^/]+)\/mute$/, (world, [id]) => { workable(world, id).muted = true; }],
  ['DELETE', /^\/channels\/([^/]+)\/mute$/, (world, [id]) => { workable(world, id).muted = false; }],
  ['POST', /^\/channels\/([^/]+)\/dtmf$/, (world, [id], values) => {
    if (text(values['dtmf']) === '') throw new Refused(400, 'DTMF is required');
    workable(world, id).sent.push(text(values['dtmf']));
  }],
  ['GET', /^\/channels\/([^/]+)\/variable$/, (world, [id], values) => {
    const value = channelOf(world, id).variables[text(values['variable'])];
    if (value === undefined) throw new Refused(404, 'Provided variable was not found');
    return { value };
  }],
  ['POST', /^\/channels\/([^/]+)\/variable$/, (world, [id], values) => { workable(world, id).variables[text(values['variable'])] = text(values['value']); }],
  ['POST', /^\/channels\/([^/]+)\/play\/([^/]+)$/, (world, [channel_id, id = ''], values) => {
    const channel = workable(world, channel_id);
    const playback = { id, uri: list(values['media'])[0] ?? '', channel, state: 'queued' };
    world.playbacks.set(id, playback);
    channel.queue.push(playback);
    setImmediate(() => { world.advance(channel); });
    return playbackShape(playback);
  }],
  ['POST', /^\/channels\/([^/]+)\/snoop\/([^/]+)$/, (world, [of = '', id = ''], values) => {
    channelOf(world, of);
    const channel = world.add({ id, name: `Snoop/${of}-00000001`, state: 'Up', snoops: of, asked: values });
    setImmediate(() => { world.enter(channel, list(values['appArgs'])); });
    return shape(channel);
  }],
  ['POST', /^\/channels\/([^/]+)\/record$/, (world, [id], values) => {
    const channel = workable(world, id);
    const name = text(values['name']);
    if (channel.bridge !== undefined) throw new Refused(409, 'Channel is in a bridge');
    if (world.recordings.has(name) || world.stored.has(name)) throw new Refused(409, `Recording '${name}' already exists and can not be overwritten`);
    if (text(values['format']) !== 'wav') throw new Refused(422, 'specified format is unknown on this system');
    return recordingShape(world.record(channel, { name, maxDurationSeconds: Number(values['maxDurationSeconds'] ?? 0), maxSilenceSeconds: Number(values['maxSilenceSeconds'] ?? 0) }), 'queued');
  }],
  ['GET', /^\/playbacks\/([^/]+)$/, (world, [id = '']) => playbackShape(world.playbacks.get(id) ?? gone('Playback'))],
  ['DELETE', /^\/playbacks\/([^/]+)$/, (world, [id = '']) => {
    const playback = world.playbacks.get(id) ?? gone('Playback');
    setImmediate(() => { world.over(playback, 'done'); });
  }],
  ['GET', /^\/recordings\/live\/([^/]+)$/, (world, [name = '']) => recordingShape(world.recordings.get(name) ?? gone('Recording'), 'recording')],
  ['POST', /^\/recordings\/live\/([^/]+)\/stop$/, (world, [name = '']) => {
    const recording = world.recordings.get(name) ?? gone('Recording');
    setImmediate(() => { world.recorded(recording); });
  }],
  ['GET', /^\/recordings\/stored\/([^/]+)\/file$/, (world, [name = '']) => world.stored.get(name) ?? gone('Recording')],
  ['DELETE', /^\/recordings\/stored\/([^/]+)$/, (world, [name = '']) => { if (!world.stored.delete(name)) gone('Recording'); }],
  ['POST', /^\/bridges\/([^/]+)$/, (world, [id = ''], values) => {
    const bridge = world.bridges.get(id) ?? { id, name: text(values['name']), channels: new Set<string>(), asked: {} };
    world.bridges.set(id, bridge);
    return bridgeShape(bridge);
  }],
  ['DELETE', /^\/bridges\/([^/]+)$/, (world, [id]) => {
    const bridge = bridgeOf(world, id);
    for (const inside of bridge.channels) world.leaveBridge(channelOf(world, inside));
    world.bridges.delete(bridge.id);
  }],
  ['POST', /^\/bridges\/([^/]+)\/addChannel$/, (world, [id], values) => {
    const bridge = bridgeOf(world, id);
    for (const channel_id of list(values['channel'])) {
      const channel = world.channels.get(channel_id);
      if (channel === undefined) throw new Refused(400, 'Channel not found');
      if (!channel.inside) throw new Refused(422, 'Channel not in Stasis application');
      setImmediate(() => {
        world.leaveBridge(channel);
        channel.bridge = bridge.id;
        bridge.channels.add(channel.id);
        bridge.asked[channel.id] = values;
        world.say({ type: 'ChannelEnteredBridge', bridge: bridgeShape(bridge), channel: shape(channel) });
      });
    }
  }],
  ['POST', /^\/bridges\/([^/]+)\/removeChannel$/, (world, [id], values) => {
    const bridge = bridgeOf(world, id);
    const channel = world.channels.get(text(values['channel']));
    if (channel === undefined) throw new Refused(400, 'Channel not found');
    if (!bridge.channels.has(channel.id)) throw new Refused(422, 'Channel not in this bridge');
    setImmediate(() => { world.leaveBridge(channel); });
  }],
];

function gone(what: string): never {
  throw new Refused(404, `${what} not found`);
}
