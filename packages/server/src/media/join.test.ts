// Who hears whom: rooms, echo, mute, a prompt over a room, another thread as the carrier; over real sockets, by a real worker thread.
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agreedWith, amplitudeOf, openPhone, samplesOf, tone, until, type Got } from './testing/phone.js';
import { openStage, type Stage } from './testing/stage.js';

let stage: Stage;
beforeAll(() => { stage = openStage(); });
afterAll(() => stage.close());

const isQuiet = ({ payload }: Got): boolean => payload.every((byte) => byte === 0xff);
const loud = (got: readonly Got[]): Int16Array => samplesOf(got.filter((packet) => packet.type === 0 && !isQuiet(packet)).slice(5, -5));
const joined = (leg: string, room_id: string) => stage.events.until(leg, (fact) => fact.type === 'joined' && fact.room_id === room_id);

describe('a room', () => {
  test('lets three hear each other and not themselves, one of them muted', async () => {
    const lines = [await stage.connect(), await stage.connect(), await stage.connect(), await stage.connect()];
    const [a, b, c, muted] = lines;
    for (const { leg } of lines) stage.media.join(leg, 'r3', { muted: leg === muted!.leg });
    await Promise.all(lines.map(({ leg }) => joined(leg, 'r3')));
    await Promise.all([[a, 500], [b, 1_200], [c, 2_100], [muted, 3_000]].map(([line, hz]) => (line as typeof a)!.phone.speak(60, tone(hz as number, 6_000))));
    const heard = lines.map(({ phone }) => [500, 1_200, 2_100, 3_000].map((hz) => amplitudeOf(loud(phone.got), hz)));
    for (const [i, amplitudes] of heard.entries()) {
      for (const [k, amplitude] of amplitudes.entries()) {
        if (i === k || k === 3) expect(amplitude, `${i} hears ${k}`).toBeLessThan(600);
        else expect(amplitude, `${i} hears ${k}`).toBeGreaterThan(3_500);
      }
    }
  });

  test('is left for another, and when the leg closes; who stays hears nothing any more', async () => {
    const [a, b] = [await stage.connect(), await stage.connect()];
    stage.media.join(a.leg, 'first');
    stage.media.join(b.leg, 'first');
    stage.media.join(b.leg, 'first');
    stage.media.join(a.leg, 'second');
    stage.media.close(b.leg);
    await stage.events.until(b.leg, ({ type }) => type === 'left');
    stage.media.leave(a.leg);
    stage.media.leave(a.leg);
    await stage.events.until(a.leg, (fact) => fact.type === 'left' && fact.room_id === 'second');
    const of = (leg: string) => stage.events.all.filter(({ leg_id }) => leg_id === leg).map((fact) => `${fact.type} ${'room_id' in fact ? fact.room_id : ''}`);
    expect(of(a.leg)).toEqual(['joined first', 'left first', 'joined second', 'left second']);
    expect(of(b.leg)).toEqual(['joined first', 'left first']);
  });

  test('is clipped at the edge and not around it', async () => {
    const lines = [await stage.connect(), await stage.connect(), await stage.connect()];
    for (const { leg } of lines) stage.media.join(leg, 'loud');
    await Promise.all(lines.map(({ leg }) => joined(leg, 'loud')));
    await Promise.all(lines.slice(1).map(({ phone }) => phone.speak(30, () => new Uint8Array(160).fill(0x80))));
    const heard = loud(lines[0]!.phone.got);
    expect(heard.length).toBeGreaterThan(1_000);
    expect(Math.min(...heard)).toBeGreaterThan(0);
    expect(Math.max(...heard)).toBe(32_124);
  });

  test('is heard softly under a prompt of one member, who alone hears that', async () => {
    const [a, b] = [await stage.connect(), await stage.connect()];
    for (const { leg } of [a, b]) stage.media.join(leg, 'prompt');
    await joined(b.leg, 'prompt');
    stage.media.play(a.leg, 'p', [{ kind: 'tone', frequencies_hz: [1_000], on_ms: 60_000, off_ms: 0, repeat: 1 }]);
    await until(() => a.phone.got.some((packet) => !isQuiet(packet)));
    await b.phone.speak(50, tone(400));
    stage.media.stop(a.leg, 'p');
    const heard = loud(a.phone.got).subarray(1_600);
    expect(amplitudeOf(heard, 1_000)).toBeGreaterThan(7_000);
    expect(amplitudeOf(heard, 400)).toBeGreaterThan(900);
    expect(amplitudeOf(heard, 400)).toBeLessThan(2_400);
    expect(amplitudeOf(samplesOf(b.phone.got), 1_000)).toBeLessThan(100);
  });

  test('sends the digits of one member on to the others, where that was asked for', async () => {
    const [a, b] = [await stage.connect(), await stage.connect()];
    stage.media.join(a.leg, 'digits', { relay_digits: true });
    stage.media.join(b.leg, 'digits');
    await joined(b.leg, 'digits');
    await b.phone.press(3);
    await a.phone.press(7);
    await until(() => b.phone.got.filter(({ type, payload }) => type === 101 && payload[1]! > 127).length >= 3);
    expect(b.phone.got.filter(({ type }) => type === 101).map(({ payload }) => payload[0])).toEqual(Array.from({ length: 7 }, () => 7));
    expect(a.phone.got.filter(({ type }) => type === 101)).toEqual([]);
  });
});

