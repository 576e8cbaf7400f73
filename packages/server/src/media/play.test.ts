// Playing to a far end over real sockets, by a real worker thread.
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { amplitudeOf, samplesOf, until } from './testing/phone.js';
import { openStage, sine, type Stage } from './testing/stage.js';

let stage: Stage;
beforeAll(() => { stage = openStage(); });
afterAll(() => stage.close());

describe('a leg', () => {
  test('sends silence from the agreement on: one SSRC, numbers without a gap, the marker at the start', async () => {
    const { phone } = await stage.connect();
    await until(() => phone.got.length >= 10);
    const [first] = phone.got;
    for (const [i, packet] of phone.got.entries()) {
      // Where the machine stood still frames are left out, and the marker says that time went by.
      const passed = i === 0 ? 0 : (packet.timestamp - phone.got[i - 1]!.timestamp) >>> 0;
      expect([packet.type, packet.ssrc, packet.marker, (packet.sequence - first!.sequence) & 0xffff, packet.payload.length, passed % 160]).toEqual([0, first!.ssrc, passed !== 160, i, 160, 0]);
      expect(packet.payload.every((byte) => byte === 0xff)).toBe(true);
    }
  });

  test('plays a file and a tone without a gap between them, and says so', async () => {
    const { leg, phone } = await stage.connect();
    stage.media.play(leg, 'p1', [{ kind: 'file', path: stage.wav('a.wav', sine(500, 0.5)) }, { kind: 'tone', frequencies_hz: [1_000], on_ms: 200, off_ms: 0, repeat: 1 }]);
    expect(await stage.events.until(leg, ({ type }) => type === 'playback_done')).toEqual({ leg_id: leg, type: 'playback_done', id: 'p1', how: 'end' });
    await until(() => phone.got.at(-1)?.payload.every((byte) => byte === 0xff) ?? false);
    const loud = phone.got.filter(({ payload }) => payload.some((byte) => byte !== 0xff));
    expect(loud.length).toBeGreaterThanOrEqual(35);
    expect(loud.length).toBeLessThanOrEqual(36);
    const samples = samplesOf(loud);
    expect(amplitudeOf(samples.subarray(800, 3_200), 500)).toBeCloseTo(8_000, -3);
    expect(amplitudeOf(samples.subarray(4_160, 5_440), 1_000)).toBeCloseTo(8_000, -3);
    expect(amplitudeOf(samples.subarray(4_160, 5_440), 500)).toBeLessThan(400);
  });

  test('stops what is played, and goes on with what comes after it', async () => {
    const { leg, phone } = await stage.connect();
    stage.media.play(leg, 'long', [{ kind: 'tone', frequencies_hz: [400], on_ms: 1_000, off_ms: 0, repeat: null }]);
    stage.media.play(leg, 'next', [{ kind: 'tone', frequencies_hz: [900], on_ms: 100, off_ms: 0, repeat: 1 }]);
    stage.media.play(leg, 'long', [{ kind: 'tone', frequencies_hz: [100], on_ms: 1_000, off_ms: 0, repeat: null }]);
    await until(() => phone.got.filter(({ payload }) => payload.some((byte) => byte !== 0xff)).length >= 10);
    stage.media.stop(leg, 'long');
    stage.media.stop(leg, 'long');
    await stage.events.until(leg, (fact) => fact.type === 'playback_done' && fact.id === 'next');
    expect(stage.events.all.filter(({ leg_id, type }) => leg_id === leg && type === 'playback_done')).toEqual([
      { leg_id: leg, type: 'playback_done', id: 'long', how: 'stopped' }, { leg_id: leg, type: 'playback_done', id: 'next', how: 'end' },
    ]);
    const loud = phone.got.filter(({ payload }) => payload.some((byte) => byte !== 0xff));
    expect(amplitudeOf(samplesOf(loud.slice(-4)), 900)).toBeCloseTo(8_000, -3);
  });

  test('says of a file that is none why it was not played', async () => {
    const { leg } = await stage.connect();
    writeFileSync(join(stage.folder, 'text.wav'), 'this is a text, and not short enough to be mistaken for a header');
    stage.media.play(leg, 'none', [{ kind: 'file', path: join(stage.folder, 'absent.wav') }]);
    stage.media.play(leg, 'text', [{ kind: 'file', path: join(stage.folder, 'text.wav') }]);
    expect(await stage.events.until(leg, (fact) => fact.type === 'playback_done' && fact.id === 'none')).toMatchObject({ how: 'failed', message: 'The file cannot be read (ENOENT).' });
    expect(await stage.events.until(leg, (fact) => fact.type === 'playback_done' && fact.id === 'text')).toMatchObject({ how: 'failed', message: 'This is no WAV file.' });
  });

  test('hears digits, each once, in order', async () => {
    const { leg, phone } = await stage.connect();
    for (const code of [1, 1, 11]) await phone.press(code);
    await stage.events.until(leg, (fact) => fact.type === 'digit' && fact.digit === '#');
    expect(stage.events.all.filter(({ leg_id }) => leg_id === leg)).toEqual(['1', '1', '#'].map((digit) => ({ leg_id: leg, type: 'digit', digit })));
  });

  test('sends digits as events, the end three times, and goes on', async () => {
    const { leg, phone } = await stage.connect();
    stage.media.sendDigits(leg, 'd', '5x#', 100, 60);
    await stage.events.until(leg, ({ type }) => type === 'digits_sent');
    const sent = phone.got.filter(({ type }) => type === 101);
    for (const [i, code] of [5, 11].entries()) {
      const packets = sent.slice(i * 7, i * 7 + 7);
      expect(packets.map(({ payload, marker }) => [payload[0], payload[1]! >> 7, payload.readUInt16BE(2), marker])).toEqual(
        [[code, 0, 160, true], [code, 0, 320, false], [code, 0, 480, false], [code, 0, 640, false], ...Array.from({ length: 3 }, () => [code, 1, 800, false])],
      );
      expect(new Set(packets.map(({ timestamp }) => timestamp)).size).toBe(1);
    }
    expect(sent).toHaveLength(14);
    await until(() => phone.got.at(-1)?.type === 0);
  });

  test('ends what it plays when it is closed, once and for all', async () => {
    const { legs: others } = await stage.media.stats();
    const { leg, phone } = await stage.connect();
    stage.media.play(leg, 'p', [{ kind: 'silence', duration_ms: 60_000 }]);
    await until(() => phone.got.length > 3);
    stage.media.close(leg);
    await stage.events.until(leg, ({ type }) => type === 'playback_done');
    stage.media.play(leg, 'q', [{ kind: 'silence', duration_ms: 20 }]);
    stage.media.close(leg);
    expect(await stage.media.stats()).toMatchObject({ legs: others });
    expect(stage.events.all.filter(({ leg_id }) => leg_id === leg)).toEqual([{ leg_id: leg, type: 'playback_done', id: 'p', how: 'stopped' }]);
  });
});

