// The four machines, by their timers, on a clock that is moved by hand: RFC 3261 §17, RFC 6026, §9, §8.2.2.2.
import { describe, expect, test } from 'vitest';
import { cseq, header, headers, tagOf } from '../headers.js';
import { response, tagged } from '../message.js';
import { parseMessage } from '../parse.js';
import { printMessage } from '../print.js';
import { virtualTimers } from '../timers.js';
import { topVia } from '../via.js';
import { network, type Sent } from '../testing/network.js';
import type { ClientHandlers, HeaderList, Hop, ServerTransaction, SipRequest, SipResponse, TransportName } from '../types.js';

const US = '192.0.2.1';
const PEER = '192.0.2.2';

function stage(transport: TransportName = 'udp', heard: (transaction: ServerTransaction) => void = () => undefined) {
  const timers = virtualTimers();
  const net = network(timers, () => false, 0, transport);
  const wire = net.layer(US);
  const seen = { requests: [] as ServerTransaction[], acks: [] as SipRequest[], cancels: [] as ServerTransaction[] };
  wire.setUser({
    onRequest: (transaction) => { seen.requests.push(transaction); heard(transaction); },
    onAck: (request) => { seen.acks.push(request); },
    onCancel: (invite) => { seen.cancels.push(invite); },
  });
  const hop: Hop = { transport, address: PEER, port: 5060 };
  const source: Hop = { ...hop, ...(transport === 'udp' ? {} : { flow: `0:${PEER}` }) };
  const arrive = (text: string | Buffer) => { net.inject(source, US, Buffer.from(text)); timers.advance(0); };
  const told: (number | string)[] = [];
  const handlers: ClientHandlers = { onResponse: ({ status }) => { told.push(status); }, onFailure: (status, detail) => { told.push(`${status} ${detail}`); } };
  const ours = () => net.sent.filter(({ from }) => from === US).map(read);
  return { timers, net, wire, seen, hop, source, arrive, told, handlers, ours, send: (method: string) => wire.request(request(method), hop, handlers) };
}

const read = ({ data, at }: Sent) => {
  const message = parseMessage(data).message!;
  return { at, message, what: message.kind === 'request' ? message.method : message.status };
};
const request = (method: string, ...more: HeaderList): SipRequest => ({
  kind: 'request', method, uri: `sip:b@${PEER}`, body: Buffer.alloc(0),
  headers: [['From', '<sip:a@x>;tag=1'], ['To', '<sip:b@x>'], ['Call-ID', 'c1'], ['CSeq', `1 ${method}`], ['Max-Forwards', '70'], ...more],
});
const incoming = (method: string, branch = 'z9hG4bKpeer', more = '', seq = `1 ${method}`) =>
  `${method} sip:a@${US} SIP/2.0\r\nVia: SIP/2.0/UDP ${PEER}${branch === '' ? '' : `;branch=${branch}`}\r\nFrom: <sip:b@x>;tag=9\r\nTo: <sip:a@x>\r\nCall-ID: c2\r\nCSeq: ${seq}\r\n${more}\r\n`;
const answer = (to: SipRequest, status: number, tag = 't') => printMessage(tagged(response(to, status), tag));
const reply = (status: number, tag = 't') => (transaction: ServerTransaction) => { transaction.respond(tagged(response(transaction.request, status), tag)); };

