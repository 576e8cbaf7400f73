// Mutated messages: whatever comes, nothing throws, and nothing stays. Seeded; ACTIVEFLOW_FUZZ says how many.
import { expect, test } from 'vitest';
import { frames } from './transport/framing.js';
import { MAX_MESSAGE_BYTES, parseMessage } from './parse.js';
import { printMessage } from './print.js';
import { response, tagged } from './message.js';
import { parseNameAddress, parseUri } from './uri.js';
import { virtualTimers } from './timers.js';
import { chance, network } from './testing/network.js';
import { torture } from './testing/torture.js';
import type { ServerTransaction } from './types.js';

const COUNT = Number(process.env['ACTIVEFLOW_FUZZ'] ?? 5_000);
const SEED = Number(process.env['ACTIVEFLOW_FUZZ_SEED'] ?? 1);
const corpus = torture().map(({ data }) => data);
const PIECES = ['\r\n', '\r\n\r\n', '\r', '\n', '\0', ' ', '\t', ';', ',', '<', '>', '"', '\\', '@', ':', '=', '%', '%00', '[', ']', '?', 'SIP/2.0', 'Via: ', 'v:', 'l: 4294967296', 'Content-Length: -1', 'To: ', ';tag=', ';branch=z9hG4bK', 'ACK', 'CANCEL', 'INVITE', '\u{1f600}', '__proto__', '99999999999999999999'];

function mutated(random: () => number): Buffer {
  const below = (limit: number) => Math.floor(random() * limit);
  let data = Buffer.from(corpus[below(corpus.length)]!);
  for (let changes = 1 + below(8); changes > 0; changes--) {
    const at = below(data.length + 1);
    const before = data.subarray(0, at);
    switch (below(7)) {
      case 0: data = Buffer.concat([before, Buffer.from([below(256)]), data.subarray(at + 1)]); break;
      case 1: data = Buffer.concat([before, Buffer.from(PIECES[below(PIECES.length)]!), data.subarray(at)]); break;
      case 2: data = Buffer.concat([before, data.subarray(at + below(40))]); break;
      case 3: data = Buffer.concat([before, data.subarray(at, at + below(60)), data.subarray(at)]); break;
      case 4: { const other = corpus[below(corpus.length)]!; data = Buffer.concat([before, other.subarray(below(other.length))]); break; }
      case 5: data = data.subarray(0, at); break;
      default: data = Buffer.concat([before, Buffer.alloc(below(20), below(256)), data.subarray(at)]);
    }
    if (data.length > MAX_MESSAGE_BYTES) data = data.subarray(0, MAX_MESSAGE_BYTES);
  }
  return data;
}

test(`${COUNT} mutated messages: each is parsed to what prints and parses the same again, or refused`, () => {
  const random = chance(SEED);
  const count = { good: 0, refused: 0, silent: 0 };
  for (let done = 0; done < COUNT; done++) {
    const data = mutated(random);
    const parsed = parseMessage(data);
    if (parsed.message === undefined) {
      count[parsed.answerable === undefined ? 'silent' : 'refused']++;
      if (parsed.answerable !== undefined) printMessage(tagged(response(parsed.answerable, parsed.status, parsed.reason), 'x'));
      continue;
    }
    count.good++;
    const { message } = parsed;
    for (const [, value] of message.headers) { parseNameAddress(value); parseUri(value); }
    const again = parseMessage(printMessage(message));
    if (again.message === undefined) throw new Error(`${again.reason}\n${data.toString('latin1')}`);
    const rest = (headers: typeof message.headers) => headers.filter(([name]) => name !== 'Content-Length');
    expect(rest(again.message.headers)).toEqual(rest(message.headers));
  }
  // What was changed little is often still a message: the test reaches beyond the first line.
  expect(Math.min(count.good, count.refused, count.silent)).toBeGreaterThan(COUNT / 50);
});

test(`${COUNT} mutated messages at a whole layer: it answers and forgets`, () => {
  const random = chance(SEED + 1);
  const timers = virtualTimers();
  const net = network(timers);
  const wire = net.layer('192.0.2.1', { rate: { per_second: 0, burst: 0 } });
  const ringing: ServerTransaction[] = [];
  wire.setUser({
    onRequest: (transaction) => {
      const status = [200, 404, 180][Math.floor(random() * 3)]!;
      transaction.respond(tagged(response(transaction.request, status), 'x'));
      if (status === 180) ringing.push(transaction);
    },
    onAck: () => undefined,
    onCancel: (invite) => { invite.respond(tagged(response(invite.request, 487), 'x')); },
  });
  for (let done = 0; done < COUNT; done++) {
    net.inject({ transport: 'udp', address: '192.0.2.9', port: 5060 }, '192.0.2.1', mutated(random));
    timers.advance(20);
  }
  expect(wire.stats.requests + wire.stats.responses + wire.stats.bad).toBe(COUNT);
  for (const transaction of ringing) transaction.respond(tagged(response(transaction.request, 480), 'x'));
  timers.advance(64_000);
  expect({ open: wire.open(), armed: timers.armed() }).toEqual({ open: 0, armed: 0 });
});

test(`streams of ${COUNT} mutated messages, cut anywhere: no throw, and what is cut out is bounded`, () => {
  const random = chance(SEED + 2);
  for (let done = 0; done < COUNT; done += 10) {
    const data = Buffer.concat(Array.from({ length: 10 }, () => (random() < 0.5 ? corpus[Math.floor(random() * corpus.length)]! : mutated(random))));
    const stream = frames({ message: (one) => { expect(one.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES + 4_096); parseMessage(one); }, ping: () => undefined });
    for (let at = 0; at < data.length;) {
      const length = 1 + Math.floor(random() * 200);
      if (!stream.push(data.subarray(at, at + length))) break;
      at += length;
    }
  }
});

test('a stream is the same however it is cut', () => {
  const random = chance(SEED + 3);
  const framed = torture().filter(({ name, outcome }) => outcome === 'valid' && !/^(inv2543|dblreq)/.test(name)).map(({ data }) => data);
  const data = Buffer.concat(framed.flatMap((one) => [one, Buffer.from(['', '\r\n', '\r\n\r\n', '\r\n\r\n\r\n'][Math.floor(random() * 4)]!)]));
  const cut = (next: () => number): string[] => {
    const found: string[] = [];
    const stream = frames({ message: (one) => found.push(one.toString('latin1')), ping: () => undefined });
    for (let at = 0; at < data.length;) {
      const length = next();
      expect(stream.push(data.subarray(at, at + length))).toBe(true);
      at += length;
    }
    return found;
  };
  const whole = framed.map((one) => one.toString('latin1'));
  expect(cut(() => data.length)).toEqual(whole);
  expect(cut(() => 1)).toEqual(whole);
  for (let round = 0; round < 20; round++) expect(cut(() => 1 + Math.floor(random() * 900))).toEqual(whole);
});