describe('a stream', () => {
  const chunk = (hz: number, samples: number): Int16Array => sine(hz, samples / 8_000);

  test('is heard from its first chunk on, and is asked for no more than is needed soon', async () => {
    const { leg, phone } = await stage.connect();
    let made = 0;
    let returned = 0;
    async function* endless(): AsyncGenerator<Int16Array> {
      try { for (;;) { made++; yield chunk(500, 4_000); } } finally { returned++; }
    }
    stage.media.play(leg, 's', [{ kind: 'stream', chunks: endless() }]);
    await until(() => phone.got.filter(({ payload }) => payload.some((byte) => byte !== 0xff)).length >= 60);
    // Four seconds ahead of what was played, and a little for what is on its way.
    expect(made).toBeLessThanOrEqual(8 + phone.got.length / 25 + 2);
    stage.media.stop(leg, 's');
    await until(() => returned === 1);
    const played = phone.got.filter(({ payload }) => payload.some((byte) => byte !== 0xff));
    expect(amplitudeOf(samplesOf(played.slice(5, 55)), 500)).toBeGreaterThan(7_000);
  });

  test('waits for a slow one, goes on after it, and is played again where it is to be', async () => {
    const { leg, phone } = await stage.connect();
    async function* slow(): AsyncGenerator<Int16Array> {
      yield chunk(500, 800);
      await new Promise((resolve) => { setTimeout(resolve, 100); });
      yield chunk(500, 800);
    }
    stage.media.play(leg, 'once', [{ kind: 'stream', chunks: slow() }, { kind: 'tone', frequencies_hz: [1_000], on_ms: 100, off_ms: 0, repeat: 1 }]);
    await stage.events.until(leg, (fact) => fact.type === 'playback_done' && fact.id === 'once');
    const loud = () => phone.got.filter(({ payload }) => payload.some((byte) => byte !== 0xff));
    await until(() => loud().length >= 15);
    expect(amplitudeOf(samplesOf(loud().slice(0, 10)), 500)).toBeGreaterThan(7_000);
    expect(amplitudeOf(samplesOf(loud().slice(10, 15)), 1_000)).toBeGreaterThan(7_000);
    stage.media.play(leg, 'loop', [{ kind: 'stream', chunks: slow() }], true);
    await until(() => loud().length >= 60);
    stage.media.stop(leg, 'loop');
    expect(await stage.events.until(leg, (fact) => fact.type === 'playback_done' && fact.id === 'loop')).toMatchObject({ how: 'stopped' });
  });

  test('that fails says why, once what came before was heard', async () => {
    const { leg, phone } = await stage.connect();
    async function* failing(): AsyncGenerator<Int16Array> {
      yield chunk(500, 1_600);
      throw new Error('the voice is gone');
    }
    stage.media.play(leg, 's', [{ kind: 'stream', chunks: failing() }, { kind: 'silence', duration_ms: 60_000 }]);
    expect(await stage.events.until(leg, ({ type }) => type === 'playback_done')).toMatchObject({ how: 'failed', message: 'the voice is gone' });
    await until(() => phone.got.filter(({ payload }) => payload.some((byte) => byte !== 0xff)).length === 10);
  });
});

