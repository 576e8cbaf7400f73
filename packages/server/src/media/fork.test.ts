// What is sent elsewhere and comes back, who is refused, reports, digits in the sound: over real sockets, by a real worker thread.
import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { agreedWith, amplitudeOf, mu, ofMu, openPhone, samplesOf, tone, until, type Got, type Phone } from './testing/phone.js';
import { channelsOf, openStage, type Stage } from './testing/stage.js';

let stage: Stage;
const phones: Phone[] = [];
beforeAll(() => { stage = openStage(); });
afterAll(async () => {
  for (const phone of phones) phone.close();
  await stage.close();
});
const open = async (...where: Parameters<typeof openPhone>): Promise<Phone> => {
  const phone = await openPhone(...where);
  phones.push(phone);
  return phone;
};
const isQuiet = ({ payload }: Got): boolean => payload.every((byte) => byte === 0xff);

describe('a fork', () => {
  test('sends what the far end says, what it hears, or both', async () => {
    const { leg, phone } = await stage.connect();
    const hosts = { in: await open(), out: await open(), both: await open() };
    stage.media.play(leg, 'p', [{ kind: 'tone', frequencies_hz: [1_000], on_ms: 60_000, off_ms: 0, repeat: 1 }]);
    for (const [direction, { port }] of Object.entries(hosts)) stage.media.fork(leg, direction, { host: '127.0.0.1', port, codec: 'ulaw', direction: direction as 'in', duplex: false });
    await phone.speak(50, tone(400));
    for (const direction of ['in', 'out', 'both']) stage.media.unfork(leg, direction);
    await stage.media.stats();
    const heard = ({ got }: Phone, hz: number): number => amplitudeOf(samplesOf(got.slice(10, -5)), hz);
    expect(heard(hosts.in, 400)).toBeGreaterThan(6_000);
    expect(heard(hosts.in, 1_000)).toBeLessThan(100);
    expect(heard(hosts.out, 1_000)).toBeGreaterThan(6_500);
    expect(heard(hosts.out, 400)).toBeLessThan(100);
    expect(heard(hosts.both, 400)).toBeGreaterThan(6_000);
    expect(heard(hosts.both, 1_000)).toBeGreaterThan(6_500);
    const { got } = hosts.in;
    expect(got.every(({ type, sequence }, i) => type === 0 && ((sequence - got[0]!.sequence) & 0xffff) === i)).toBe(true);
    const before = got.length;
    await phone.speak(5, tone(400));
    expect(got.length).toBe(before);
  });

  test('of 16 kHz goes both ways, and hears its host alone', async () => {
    const { leg, phone } = await stage.connect();
    const host = await open();
    const other = await open();
    other.sequence = 19_994;
    stage.media.fork(leg, 'f', { host: 'localhost', port: host.port, codec: 'slin16', direction: 'in', duplex: true });
    let from = 0;
    host.socket.on('message', (_bytes, { port }) => { from = port; });
    await phone.speak(30, tone(400));
    await until(() => from !== 0);
    const wide = (hz: number) => (n: number): Uint8Array => Buffer.from(Int16Array.from({ length: 320 }, (_, i) => Math.round(8_000 * Math.sin((2 * Math.PI * hz * (n * 320 + i)) / 16_000))).buffer).swap16();
    [host.to, other.to] = [from, from];
    const speak = async (one: Phone, hz: number): Promise<void> => {
      const frame = wide(hz);
      for (let n = 0; n < 40; n++) {
        one.send(118, frame(n), { advance: 320 });
        await new Promise((resolve) => { setTimeout(resolve, 20); });
      }
    };
    await Promise.all([speak(host, 600), speak(other, 1_500)]);
    const linear = Int16Array.from(host.got.slice(10, -3).flatMap(({ payload }) => Array.from({ length: 320 }, (_, i) => payload.readInt16BE(2 * i))));
    expect(amplitudeOf(linear.subarray(0, 4_800), 400, 16_000)).toBeGreaterThan(6_000);
    const heard = samplesOf(phone.got.filter((packet) => !isQuiet(packet)).slice(5, -5));
    expect(heard.length).toBeGreaterThan(2_000);
    expect(amplitudeOf(heard, 600)).toBeGreaterThan(5_500);
    expect(amplitudeOf(heard, 1_500)).toBeLessThan(100);
  });
});