describe('a leg alone', () => {
  test('gives back what it hears, until it does not', async () => {
    const { leg, phone } = await stage.connect();
    stage.media.echo(leg, true);
    await phone.speak(40, tone(700));
    expect(amplitudeOf(loud(phone.got), 700)).toBeGreaterThan(6_500);
    stage.media.echo(leg, false);
    const before = phone.got.length;
    await phone.speak(20, tone(700));
    expect(phone.got.slice(before + 4).every(isQuiet)).toBe(true);
  });

  test('is heard by nobody while it is muted; its keys are', async () => {
    const { leg, phone } = await stage.connect();
    stage.media.echo(leg, true);
    stage.media.mute(leg, true);
    await phone.speak(20, tone(700));
    await phone.press(4);
    await stage.events.until(leg, (fact) => fact.type === 'digit' && fact.digit === '4');
    expect(phone.got.every(isQuiet)).toBe(true);
    stage.media.mute(leg, false);
    await phone.speak(20, tone(700));
    expect(amplitudeOf(loud(phone.got), 700)).toBeGreaterThan(6_000);
  });

  test('on hold sends nothing and hears nothing, and goes on afterwards', async () => {
    const { leg, phone } = await stage.connect();
    stage.media.echo(leg, true);
    await until(() => phone.got.length > 3);
    stage.media.agree(leg, agreedWith(phone, { direction: 'inactive' }));
    await stage.media.stats();
    const sequence = phone.got.at(-1)!.sequence;
    const before = phone.got.length;
    await phone.speak(15, tone(700));
    expect(phone.got.length - before).toBeLessThanOrEqual(2);
    stage.media.agree(leg, agreedWith(phone));
    await phone.speak(30, tone(900));
    const after = phone.got.slice(before + 2);
    expect(after[0]!.marker || phone.got[before]!.marker || phone.got[before + 1]!.marker).toBe(true);
    expect((after.at(-1)!.sequence - sequence) & 0xffff).toBeLessThanOrEqual(after.length + 3);
    expect(amplitudeOf(loud(after), 900)).toBeGreaterThan(6_000);
    expect(amplitudeOf(loud(after), 700)).toBeLessThan(500);
  });

  test('speaks A-law, with the payload types that were agreed', async () => {
    const { leg, phone } = await stage.connect({ codec: 'PCMA', payload_type: 8, telephone_event: 96 });
    await until(() => phone.got.length > 2);
    expect(phone.got.every(({ type, payload }) => type === 8 && payload.every((byte) => byte === 0xd5))).toBe(true);
    stage.media.sendDigits(leg, 'd', '9', 40, 40);
    await phone.press(8, 96);
    await stage.events.until(leg, (fact) => fact.type === 'digit' && fact.digit === '8');
    await stage.events.until(leg, ({ type }) => type === 'digits_sent');
    expect(phone.got.filter(({ type }) => type === 96).map(({ payload }) => payload[0])).toEqual([9, 9, 9, 9]);
  });

  test('travels over a port of another thread, both ways', async () => {
    const { port1, port2 } = new MessageChannel();
    const phone = await openPhone();
    const got: Uint8Array[] = [];
    port1.on('message', (bytes: Uint8Array) => { got.push(bytes); });
    phone.socket.on('message', (bytes) => { port1.postMessage(new Uint8Array(bytes)); });
    expect(await stage.media.open('browser', { kind: 'port', port: port2 })).toEqual({ port: 0 });
    stage.media.agree('browser', agreedWith(phone, { remote: null }));
    stage.media.echo('browser', true);
    // The phone calls itself: what it sends to its own socket goes over the port.
    phone.to = phone.port;
    await phone.press(6);
    await phone.speak(30, tone(700));
    await stage.events.until('browser', (fact) => fact.type === 'digit' && fact.digit === '6');
    const heard = got.filter((bytes) => bytes.length === 172 && bytes.subarray(12).some((byte) => byte !== 0xff));
    expect(heard.length).toBeGreaterThan(15);
    expect(amplitudeOf(samplesOf(heard.slice(3, -2).map((bytes) => ({ payload: Buffer.from(bytes.subarray(12)) }) as Got)), 700)).toBeGreaterThan(6_000);
    stage.media.close('browser');
    phone.close();
  });

  test('says that nothing comes, once until something comes', async () => {
    const quiet = openStage({ silent_ms: 200 });
    try {
      const { leg, phone } = await quiet.connect();
      await quiet.events.until(leg, ({ type }) => type === 'silent');
      const then = phone.got.length;
      await until(() => phone.got.length > then + 10);
      expect(quiet.events.all.filter(({ type }) => type === 'silent')).toHaveLength(1);
      await phone.speak(5, tone(700));
      await until(() => quiet.events.all.filter(({ type }) => type === 'silent').length === 2);
      quiet.media.agree(leg, agreedWith(phone, { direction: 'sendonly' }));
      await phone.speak(1, tone(700));
      const before = phone.got.length;
      await until(() => phone.got.length > before + 25);
      expect(quiet.events.all.filter(({ type }) => type === 'silent')).toHaveLength(2);
    } finally { await quiet.close(); }
  });
});