describe('client, INVITE (§17.1.1)', () => {
  test.each([
    ['udp', [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]],
    ['tcp', [0]],
  ] as const)('by %s without any answer: timers A and B', (transport, at) => {
    const { timers, send, told, ours, wire } = stage(transport);
    send('INVITE');
    timers.advance(31_999);
    expect(ours().map((one) => one.at)).toEqual(at);
    expect(told).toEqual([]);
    timers.advance(1);
    expect(told).toEqual(['408 No response']);
    timers.advance(100_000);
    expect(ours().length).toBe(at.length);
    expect(wire.open()).toBe(0);
    expect(wire.stats.retransmissions).toBe(at.length - 1);
  });

  test('a provisional response ends retransmission and timer B', () => {
    const { timers, send, told, ours, arrive } = stage();
    const { request: sent } = send('INVITE');
    timers.advance(600);
    arrive(answer(sent, 180));
    timers.advance(100_000);
    arrive(answer(sent, 183));
    expect(told).toEqual([180, 183]);
    expect(ours().length).toBe(2);
  });

  test('a refusal is acknowledged under the same branch, each time it comes, for 32 s (timer D)', () => {
    const { timers, wire, told, ours, arrive, handlers, hop } = stage();
    const { request: sent } = wire.request(request('INVITE', ['Route', '<sip:p1;lr>'], ['Route', '<sip:p2;lr>'], ['Contact', '<sip:a@x>']), hop, handlers);
    arrive(answer(sent, 486, 'busy'));
    timers.advance(31_999);
    arrive(answer(sent, 486, 'busy'));
    const acks = ours().filter(({ what }) => what === 'ACK').map(({ message }) => message as SipRequest);
    expect(told).toEqual([486]);
    expect(acks.length).toBe(2);
    expect(headers(acks[0]!, 'Via')).toEqual(headers(sent, 'Via'));
    expect(headers(acks[0]!, 'Route')).toEqual(['<sip:p1;lr>', '<sip:p2;lr>']);
    expect(header(acks[0]!, 'Contact')).toBeUndefined();
    expect([acks[0]!.uri, tagOf(acks[0]!, 'To'), tagOf(acks[0]!, 'From'), cseq(acks[0]!)]).toEqual([sent.uri, 'busy', '1', { number: 1, method: 'ACK' }]);
    timers.advance(1);
    expect(wire.open()).toBe(0);
    arrive(answer(sent, 486, 'busy'));
    expect(ours().filter(({ what }) => what === 'ACK').length).toBe(2);
  });

  test('by TCP it is gone with its final response (timer D is 0)', () => {
    const { send, arrive, wire, told } = stage('tcp');
    arrive(answer(send('INVITE').request, 603));
    expect([told, wire.open()]).toEqual([[603], 0]);
  });

  test('every 2xx is the UA\'s to acknowledge, repeated or of another fork, for 64*T1 (timer M)', () => {
    const { timers, send, told, ours, arrive, wire } = stage();
    const { request: sent } = send('INVITE');
    for (const tag of ['one', 'two', 'one']) arrive(answer(sent, 200, tag));
    timers.advance(31_999);
    arrive(answer(sent, 200, 'one'));
    arrive(answer(sent, 486, 'late'));
    expect(told).toEqual([200, 200, 200, 200]);
    expect(ours().map(({ what }) => what)).toEqual(['INVITE']);
    timers.advance(1);
    arrive(answer(sent, 200, 'one'));
    expect([told.length, wire.open()]).toEqual([4, 0]);
  });

  test('a transport that cannot send is a 503, told later', async () => {
    const { wire, handlers, told } = stage();
    wire.request(request('INVITE'), { transport: 'udp', address: 'unreachable', port: 1 }, handlers);
    wire.request(request('OPTIONS'), { transport: 'ws', address: PEER, port: 1 }, handlers);
    expect(told).toEqual([]);
    await Promise.resolve();
    expect(told).toEqual(['503 No way there', '503 No transport ws']);
    expect(wire.open()).toBe(0);
  });
});

