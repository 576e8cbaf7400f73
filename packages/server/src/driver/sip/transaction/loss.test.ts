// Whole calls over links that lose, and thousands of transactions that leave nothing behind.
import { expect, test } from 'vitest';
import { cseq, tagOf } from '../headers.js';
import { response, tagged } from '../message.js';
import { virtualTimers, type VirtualTimers } from '../timers.js';
import { chance, network, newTag } from '../testing/network.js';
import type { Wire } from '../wire.js';
import type { HeaderList, Hop, ServerTransaction, SipRequest } from '../types.js';

const hop: Hop = { transport: 'udp', address: '192.0.2.2', port: 5060 };

/** Answers calls as a UA does: rings, answers a second later, and repeats its 2xx until the ACK (§13.3.1.4). Every fifth call is refused. */
function called(wire: Wire, timers: VirtualTimers): { acknowledged: number; ended: number } {
  const count = { acknowledged: 0, ended: 0 };
  const waiting = new Set<string>();
  const idOf = (request: SipRequest) => `${request.headers.find(([name]) => name === 'Call-ID')![1]} ${tagOf(request, 'From')}`;
  const answer = (transaction: ServerTransaction, tag: string, number: number): void => {
    const final = tagged(response(transaction.request, number % 5 === 0 ? 486 : 200), tag);
    transaction.respond(final);
    if (final.status !== 200) return;
    const id = idOf(transaction.request);
    waiting.add(id);
    const repeat = (pause_ms: number, left_ms: number): void => {
      timers.after(pause_ms, () => {
        if (!waiting.has(id) || left_ms <= 0) return;
        transaction.repeat(final);
        repeat(Math.min(2 * pause_ms, 4_000), left_ms - pause_ms);
      });
    };
    repeat(500, 32_000);
  };
  wire.setUser({
    onRequest(transaction) {
      const { request } = transaction;
      const tag = newTag();
      if (request.method === 'INVITE') {
        transaction.respond(tagged(response(request, 180), tag));
        timers.after(1_000, () => { answer(transaction, tag, cseq(request)!.number); });
        return;
      }
      if (request.method === 'BYE') count.ended++;
      transaction.respond(tagged(response(request, 200), tag));
    },
    onAck(request) { if (waiting.delete(idOf(request))) count.acknowledged++; },
    onCancel: (invite) => { invite.respond(tagged(response(invite.request, 487), newTag())); },
  });
  return count;
}

const requestOf = (method: string, number: number, to = ''): SipRequest => {
  const headers: HeaderList = [['From', `<sip:a@x>;tag=${number}`], ['To', `<sip:b@x>${to === '' ? '' : `;tag=${to}`}`], ['Call-ID', `call-${number}`], ['CSeq', `${number + (method === 'BYE' ? 1 : 0)} ${method}`], ['Max-Forwards', '70']];
  return { kind: 'request', method, uri: 'sip:b@192.0.2.2', headers, body: Buffer.alloc(0) };
};

/** Places one call, and hangs it up two seconds after its answer. */
function call(wire: Wire, timers: VirtualTimers, number: number, told: (how: string) => void): void {
  let up = false;
  wire.request(requestOf('INVITE', number), hop, {
    onFailure: (status) => { told(`INVITE ${status}`); },
    onResponse(answer) {
      if (answer.status < 200) return;
      if (answer.status >= 300) { told(`refused ${answer.status}`); return; }
      const tag = tagOf(answer, 'To');
      wire.ack(requestOf('ACK', number, tag), hop);
      if (up) return;
      up = true;
      timers.after(2_000, () => {
        wire.request(requestOf('BYE', number, tag), hop, { onFailure: (status) => { told(`BYE ${status}`); }, onResponse: ({ status }) => { told(`ended ${status}`); } });
      });
    },
  });
}

test.each([0, 0.1, 0.3])('200 calls over a link that loses %d of all datagrams: every one ends as it should', (rate) => {
  const timers = virtualTimers();
  const random = chance(42);
  const net = network(timers, () => random() < rate);
  const caller = net.layer('192.0.2.1');
  const callee = net.layer('192.0.2.2');
  const count = called(callee, timers);
  const ends = new Map<string, number>();
  for (let number = 1; number <= 200; number++) {
    call(caller, timers, number, (how) => { ends.set(how, (ends.get(how) ?? 0) + 1); });
    timers.advance(50);
  }
  timers.advance(200_000);
  expect(Object.fromEntries(ends)).toEqual({ 'ended 200': 160, 'refused 486': 40 });
  expect(count).toEqual({ acknowledged: 160, ended: 160 });
  expect([caller.open(), callee.open(), timers.armed()]).toEqual([0, 0, 0]);
  expect(caller.stats.retransmissions > 0).toBe(rate > 0);
});

test('10,000 transactions of every kind and end leave nothing behind', () => {
  const timers = virtualTimers();
  const random = chance(7);
  const net = network(timers, () => random() < 0.2);
  const caller = net.layer('192.0.2.1');
  const callee = net.layer('192.0.2.2', { rate: { per_second: 0, burst: 0 } });
  called(callee, timers);
  let told = 0;
  const handlers = { onFailure: () => { told++; }, onResponse: ({ status }: { status: number }) => { if (status >= 200) told++; } };
  for (let number = 1; number <= 10_000; number++) {
    const transaction = caller.request(requestOf(['INVITE', 'OPTIONS', 'INFO'][number % 3]!, number), { ...hop, address: number % 7 === 0 ? '192.0.2.99' : hop.address }, handlers);
    if (number % 6 === 0) timers.after(300, () => { transaction.cancel(); });
    if (number % 100 === 0) timers.advance(100);
  }
  timers.advance(200_000);
  // A 2xx of an INVITE is told each time it comes.
  expect(told).toBeGreaterThanOrEqual(10_000);
  expect([caller.open(), callee.open(), timers.armed()]).toEqual([0, 0, 0]);
});

test('what is above the bound is dropped, and what was there goes on', () => {
  const timers = virtualTimers();
  const net = network(timers);
  const callee = net.layer('192.0.2.2', { max_transactions: 3 });
  callee.setUser({ onRequest: (transaction) => { timers.after(1, () => { transaction.respond(tagged(response(transaction.request, 200), 'x')); }); }, onAck: () => undefined, onCancel: () => undefined });
  const caller = net.layer('192.0.2.1');
  const told: number[] = [];
  for (let number = 1; number <= 5; number++) caller.request(requestOf('OPTIONS', number), hop, { onFailure: (status) => { told.push(status); }, onResponse: ({ status }) => { told.push(status); } });
  timers.advance(450);
  expect([told, callee.stats.dropped, callee.open()]).toEqual([[200, 200, 200], 2, 3]);
  // Theirs are repeated, and answered once the first are forgotten; who gives up before is told.
  timers.advance(60_000);
  expect(told.length).toBe(5);
});
