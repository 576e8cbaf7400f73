// Recordings, over real sockets and on a real disk.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MediaEvent } from './media.js';
import { amplitudeOf, tone, until } from './testing/phone.js';
import { channelsOf, openStage, type Stage } from './testing/stage.js';

let stage: Stage;
beforeAll(() => { stage = openStage(); });
afterAll(() => stage.close());

const asked = { end_of_silence_ms: 0, end_of_key: '', duration_ms: 0 };
const done = async (leg: string, id = 'r') => {
  const event: MediaEvent = await stage.events.until(leg, (fact) => fact.type === 'recording_done' && fact.id === id);
  if (event.type !== 'recording_done') throw new Error(event.type);
  return event;
};
/** Past the frames that are held back, and before the last. */
const middle = (samples: Int16Array): Int16Array => samples.subarray(1_600, -1_600);

describe('a recording', () => {
  test('has what the far end says to the left and what it hears to the right', async () => {
    const { leg, phone } = await stage.connect();
    const path = join(stage.folder, 'both.wav');
    stage.media.play(leg, 'p', [{ kind: 'tone', frequencies_hz: [1_000], on_ms: 60_000, off_ms: 0, repeat: 1 }]);
    await phone.speak(5, tone(400));
    stage.media.record(leg, 'r', { ...asked, path });
    stage.media.record(leg, 'r', { ...asked, path: join(stage.folder, 'again.wav') });
    await phone.speak(60, tone(400));
    stage.media.stopRecording(leg, 'r');
    const { how, duration_ms, size_bytes } = await done(leg);
    const file = readFileSync(path);
    expect([how, size_bytes, file.readUInt32LE(40), file.readUInt32LE(4)]).toEqual(['stopped', file.length, file.length - 44, file.length - 8]);
    expect(duration_ms).toBe((file.length - 44) / 32);
    expect(duration_ms).toBeGreaterThan(1_000);
    const { left, right } = channelsOf(file);
    expect(amplitudeOf(middle(left), 400)).toBeGreaterThan(6_500);
    expect(amplitudeOf(middle(left), 1_000)).toBeLessThan(100);
    expect(amplitudeOf(middle(right), 1_000)).toBeGreaterThan(7_000);
    expect(amplitudeOf(middle(right), 400)).toBeLessThan(100);
  });

  test('ends after its duration, by a key, and with the leg', async () => {
    const { leg, phone } = await stage.connect();
    const path = (name: string) => join(stage.folder, name);
    stage.media.record(leg, 'short', { ...asked, path: path('short.wav'), duration_ms: 300 });
    stage.media.record(leg, 'key', { ...asked, path: path('key.wav'), end_of_key: '#*' });
    stage.media.record(leg, 'rest', { ...asked, path: path('rest.wav') });
    expect(await done(leg, 'short')).toMatchObject({ how: 'duration', duration_ms: 300, size_bytes: 44 + 300 * 32 });
    await phone.press(1);
    await phone.press(10);
    expect(await done(leg, 'key')).toMatchObject({ how: 'key' });
    expect(stage.events.all.some((event) => event.type === 'recording_done' && event.id === 'rest')).toBe(false);
    stage.media.close(leg);
    const { how, size_bytes } = await done(leg, 'rest');
    expect([how, size_bytes]).toEqual(['ended', statSync(path('rest.wav')).size]);
  });

  test('ends when the far end is silent, from the start too', async () => {
    const { leg, phone } = await stage.connect();
    stage.media.record(leg, 'r', { ...asked, path: join(stage.folder, 'silence.wav'), end_of_silence_ms: 400 });
    await phone.speak(50, tone(400));
    const { how, duration_ms } = await done(leg);
    expect(how).toBe('silence');
    expect(duration_ms).toBeGreaterThanOrEqual(1_000);
    stage.media.record(leg, 'never', { ...asked, path: join(stage.folder, 'never.wav'), end_of_silence_ms: 300 });
    expect(await done(leg, 'never')).toMatchObject({ how: 'silence', duration_ms: 300 });
  });

  test('that cannot be written says why, and the call goes on', async () => {
    const { leg, phone } = await stage.connect();
    stage.media.record(leg, 'nowhere', { ...asked, path: join(stage.folder, 'absent', 'a.wav') });
    expect(await done(leg, 'nowhere')).toEqual({ leg_id: leg, type: 'recording_done', id: 'nowhere', how: 'failed', duration_ms: 0, size_bytes: 0, message: 'The recording cannot be written (ENOENT).' });
    // Where the system has it: a file that is always full.
    if (existsSync('/dev/full')) {
      stage.media.record(leg, 'full', { ...asked, path: '/dev/full' });
      expect(await done(leg, 'full')).toMatchObject({ how: 'failed', message: 'The disk is full.' });
    }
    const before = phone.got.length;
    await until(() => phone.got.length > before + 5);
  });

  test('can be played while it grows: its header is right every few seconds', async () => {
    const { leg, phone } = await stage.connect();
    const path = join(stage.folder, 'grows.wav');
    stage.media.record(leg, 'r', { ...asked, path });
    await phone.speak(10, tone(400));
    await until(() => readFileSync(path).readUInt32LE(40) >= 64_000);
    stage.media.stopRecording(leg, 'r');
    await done(leg);
  });

  test('is whole when the worker is stopped', async () => {
    const other = openStage();
    const { leg, phone } = await other.connect();
    const path = join(stage.folder, 'stopped.wav');
    other.media.record(leg, 'r', { ...asked, path });
    await phone.speak(30, tone(400));
    await other.media.stopWorker();
    expect(other.events.all.filter(({ type }) => type === 'recording_done')).toMatchObject([{ id: 'r', how: 'ended' }]);
    const file = readFileSync(path);
    expect(file.length).toBeGreaterThan(15_000);
    expect(file.readUInt32LE(40)).toBe(file.length - 44);
    await other.close();
    await expect(other.media.open('late', { kind: 'udp' })).rejects.toThrow('The media worker is stopped.');
  });
});
