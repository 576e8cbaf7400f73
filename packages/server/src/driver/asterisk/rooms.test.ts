import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bridgeOf } from './rooms.js';
import { effectId, openStage, type Stage } from './testing/stage.js';

let stage: Stage;
beforeEach(async () => { stage = await openStage(); });
afterEach(() => stage.close());

const members = (room: string): readonly string[] => [...(stage.ari.bridges.get(bridgeOf(room))?.channels ?? [])];

describe('rooms', () => {
  it('hold who has joined, each once, and are gone with the last', async () => {
    const { legs, until, ari, told } = stage;
    const [ada, bob] = [await stage.answered(), await stage.answered()];
    legs.join(ada.leg_id, 'customer/room 1');
    legs.join(ada.leg_id, 'customer/room 1');
    legs.join(bob.leg_id, 'customer/room 1', { relay_digits: true, muted: true });
    expect(await until('joined', 2)).toMatchObject({ room_id: 'customer/room 1' });
    expect(members('customer/room 1').toSorted()).toEqual([ada.channel.id, bob.channel.id].toSorted());
    const { asked } = ari.bridges.get(bridgeOf('customer/room 1'))!;
    expect(asked[ada.channel.id]).toMatchObject({ absorbDTMF: true, mute: false });
    expect(asked[bob.channel.id]).toMatchObject({ absorbDTMF: false, mute: true });
    expect(stage.ari.asked.find(({ path }) => path === `/bridges/${bridgeOf('customer/room 1')}`)?.values).toEqual({ type: 'mixing,dtmf_events', name: 'customer/room 1' });
    legs.leave(ada.leg_id);
    legs.leave(ada.leg_id);
    expect(await until('left')).toMatchObject({ leg_id: ada.leg_id, room_id: 'customer/room 1' });
    ari.destroy(bob.channel, 16);
    await until('ended');
    expect(told.slice(-2).map(({ type, leg_id }) => [type, leg_id])).toEqual([['left', ada.leg_id], ['ended', bob.leg_id]]);
    await expect.poll(() => ari.bridges.size).toBe(0);
    expect(told.filter(({ type }) => type === 'joined')).toHaveLength(2);
  });

  it('have one member in one room: joining another leaves the first', async () => {
    const { legs, until, told } = stage;
    const { leg_id, channel } = await stage.answered();
    legs.join(leg_id, 'one');
    legs.join(leg_id, 'two');
    await until('joined', 2);
    expect(told.slice(-3).map((event) => [event.type, 'room_id' in event && event.room_id])).toEqual([['joined', 'one'], ['left', 'one'], ['joined', 'two']]);
    expect(members('two')).toEqual([channel.id]);
    await expect.poll(() => stage.ari.bridges.size).toBe(1);
  });

  it('are left by whom somebody else takes out of them, too; not by whose call ends', async () => {
    const { legs, until, ari, told } = stage;
    const [ada, bob] = [await stage.answered(), await stage.answered()];
    legs.join(ada.leg_id, 'one');
    legs.join(bob.leg_id, 'one');
    await until('joined', 2);
    ari.leaveBridge(ada.channel);
    expect(await until('left')).toMatchObject({ leg_id: ada.leg_id });
    await legs.hangup(bob.leg_id, 'normal');
    await until('ended');
    expect(told.filter(({ type }) => type === 'left')).toHaveLength(1);
  });

  it('can be joined again after they were left, and while they are closed', async () => {
    const { legs, until, ari } = stage;
    const { leg_id } = await stage.answered();
    legs.join(leg_id, 'one');
    await until('joined');
    legs.leave(leg_id);
    await until('left');
    ari.refuse(/addChannel/, 404);
    legs.join(leg_id, 'one');
    await until('joined', 2);
    legs.leave(leg_id);
    legs.join(leg_id, 'one');
    await until('joined', 3);
    expect(stage.types().filter((type) => type === 'joined' || type === 'left')).toEqual(['joined', 'left', 'joined', 'left', 'joined']);
    legs.leave(leg_id);
    await until('left', 3);
    ari.refuse(/addChannel/, 500);
    legs.join(leg_id, 'one');
    await expect.poll(() => stage.asked(/addChannel/).length).toBe(5);
    await ari.heard();
    legs.join(leg_id, 'two');
    expect(await until('joined', 4)).toMatchObject({ room_id: 'two' });
  });
});

describe('sound that is sent on', () => {
  it('goes by a channel that listens and one that sends, bridged; both end with it', async () => {
    const { legs, ari } = stage;
    const { leg_id, channel } = await stage.answered();
    legs.fork(leg_id, effectId(1), { host: '192.0.2.1', port: 4_000, codec: 'slin16', direction: 'in', duplex: true });
    legs.fork(leg_id, effectId(1), { host: '192.0.2.1', port: 4_000, codec: 'slin16', direction: 'in', duplex: true });
    const [ear, mouth, bridge] = ['ear', 'mouth', 'fork'].map((what) => `activeflow-${what}-${effectId(1)}`) as [string, string, string];
    await expect.poll(() => [...(ari.bridges.get(bridge)?.channels ?? [])]).toEqual([ear, mouth]);
    expect(ari.channels.get(ear)).toMatchObject({ snoops: channel.id, asked: { spy: 'in', whisper: 'out' } });
    expect(ari.channels.get(mouth)!.asked).toMatchObject({ external_host: '192.0.2.1:4000', format: 'slin16', encapsulation: 'rtp' });
    legs.unfork(leg_id, effectId(1));
    await expect.poll(() => [ari.channels.size, ari.bridges.size]).toEqual([1, 0]);
    legs.fork(leg_id, effectId(2), { host: '192.0.2.1', port: 4_000, codec: 'ulaw', direction: 'both', duplex: false });
    await expect.poll(() => ari.bridges.get(`activeflow-fork-${effectId(2)}`)?.channels.size).toBe(2);
    ari.destroy(channel, 16);
    await stage.until('ended');
    expect([ari.channels.size, ari.bridges.size]).toEqual([0, 0]);
    expect(stage.told.filter(({ type }) => type === 'offered')).toHaveLength(1);
  });

  it('leaves nothing behind where it cannot be', async () => {
    const { legs, ari } = stage;
    const { leg_id } = await stage.answered();
    ari.refuse(/externalMedia/, 500);
    legs.fork(leg_id, effectId(1), { host: '192.0.2.1', port: 4_000, codec: 'ulaw', direction: 'both', duplex: false });
    await expect.poll(() => stage.asked(/DELETE \/channels\/activeflow-ear/).length).toBe(1);
    await expect.poll(() => ari.channels.size).toBe(1);
  });
});
