import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Log } from '../../log.js';
import { openAri } from './testing/ari-mock.js';
import { effectId, openStage, type Stage } from './testing/stage.js';

let stage: Stage;
beforeEach(async () => { stage = await openStage(); });
afterEach(() => stage.close());

const back = (): Promise<void> => expect.poll(() => stage.ari.sockets.size).toBe(1);

/** A log that a test reads. */
function logging(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const write = (fields: Readonly<Record<string, unknown>>, message: string): void => { lines.push(JSON.stringify({ ...fields, message })); };
  return { lines, log: { debug: write, info: write, warn: write, error: write } };
}

describe('while Asterisk cannot be heard', () => {
  it('calls that end are told once it can; those that are up go on', async () => {
    const { ari, until, legs } = stage;
    const [gone, up] = [await stage.answered(), await stage.answered()];
    ari.drop();
    ari.destroy(gone.channel, 16);
    expect(await until('ended')).toMatchObject({ leg_id: gone.leg_id, by: 'remote', cause: 'normal', detail: 'it ended while Asterisk could not be heard' });
    expect(await legs.alive()).toEqual([up.leg_id]);
    ari.press(up.channel, '1');
    expect(await until('digit')).toMatchObject({ leg_id: up.leg_id });
    expect(stage.told.filter(({ type }) => type === 'offered')).toHaveLength(2);
  });

  it('playbacks and recordings that end, rooms that are left and answers are found, too', async () => {
    const { ari, until, legs } = stage;
    const { leg_id, channel } = await stage.answered();
    const LEG = '30000000-0000-4000-8000-000000000009';
    legs.play(leg_id, effectId(1), [await stage.sound('long', 60_000)]);
    legs.record(leg_id, effectId(2), { path: join(stage.directory, 'r.wav'), end_of_silence_ms: 0, end_of_key: '', duration_ms: 0 });
    legs.join(leg_id, 'room');
    await legs.originate({ leg_id: LEG, customer_id: 'c', source: { type: '', target: '1', target_name: '', name: '', detail: '' }, destination: { type: 'extension', target: 'x', target_name: '', name: '', detail: '' }, anonymous: false, timeout_ms: 60_000 });
    await until('joined');
    await expect.poll(() => ari.recordings.size).toBe(1);
    ari.drop();
    ari.over([...ari.playbacks.values()][0]!, 'done');
    ari.recorded([...ari.recordings.values()][0]!);
    ari.leaveBridge(channel);
    ari.pickUp(ari.channels.get(LEG)!);
    expect(await until('playback_done')).toMatchObject({ id: effectId(1), how: 'end' });
    expect(await until('recording_done')).toMatchObject({ id: effectId(2), how: 'ended' });
    expect(await until('left')).toMatchObject({ room_id: 'room' });
    await expect.poll(() => stage.told.filter(({ type, leg_id: of }) => type === 'answered' && of === LEG)).toHaveLength(1);
  });

  it('the application is taken back only after a while from another client that took it, and that is said', async () => {
    const { ari, make, legs } = stage;
    await legs.close();
    const { log, lines } = logging();
    await make({ log }).start();
    ari.say({ type: 'ApplicationReplaced' });
    ari.drop();
    await expect.poll(() => lines.join()).toContain('another client has taken the application');
    await back();
  });
});