describe('client, CANCEL (§9.1)', () => {
  test('waits for a provisional response, then goes under the branch of its INVITE', () => {
    const { send, ours, arrive, told, wire, timers } = stage();
    const invite = send('INVITE');
    invite.cancel();
    invite.cancel();
    expect(ours().map(({ what }) => what)).toEqual(['INVITE']);
    arrive(answer(invite.request, 100));
    invite.cancel();
    const [, cancel, ...none] = ours();
    expect(none).toEqual([]);
    expect(headers(cancel!.message, 'Via')).toEqual(headers(invite.request, 'Via'));
    expect([cancel!.what, cseq(cancel!.message)]).toEqual(['CANCEL', { number: 1, method: 'CANCEL' }]);
    arrive(answer(cancel!.message as SipRequest, 200));
    arrive(answer(invite.request, 487));
    expect(told).toEqual([100, 487]);
    timers.advance(40_000);
    expect(wire.open()).toBe(0);
  });

  test('who answers nothing after it within 64*T1 is given up', () => {
    const { send, arrive, told, timers, ours, wire } = stage();
    const invite = send('INVITE');
    arrive(answer(invite.request, 180));
    timers.advance(5_000);
    invite.cancel();
    timers.advance(31_999);
    expect(told).toEqual([180]);
    timers.advance(1);
    expect(told).toEqual([180, '408 No final response after CANCEL']);
    expect(ours().filter(({ what }) => what === 'CANCEL').length).toBe(11);
    expect(wire.open()).toBe(0);
  });

  test('after a final response there is nothing to cancel', () => {
    const { send, arrive, ours } = stage();
    const invite = send('INVITE');
    arrive(answer(invite.request, 200));
    invite.cancel();
    expect(ours().map(({ what }) => what)).toEqual(['INVITE']);
  });
});

describe('client, other requests (§17.1.2)', () => {
  const pauses = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
  test.each([['udp', pauses], ['tcp', [0]]] as const)('by %s without any answer: timers E and F', (transport, at) => {
    const { timers, send, told, ours, wire } = stage(transport);
    send('BYE');
    timers.advance(31_999);
    expect([ours().map((one) => one.at), told]).toEqual([at, []]);
    timers.advance(1);
    expect([told, wire.open()]).toEqual([['408 No response'], 0]);
  });

  test('after a provisional response every T2, and timer F holds', () => {
    const { timers, send, told, ours, arrive } = stage();
    const { request: sent } = send('BYE');
    timers.advance(600);
    arrive(answer(sent, 100));
    timers.advance(31_400);
    expect(ours().map((one) => one.at)).toEqual([0, 500, 4_600, 8_600, 12_600, 16_600, 20_600, 24_600, 28_600]);
    expect(told).toEqual([100, '408 No response']);
  });

  test('a final response is told once and taken in for T4 (timer K)', () => {
    const { timers, send, told, arrive, wire } = stage();
    const { request: sent } = send('BYE');
    arrive(answer(sent, 200));
    arrive(answer(sent, 200));
    timers.advance(4_999);
    expect([told, wire.open()]).toEqual([[200], 1]);
    timers.advance(1);
    expect(wire.open()).toBe(0);
  });

  test('a response of another method, branch or with a second Via answers nothing', () => {
    const { send, told, arrive } = stage();
    const { request: sent } = send('OPTIONS');
    const changed = (change: (one: SipResponse) => SipResponse) => { arrive(printMessage(change(tagged(response(sent, 200), 't')))); };
    changed((one) => ({ ...one, headers: one.headers.map(([name, value]) => [name, name === 'CSeq' ? '1 BYE' : value]) }));
    changed((one) => ({ ...one, headers: one.headers.map(([name, value]) => [name, value.replace('branch=z9hG4bK', 'branch=z9hG4bKx')]) }));
    changed((one) => ({ ...one, headers: [...one.headers, ['Via', 'SIP/2.0/UDP x;branch=z9hG4bKx']] }));
    expect(told).toEqual([]);
    arrive(answer(sent, 200));
    expect(told).toEqual([200]);
  });
});