describe('whoever injects RTP', () => {
  test('from another address, from packet 0 and while the call goes on, is heard for no frame', async () => {
    const { leg, phone } = await stage.connect();
    const strangers = [await open('127.0.0.2'), await open('127.0.0.1'), await open('127.0.0.2', phone.port)];
    for (const stranger of strangers) stranger.to = phone.to;
    const path = join(stage.folder, 'injected.wav');
    stage.media.record(leg, 'r', { path, end_of_silence_ms: 0, end_of_key: '', duration_ms: 0 });
    const { refused: before } = await stage.media.stats();
    let going = true;
    let injected = 0;
    const inject = async (stranger: Phone, ssrc: number): Promise<void> => {
      stranger.ssrc = ssrc;
      for (let n = 0; going; n++) {
        // The far end's own SSRC as well as others, and keys.
        stranger.send(0, tone(2_000)(n));
        stranger.send(101, Uint8Array.of(9, 10, 0, 160));
        injected += 2;
        await new Promise((resolve) => { setTimeout(resolve, 10); });
      }
    };
    // They are first; the far end comes before their fifth packet in sequence can.
    const injecting = strangers.map((stranger, i) => inject(stranger, i === 0 ? phone.ssrc : 99 + i));
    await phone.speak(75, tone(400));
    going = false;
    await Promise.all(injecting);
    await until(async () => (await stage.media.stats()).refused - before >= injected);
    stage.media.stopRecording(leg, 'r');
    await stage.events.until(leg, ({ type }) => type === 'recording_done');
    const { left } = channelsOf(readFileSync(path));
    expect(amplitudeOf(left.subarray(1_600, 9_600), 400)).toBeGreaterThan(6_000);
    expect(amplitudeOf(left, 2_000)).toBeLessThan(50);
    expect((await stage.media.stats()).refused - before).toBe(injected);
    expect(stage.events.all.filter((event) => event.leg_id === leg && event.type === 'digit')).toEqual([]);
    expect(strangers.map(({ got }) => got.length)).toEqual([0, 0, 0]);
  });

  test('with garbage changes nothing', async () => {
    const { leg, phone } = await stage.connect();
    stage.media.echo(leg, true);
    const garbage = [[], [0x80], [0x80, 0], new Array<number>(12).fill(0xff), [0x9f, 0, 0, 1, ...new Array<number>(8).fill(0)], [0xb0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xff, 0xff], [0xa0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 200]];
    for (const bytes of garbage) phone.socket.send(Buffer.from(bytes), phone.to, '127.0.0.1');
    await phone.speak(30, tone(400));
    expect(amplitudeOf(samplesOf(phone.got.filter((packet) => !isQuiet(packet)).slice(4, -4)), 400)).toBeGreaterThan(6_000);
  });
});