describe('legs outlive the process', () => {
  it('that knows them again: calls that came in, dialled ones, and what is on them', async () => {
    const { ari, make, legs, until, told } = stage;
    const { leg_id, channel } = await stage.answered();
    const LEG = '30000000-0000-4000-8000-000000000009';
    const sounds = [await stage.sound('first', 40), await stage.sound('long', 60_000)];
    const asked = { path: join(stage.directory, 'r.wav'), end_of_silence_ms: 0, end_of_key: '', duration_ms: 0 };
    await legs.originate({ leg_id: LEG, customer_id: 'c', source: { type: '', target: '1', target_name: '', name: '', detail: '' }, destination: { type: 'extension', target: 'x', target_name: '', name: '', detail: '' }, anonymous: false, timeout_ms: 60_000 });
    legs.play(leg_id, effectId(1), sounds);
    legs.record(leg_id, effectId(2), asked);
    legs.join(leg_id, 'room');
    await until('joined');
    await expect.poll(() => channel.heard.length).toBe(2);
    await expect.poll(() => ari.recordings.size).toBe(1);
    await legs.close();
    told.length = 0;

    const next = make();
    await next.start();
    expect((await next.alive()).toSorted()).toEqual([leg_id, LEG].toSorted());
    next.play(leg_id, effectId(1), sounds);
    next.record(leg_id, effectId(2), asked);
    next.join(leg_id, 'room');
    await next.answer(leg_id);
    ari.press(channel, '5');
    await until('digit');
    ari.pickUp(ari.channels.get(LEG)!);
    expect(await until('answered')).toMatchObject({ leg_id: LEG });
    await expect.poll(() => stage.asked(/GET \/playbacks/).length).toBeGreaterThanOrEqual(2);
    next.stop(leg_id, effectId(1));
    expect(await until('playback_done')).toMatchObject({ id: effectId(1), how: 'stopped' });
    next.stopRecording(leg_id, effectId(2));
    expect(await until('recording_done')).toMatchObject({ id: effectId(2), how: 'stopped' });
    // Nothing was begun anew.
    expect(channel.heard).toHaveLength(2);
    expect(stage.asked(/addChannel/)).toHaveLength(1);
    next.leave(leg_id);
    expect(await until('left')).toMatchObject({ room_id: 'room' });
    await next.hangup(leg_id, 'normal');
    expect(await until('ended')).toMatchObject({ leg_id, by: 'local' });
    expect(told.some(({ type }) => type === 'offered')).toBe(false);
  });

  it('and are hung up where the start has gone on without Asterisk: they were given up as lost', async () => {
    const { ari, make, legs } = stage;
    const { channel } = await stage.answered();
    await legs.close();
    // Nobody listens there, until the mock is reached through it.
    const door = createServer();
    await new Promise<void>((resolve) => { door.listen(0, '127.0.0.1', resolve); });
    const { port } = door.address() as AddressInfo;
    await new Promise((resolve) => { door.close(resolve); });
    const { log, lines } = logging();
    const next = make({ log, url: `http://127.0.0.1:${port}/ari`, start_ms: 20 });
    await next.start();
    expect(await next.alive()).toEqual([]);
    expect(lines.join()).toContain('it cannot be reached');
    const { createConnection } = await import('node:net');
    const to = Number(new URL(ari.url).port);
    const relay = createServer((socket) => { const on = createConnection(to, '127.0.0.1'); for (const one of [socket, on]) one.on('error', () => { socket.destroy(); on.destroy(); }); socket.pipe(on).pipe(socket); });
    await new Promise<void>((resolve) => { relay.listen(port, '127.0.0.1', resolve); });
    await expect.poll(() => ari.channels.has(channel.id)).toBe(false);
    await next.close();
    await new Promise((resolve) => { relay.close(resolve); });
  });
});

describe('credentials', () => {
  it('that are wrong are said to be so, without the password', async () => {
    const { make } = stage;
    const { log, lines } = logging();
    const legs = make({ log, password: 'a-wrong-secret', start_ms: 50 });
    await legs.start();
    const asked = { leg_id: effectId(1), customer_id: 'c', source: { type: '', target: '1', target_name: '', name: '', detail: '' }, destination: { type: 'extension', target: 'x', target_name: '', name: '', detail: '' }, anonymous: false, timeout_ms: 60_000 };
    const error = await legs.originate(asked).then(() => undefined, (thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'Permanent', reason: 'ASTERISK_FORBIDS' });
    expect(lines.length).toBeGreaterThan(0);
    const encoded = Buffer.from('activeflow:a-wrong-secret').toString('base64');
    for (const text of [...lines, error!.message, error!.stack ?? '']) {
      expect(text).not.toContain('a-wrong-secret');
      expect(text).not.toContain(encoded);
    }
  });

  it('are not asked for by a mock that would take any', async () => {
    const { ari } = stage;
    expect((await fetch(`${ari.url}/channels`)).status).toBe(401);
    const other = await openAri({ directory: stage.directory });
    expect(other.asked).toEqual([]);
    await other.close();
  });
});