describe('server, INVITE (§17.2.1)', () => {
  test('100 after 200 ms where the UA says nothing, and for each repetition', () => {
    const { timers, arrive, ours, seen } = stage();
    arrive(incoming('INVITE'));
    timers.advance(199);
    arrive(incoming('INVITE'));
    expect(ours()).toEqual([]);
    timers.advance(1);
    arrive(incoming('INVITE'));
    expect(ours().map(({ what }) => what)).toEqual([100, 100]);
    expect(seen.requests.length).toBe(1);
    expect(tagOf(ours()[0]!.message, 'To')).toBe('');
  });

  test.each([
    ['udp', [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]],
    ['tcp', [0]],
  ] as const)('a refusal by %s is repeated until the ACK: timers G and H', (transport, at) => {
    const { timers, arrive, ours, wire } = stage(transport, reply(486));
    arrive(incoming('INVITE'));
    timers.advance(31_999);
    expect(ours().map((one) => one.at)).toEqual(at);
    expect(wire.open()).toBe(1);
    timers.advance(1);
    expect(wire.open()).toBe(0);
  });

  test('its ACK is taken in, again and again, for T4 (timer I)', () => {
    const { timers, arrive, ours, wire, seen } = stage('udp', reply(486));
    arrive(incoming('INVITE'));
    timers.advance(600);
    arrive(incoming('ACK'));
    timers.advance(4_999);
    arrive(incoming('ACK'));
    expect([ours().length, seen.acks.length, wire.open()]).toEqual([2, 0, 1]);
    timers.advance(1);
    expect(wire.open()).toBe(0);
  });

  test('a challenge is said once for each INVITE that comes (§26.3.2.4), but repeated where 100 has stilled the far end', () => {
    const quick = stage('udp', reply(407));
    quick.arrive(incoming('INVITE'));
    quick.timers.advance(1_000);
    quick.arrive(incoming('INVITE'));
    quick.timers.advance(20_000);
    expect(quick.ours().map(({ what, at }) => [what, at])).toEqual([[407, 0], [407, 1_000]]);
    const slow = stage();
    slow.arrive(incoming('INVITE'));
    slow.timers.advance(300);
    reply(407)(slow.seen.requests[0]!);
    slow.timers.advance(2_000);
    expect(slow.ours().map(({ what, at }) => [what, at])).toEqual([[100, 200], [407, 300], [407, 800], [407, 1_800]]);
  });

  test('after a 2xx: repetitions are taken in, ACKs and `repeat` go through, for 64*T1 (timer L)', () => {
    const { timers, arrive, ours, wire, seen } = stage('udp', reply(200));
    arrive(incoming('INVITE'));
    arrive(incoming('INVITE'));
    seen.requests[0]!.repeat(tagged(response(seen.requests[0]!.request, 200), 't'));
    reply(486)(seen.requests[0]!);
    arrive(incoming('ACK'));
    arrive(incoming('ACK', 'z9hG4bKother'));
    expect([ours().map(({ what }) => what), seen.acks.length, seen.requests.length]).toEqual([[200, 200], 2, 1]);
    timers.advance(31_999);
    expect(wire.open()).toBe(1);
    timers.advance(1);
    expect(wire.open()).toBe(0);
    seen.requests[0]!.repeat(tagged(response(seen.requests[0]!.request, 200), 't'));
    expect(ours().length).toBe(2);
  });
});

describe('server, CANCEL (§9.2)', () => {
  test('is answered by the layer under the tag that was heard, and told once', () => {
    const { arrive, ours, seen } = stage('udp', reply(180, 'ring'));
    arrive(incoming('INVITE'));
    arrive(incoming('CANCEL'));
    arrive(incoming('CANCEL'));
    expect(ours().map(({ what, message }) => [what, cseq(message)!.method, tagOf(message, 'To')])).toEqual([[180, 'INVITE', 'ring'], [200, 'CANCEL', 'ring'], [200, 'CANCEL', 'ring']]);
    expect(seen.cancels).toEqual([seen.requests[0]]);
    reply(487, 'ring')(seen.cancels[0]!);
    expect(ours().at(-1)!.what).toBe(487);
  });

  test('of what has its final response changes nothing; of what is not there is a 481', () => {
    const { arrive, ours, seen } = stage('udp', reply(200));
    arrive(incoming('INVITE'));
    arrive(incoming('CANCEL'));
    arrive(incoming('CANCEL', 'z9hG4bKnone'));
    expect([ours().map(({ what }) => what), seen.cancels]).toEqual([[200, 200, 481], []]);
  });
});