describe('a far end without telephone-event', () => {
  test('is heard by the tones of its keys, and gets tones', async () => {
    const { leg, phone } = await stage.connect({ telephone_event: null });
    const dual = (low: number, high: number) => (n: number): Uint8Array => Uint8Array.from({ length: 160 }, (_, i) => {
      const t = (2 * Math.PI * (n * 160 + i)) / 8_000;
      return mu(Math.round(5_000 * (Math.sin(low * t) + Math.sin(high * t))));
    });
    await phone.speak(6, dual(770, 1_336));
    await phone.speak(6, () => new Uint8Array(160).fill(0xff));
    await phone.speak(6, dual(941, 1_477));
    await phone.speak(6, () => new Uint8Array(160).fill(0xff));
    await stage.events.until(leg, (fact) => fact.type === 'digit' && fact.digit === '#');
    expect(stage.events.all.filter((event) => event.leg_id === leg && event.type === 'digit').map((event) => 'digit' in event && event.digit)).toEqual(['5', '#']);
    stage.media.sendDigits(leg, 'd', '1', 100, 100);
    await stage.events.until(leg, ({ type }) => type === 'digits_sent');
    const loud = phone.got.filter((packet) => !isQuiet(packet));
    expect(loud).toHaveLength(5);
    for (const hz of [697, 1_209]) expect(amplitudeOf(samplesOf(loud), hz)).toBeGreaterThan(6_000);
    expect(Math.max(...samplesOf(loud))).toBeGreaterThan(12_000);
    expect(ofMu(loud[0]!.payload[0]!)).toBe(0);
  });

  test('whose keys come as events is not listened to for tones', async () => {
    const { leg, phone } = await stage.connect();
    await phone.speak(10, (n) => Uint8Array.from({ length: 160 }, (_, i) => mu(Math.round(5_000 * (Math.sin((2 * Math.PI * 770 * (n * 160 + i)) / 8_000) + Math.sin((2 * Math.PI * 1_336 * (n * 160 + i)) / 8_000))))));
    await phone.press(2);
    await stage.events.until(leg, ({ type }) => type === 'digit');
    expect(stage.events.all.filter((event) => event.leg_id === leg && event.type === 'digit')).toMatchObject([{ digit: '2' }]);
  });
});

test('a report tells what was sent, and a goodbye that it is over', async () => {
  // A pair of ports, the even one for RTP.
  let phone = await open();
  const rtcp = createSocket('udp4');
  const reports: Buffer[] = [];
  rtcp.on('message', (bytes) => { reports.push(bytes); });
  for (let bound = false; !bound;) {
    const { port } = phone;
    bound = await new Promise<boolean>((resolve) => { rtcp.once('error', () => { resolve(false); }).bind(port + 1, '127.0.0.1', () => { resolve(true); }); });
    if (!bound) phone = await open();
  }
  try {
    await stage.media.open('reported', { kind: 'udp' });
    stage.media.agree('reported', agreedWith(phone));
    await until(() => phone.got.length >= 5);
    stage.media.close('reported');
    await until(() => reports.length > 0 && reports.at(-1)!.length === 56);
    const last = reports.at(-1)!;
    const { ssrc } = phone.got[0]!;
    expect([last[1], last.readUInt32BE(4), last[29], last[49], last.readUInt32BE(52)]).toEqual([200, ssrc, 202, 203, ssrc]);
    await until(() => phone.got.length === last.readUInt32BE(20));
    expect(last.readUInt32BE(24)).toBe(phone.got.length * 160);
    expect(last.readUInt32BE(16)).toBe((phone.got.at(-1)!.timestamp + 160) % 2 ** 32);
    expect(Math.abs(last.readUInt32BE(8) - 2_208_988_800 - Date.now() / 1000)).toBeLessThan(60);
  } finally { rtcp.close(); }
});

test('ports are even, of the range, and come to an end', async () => {
  // A range that was free a moment ago; that somebody else takes a port of it makes it shorter.
  const probe = await openPhone();
  const last = Math.min(probe.port | 1, 65_533);
  probe.close();
  const narrow = openStage({ ports: [last - 6, last] });
  try {
    const opened: number[] = [];
    for (let i = 0; i < 4; i++) opened.push(await narrow.media.open(`n${i}`, { kind: 'udp' }).then(({ port }) => port, () => 0));
    const bound = opened.filter((port) => port !== 0);
    expect(bound.length).toBeLessThanOrEqual(3);
    expect(new Set(bound).size).toBe(bound.length);
    for (const port of bound) expect(port % 2 === 0 && port >= last - 5 && port < last).toBe(true);
    await expect(narrow.media.open('n5', { kind: 'udp' })).rejects.toThrow(`No RTP port of ${last - 6} to ${last} is free.`);
    for (let i = 0; i < 4; i++) narrow.media.close(`n${i}`);
    if (bound.length > 0) await until(() => narrow.media.open('n6', { kind: 'udp' }).then(({ port }) => bound.includes(port), () => false));
  } finally { await narrow.close(); }
});