describe('what would be too much', () => {
  test('an hour of sound is not read before it is needed', async () => {
    const { leg, phone } = await stage.connect();
    const path = stage.wav('hours.wav', sine(500, 1));
    // Five hours: 288 MB of silence after one second, which the file does not even hold.
    const header = readFileSync(path);
    header.writeUInt32LE(5 * 3_600 * 16_000, 40);
    writeFileSync(path, header);
    truncateSync(path, 44 + 5 * 3_600 * 16_000);
    const before = process.memoryUsage.rss();
    stage.media.play(leg, 'p', [{ kind: 'file', path }]);
    await until(() => phone.got.filter(({ payload }) => payload.some((byte) => byte !== 0xff)).length >= 45);
    expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 1_048_576);
    stage.media.stop(leg, 'p');
  });

  test('a main thread that stands still stops no sound', async () => {
    const { leg, phone } = await stage.connect();
    stage.media.play(leg, 'p', [{ kind: 'file', path: stage.wav('minute.wav', sine(500, 60)) }]);
    await until(() => phone.got.length > 20);
    const before = phone.got.length;
    for (const end = performance.now() + 600; performance.now() < end;);
    // What came meanwhile lies in the socket, and is read at once.
    await new Promise((resolve) => { setImmediate(() => { setImmediate(resolve); }); });
    const meanwhile = phone.got.slice(before);
    expect(meanwhile.length).toBeGreaterThanOrEqual(15);
    expect(meanwhile.every(({ payload }) => payload.some((byte) => byte !== 0xff))).toBe(true);
    stage.media.stop(leg, 'p');
  });
});