describe('server, other requests (§17.2.2)', () => {
  test('repetitions are taken in, then get the answer, for 64*T1 (timer J)', () => {
    const { timers, arrive, ours, seen, wire } = stage();
    arrive(incoming('BYE'));
    arrive(incoming('BYE'));
    expect(ours()).toEqual([]);
    reply(200)(seen.requests[0]!);
    reply(404)(seen.requests[0]!);
    arrive(incoming('BYE'));
    expect([ours().map(({ what }) => what), seen.requests.length]).toEqual([[200, 200], 1]);
    timers.advance(31_999);
    expect(wire.open()).toBe(1);
    timers.advance(1);
    arrive(incoming('BYE'));
    expect(seen.requests.length).toBe(2);
  });

  test('by TCP it is gone with its answer; one that is never answered goes when its sender has given up', () => {
    const tcp = stage('tcp', reply(200));
    tcp.arrive(incoming('BYE'));
    expect(tcp.wire.open()).toBe(0);
    const silent = stage();
    silent.arrive(incoming('INFO'));
    silent.timers.advance(32_000);
    expect(silent.wire.open()).toBe(0);
  });
});

describe('what the layer answers by itself', () => {
  test.each([
    ['a request by two ways', [incoming('INVITE', 'z9hG4bKone'), incoming('INVITE', 'z9hG4bKtwo')], [180, 482]],
    ['Max-Forwards 0', [incoming('INVITE', 'z9hG4bKone', 'Max-Forwards: 0\r\n')], [483]],
    ['Max-Forwards 0 of OPTIONS', [incoming('OPTIONS', 'z9hG4bKone', 'Max-Forwards: 0\r\n')], [180]],
    ['another CSeq of the same call', [incoming('INVITE', 'z9hG4bKone'), incoming('INVITE', 'z9hG4bKtwo', '', '2 INVITE')], [180, 180]],
    ['nonsense', [incoming('INVITE', 'z9hG4bKone', 'nonsense\r\n')], [400]],
    ['another version', [incoming('INVITE').replace('SIP/2.0', 'SIP/3.0')], [505]],
    ['a nonsensical ACK', [incoming('ACK', 'z9hG4bKone', 'nonsense\r\n')], []],
    ['an ACK of nothing', [incoming('ACK')], []],
    ['keep-alives and garbage', ['\r\n\r\n', '\0\0\0\0', 'garbage'], []],
  ])('%s', (_name, texts, expected) => {
    const { arrive, ours } = stage('udp', reply(180));
    for (const text of texts) arrive(text);
    expect(ours().map(({ what }) => what)).toEqual(expected);
  });

  test('before there is a UA, 503', () => {
    const timers = virtualTimers();
    const net = network(timers, () => false, 0);
    net.layer(US);
    net.inject({ transport: 'udp', address: PEER, port: 5060 }, US, Buffer.from(incoming('OPTIONS')));
    timers.advance(0);
    expect(net.sent.filter(({ from }) => from === US).map(read).map(({ what }) => what)).toEqual([503]);
  });

  test('answers tell the source and go there (RFC 3581)', () => {
    const { arrive, ours } = stage('udp', reply(200));
    arrive(incoming('OPTIONS', 'z9hG4bKone;rport').replace(`UDP ${PEER}`, 'UDP 10.0.0.1'));
    expect(topVia(ours()[0]!.message)!.parameters).toEqual({ branch: 'z9hG4bKone', rport: '5060', received: PEER });
  });
});

describe('RFC 2543, without the magic cookie', () => {
  test.each(['', 'old', 'z9hG4bK'])('branch "%s": repetition, CANCEL and ACK find their INVITE; another INVITE is another', (branch) => {
    const { arrive, ours, seen } = stage();
    arrive(incoming('INVITE', branch));
    arrive(incoming('INVITE', branch));
    arrive(incoming('INVITE', branch, '', '2 INVITE'));
    expect(seen.requests.length).toBe(2);
    arrive(incoming('CANCEL', branch, '', '1 CANCEL'));
    expect(seen.cancels).toEqual([seen.requests[0]]);
    reply(487)(seen.requests[0]!);
    arrive(incoming('ACK', branch, '', '1 ACK').replace('To: <sip:a@x>', 'To: <sip:a@x>;tag=t'));
    expect([ours().map(({ what }) => what), seen.acks.length]).toEqual([[200, 487], 0]);
  });
});
