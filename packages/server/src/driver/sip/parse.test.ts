// Messages, URIs and addresses: what is read, what is refused, and that printing and parsing are inverse.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalName, cseq, header, headers, tagOf, words } from './headers.js';
import { inDialog, response, tagged } from './message.js';
import { MAX_HEADERS, MAX_MESSAGE_BYTES, parseMessage } from './parse.js';
import { printMessage } from './print.js';
import { parseNameAddress, parseUri, printNameAddress, printUri } from './uri.js';
import { markSource, parseVia, printVia, returnPath, topVia } from './via.js';
import type { HeaderList, Hop, NameAddress, SipMessage, SipRequest, SipUri } from './types.js';

// A property that fails today fails tomorrow.
fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 1) });

const lines = (...all: string[]) => Buffer.from(`${all.join('\r\n')}\r\n\r\n`);
const HEAD = ['Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1', 'From: <sip:a@example.com>;tag=1', 'To: <sip:b@example.com>', 'Call-ID: 1@example.com', 'CSeq: 1 OPTIONS', 'Max-Forwards: 70'];
const START = 'OPTIONS sip:b@example.com SIP/2.0';
const options = (...more: string[]) => parseMessage(lines(START, ...HEAD, ...more));
const good = (...more: string[]) => options(...more).message as SipRequest;
const reasonOf = (data: Buffer) => { const parsed = parseMessage(data); return parsed.message === undefined ? parsed.reason : 'valid'; };

describe('messages', () => {
  test('names are told apart by nothing but their letters', () => {
    expect(['v', 'VIA', 'i', 'call-id', 'cseq', 'x-foo-BAR', 'www-authenticate', 'L'].map(canonicalName)).toEqual(['Via', 'Via', 'Call-ID', 'Call-ID', 'CSeq', 'X-Foo-Bar', 'WWW-Authenticate', 'Content-Length']);
    const message = good('x-fOO: 1', 'X-Foo: 2', 'Supported: 100rel, TIMER', 'k: path');
    expect(header(message, 'X-FOO')).toBe('1');
    expect(headers(message, 'x-foo')).toEqual(['1', '2']);
    expect(words(message, 'Supported')).toEqual(['100rel', 'timer', 'path']);
    expect(words(message, 'Require')).toEqual([]);
  });

  test('lists become one entry each, a comma in quotes or brackets divides nothing', () => {
    const message = good('Contact: "a, b" <sip:a,b@example.com>, <sip:c@example.com>;q=0.5', 'm: <sip:d@example.com>', 'Accept: a/b, c/d');
    expect(headers(message, 'Contact')).toEqual(['"a, b" <sip:a,b@example.com>', '<sip:c@example.com>;q=0.5', '<sip:d@example.com>']);
    expect(headers(message, 'Accept')).toEqual(['a/b, c/d']);
  });

  test('a body is bytes; without a length it is the rest, with one what stands behind is ignored', () => {
    const body = Buffer.from([0, 1, 0xff, 0xfe, 0x0d, 0x0a, 0x0d, 0x0a, 0x80]);
    const parsed = (more: string[]) => parseMessage(Buffer.concat([lines(START, ...HEAD, ...more), body])).message!;
    expect(parsed([]).body.equals(body)).toBe(true);
    expect(parsed(['l: 4']).body.equals(body.subarray(0, 4))).toBe(true);
    expect(parsed(['Content-Length: 0']).body.length).toBe(0);
  });

  test.each([
    ['nothing', Buffer.alloc(0), 'Bad start line'],
    ['blank lines', Buffer.from('\r\n\r\n\r\n'), 'Bad start line'],
    ['HTTP', lines('GET / HTTP/1.1', 'Host: example.com'), 'Bad start line'],
    ['an unfinished head', Buffer.from(`${START}\r\n${HEAD.join('\r\n')}`), 'No end of headers'],
    ['a line without a colon', lines(START, ...HEAD, 'nonsense'), 'Bad header line'],
    ['a bare line feed', lines(START, ...HEAD, 'X: a\nY: b'), 'Bad header line'],
    ['a bare carriage return', lines(START, ...HEAD, 'X: a\rY: b'), 'Bad header line'],
    ['a zero byte', lines(START, ...HEAD, 'X: a\0b'), 'Bad header line'],
    ['too many headers', lines(START, ...HEAD, ...Array.from({ length: MAX_HEADERS }, () => 'X: 1')), 'Too many headers'],
    ['too many contacts in one line', lines(START, ...HEAD, `Contact: ${'<sip:a@b>,'.repeat(MAX_HEADERS)}<sip:a@b>`), 'Too many headers'],
    ['too many bytes', Buffer.concat([lines(START, ...HEAD), Buffer.alloc(MAX_MESSAGE_BYTES)]), 'Message too large'],
    ['an empty Call-ID', lines(START, ...HEAD.slice(0, 3), 'Call-ID:', ...HEAD.slice(4)), 'Bad Call-ID'],
    ['no Via', lines(START, ...HEAD.slice(1)), 'No Via'],
    ['Max-Forwards above 255', lines(START, ...HEAD.slice(0, 5), 'Max-Forwards: 256'), 'Bad Max-Forwards'],
    ['two of what may be there once', lines(START, ...HEAD, 'Max-Forwards: 70'), 'More than one Max-Forwards'],
    ['a Route without brackets', lines(START, ...HEAD, 'Route: sip:a@b'), 'Bad Route'],
    ['a status of 700', lines('SIP/2.0 700 What', ...HEAD.slice(0, 5)), 'Bad start line'],
    ['a response without To', lines('SIP/2.0 200 OK', ...HEAD.filter((line) => !line.startsWith('To')).slice(0, 4)), 'No To'],
  ])('%s is refused', (_name, data, reason) => {
    expect(reasonOf(data)).toBe(reason);
  });

  test('only a request that is no ACK and has what an answer copies can be answered', () => {
    const broken = (method: string, drop: string) => parseMessage(lines(`${method} sip:b@example.com SIP/2.0`, ...HEAD.filter((line) => !line.startsWith(drop)).map((line) => line.replace('OPTIONS', method)), 'nonsense'));
    expect(broken('INVITE', '-')).toMatchObject({ status: 400, answerable: { method: 'INVITE' } });
    expect(broken('ACK', '-')).not.toHaveProperty('answerable');
    expect(broken('INVITE', 'Call-ID')).not.toHaveProperty('answerable');
  });

  test('a response has what it copies, in order, and nothing else', () => {
    const request = good('Timestamp: 54', 'Route: <sip:x;lr>', 'Via: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK2');
    const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Timestamp'];
    expect(response(request, 100).headers).toEqual(request.headers.filter(([name]) => copied.includes(name)));
    expect(headers(response(request, 200), 'Via')).toEqual(headers(request, 'Via'));
    expect(header(response(request, 200), 'Timestamp')).toBeUndefined();
    const answer = tagged(response(request, 486, undefined, [['Reason', 'Q.850;cause=17']], Buffer.from('x')), 'mine');
    expect(answer).toMatchObject({ status: 486, phrase: 'Busy Here' });
    expect(tagOf(answer, 'To')).toBe('mine');
    expect(tagOf(tagged(answer, 'another'), 'To')).toBe('mine');
    expect(inDialog(request)).toBe(false);
    expect(printMessage(answer).toString()).toContain('Reason: Q.850;cause=17\r\nContent-Length: 1\r\n\r\nx');
  });

  test('nobody writes headers by way of a value', () => {
    const request = good();
    const sly: SipMessage = { ...request, headers: [...request.headers, ['Subject', 'a\r\nContact: <sip:evil@example.com>\r\n\r\nbody']] };
    const again = parseMessage(printMessage(sly)).message!;
    expect(header(again, 'Contact')).toBeUndefined();
    expect(again.body.length).toBe(0);
  });
});

describe('URIs and addresses', () => {
  test.each<[string, Partial<SipUri> | undefined]>([
    ['sip:bob@example.com', { scheme: 'sip', user: 'bob', host: 'example.com', port: undefined }],
    ['SIPS:Bob@EXAMPLE.com:5061;Transport=TCP', { scheme: 'sips', user: 'Bob', host: 'example.com', port: 5061, parameters: { transport: 'TCP' } }],
    ['sip:[2001:db8::9:1]:5070', { user: '', host: '[2001:db8::9:1]', port: 5070 }],
    ['sip:bob:secret@192.0.2.4', { user: 'bob', password: 'secret', host: '192.0.2.4' }],
    ['sip:*21%23@example.com', { user: '*21#' }],
    ['sip:b%C3%B6b@example.com', { user: 'böb' }],
    ['sip:b%FFb@example.com', { user: 'b%FFb' }],
    ['tel:+1-201-555-0123;phone-context=example.com', { scheme: 'tel', user: '+1-201-555-0123', host: '', parameters: { 'phone-context': 'example.com' } }],
    ['sip:a@b;lr;x=1?subject=hi', { parameters: { lr: '', x: '1' }, headers: 'subject=hi' }],
    ['sip:a@b;__proto__=1', { parameters: Object.assign(Object.create(null), { ['__proto__']: '1' }) }],
    ['sip:', undefined], ['sip:@example.com', undefined], ['sip:a@', undefined], ['sip:a@b:65536', undefined], ['sip:a@b:x', undefined], ['sip:a b@c', undefined],
    ['sip:a@-b', undefined], ['sip:a@b c', undefined], ['sip:a@[::1', undefined], ['sip:a@b;', undefined], ['sip:a%4@b', undefined], ['tel:', undefined], ['mailto:a@b', undefined], ['sip:a@<b>', undefined],
  ])('%s', (text, expected) => {
    const uri = parseUri(text);
    if (expected === undefined) expect(uri).toBeUndefined();
    else expect(uri).toMatchObject(expected);
  });

  test('a name that came by the network is no property of anything', () => {
    expect(parseUri('sip:a@b')!.parameters['constructor']).toBeUndefined();
    expect('toString' in parseVia('SIP/2.0/UDP a;x')!.parameters).toBe(false);
  });

  test.each([
    ['"Bell \\"A\\" <x>" <sip:a@b>;tag=1', { display: 'Bell "A" <x>', parameters: { tag: '1' } }],
    ['Alexander Bell <sip:a@b;p=1>', { display: 'Alexander Bell', uri: { parameters: { p: '1' } } }],
    ['sip:a@b;tag=1', { display: '', uri: { parameters: {} }, parameters: { tag: '1' } }],
    ['<sip:a@b>;x="q;\\"u"', { parameters: { x: 'q;"u' } }],
  ])('%s', (text, expected) => {
    expect(parseNameAddress(text)).toMatchObject(expected);
  });

  test.each(['', '<>', '<sip:a@b', 'sip:a@b>', '"a <sip:a@b>', '"a" b <sip:a@b>', 'a, b <sip:a@b>', '<sip:a@b> x', '<sip:a@b>;', '<sip:a@b>;=1', 'sip:a@b?x=1', '"a" sip:a@b'])('%s is no address', (text) => {
    expect(parseNameAddress(text)).toBeUndefined();
  });
});

describe('Via', () => {
  const udp = (address: string, port: number): Hop => ({ transport: 'udp', address, port });
  const marked = (via: string, source: Hop) => { const list: HeaderList = [['Via', via], ['X', '1'], ['Via', 'SIP/2.0/UDP b']]; return markSource(list, parseVia(via)!, source).map(([, value]) => value); };

  test('tells where a request came from, whatever it said itself (RFC 3581)', () => {
    expect(marked('SIP/2.0/UDP 192.0.2.1;branch=1', udp('192.0.2.1', 5062))).toEqual(['SIP/2.0/UDP 192.0.2.1;branch=1', '1', 'SIP/2.0/UDP b']);
    expect(marked('SIP/2.0/UDP 10.0.0.1;branch=1', udp('192.0.2.1', 5062))[0]).toBe('SIP/2.0/UDP 10.0.0.1;branch=1;received=192.0.2.1');
    expect(marked('SIP/2.0/UDP 192.0.2.1;rport;branch=1', udp('192.0.2.1', 5062))[0]).toBe('SIP/2.0/UDP 192.0.2.1;rport=5062;branch=1;received=192.0.2.1');
    expect(marked('SIP/2.0/UDP a;rport=1;received=203.0.113.9;branch=1', udp('192.0.2.1', 5062))[0]).toBe('SIP/2.0/UDP a;rport=5062;branch=1;received=192.0.2.1');
    expect(marked('SIP/2.0/UDP [::1];rport;branch=1', udp('::1', 5062))[0]).toBe('SIP/2.0/UDP [::1];rport=5062;branch=1;received=::1');
  });

  test('says where the response goes (RFC 3261 §18.2.2)', () => {
    const path = (via: string, source: Hop) => returnPath(parseVia(via)!, source);
    expect(path('SIP/2.0/UDP 10.0.0.1:5070;rport', udp('192.0.2.1', 5062))).toEqual(udp('192.0.2.1', 5062));
    expect(path('SIP/2.0/UDP 10.0.0.1:5070', udp('192.0.2.1', 5062))).toEqual(udp('192.0.2.1', 5070));
    expect(path('SIP/2.0/UDP 10.0.0.1;maddr=203.0.113.9', udp('192.0.2.1', 5062))).toEqual(udp('192.0.2.1', 5060));
    const tcp: Hop = { transport: 'tcp', address: '192.0.2.1', port: 40_000, flow: '0:1' };
    expect(path('SIP/2.0/TCP 10.0.0.1:5070', tcp)).toEqual(tcp);
  });
});

describe('printing and parsing are inverse', () => {
  const token = fc.stringMatching(/^[A-Za-z0-9\-.!%*_+`'~]{1,12}$/);
  const wild = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((text) => text.replaceAll(/\p{Cc}/gu, 'x'));
  const host = fc.oneof(fc.ipV4(), fc.ipV6().map((address) => `[${address}]`), fc.domain());
  const parametersOf = (value: fc.Arbitrary<string>) => fc.dictionary(token.filter((name) => !name.includes('%')).map((name) => name.toLowerCase()), fc.oneof(fc.constant(''), value), { maxKeys: 4 });
  const uri: fc.Arbitrary<SipUri> = fc.record({
    scheme: fc.constantFrom('sip', 'sips'), user: fc.oneof(fc.constant(''), wild), host: host.map((name) => name.toLowerCase()),
    port: fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined }), parameters: parametersOf(wild),
  });
  const address: fc.Arbitrary<NameAddress> = fc.record({ display: fc.oneof(fc.constant(''), wild.filter((text) => text.trim() !== '')), uri, parameters: parametersOf(wild) });
  const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

  test('of URIs', () => {
    fc.assert(fc.property(uri, (one) => { expect(plain(parseUri(printUri(one)))).toEqual(plain(one)); }));
  });

  test('of addresses', () => {
    fc.assert(fc.property(address, (one) => { expect(plain(parseNameAddress(printNameAddress(one)))).toEqual(plain(one)); }));
  });

  test('of Via', () => {
    const via = fc.record({ transport: fc.constantFrom('UDP', 'TCP', 'WS'), host: host.map((name) => name.toLowerCase()), port: fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined }), parameters: parametersOf(wild) });
    fc.assert(fc.property(via, (one) => { expect(plain(parseVia(printVia(one)))).toEqual(plain(one)); }));
  });

  test('of messages', () => {
    const extra = fc.array(fc.tuple(token.map(canonicalName).filter((name) => !['Content-Length', 'To', 'From', 'Via', 'CSeq', 'Call-ID'].includes(name) && name.startsWith('X')), wild.map((text) => text.trim())), { maxLength: 8 });
    const message = fc.record({ method: token, uri, from: address, to: address, extra, body: fc.uint8Array({ maxLength: 64 }), status: fc.option(fc.integer({ min: 100, max: 699 }), { nil: undefined }), phrase: wild.map((text) => text.trim()) });
    fc.assert(fc.property(message, ({ method, from, to, extra: more, body, status, phrase, uri: target }) => {
      const list: HeaderList = [['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1'], ['From', printNameAddress(from)], ['To', printNameAddress(to)], ['Call-ID', 'x'], ['CSeq', `7 ${method}`], ...more, ['Content-Length', String(body.length)]];
      const rest = { headers: list, body: Buffer.from(body) };
      const one: SipMessage = status === undefined ? { kind: 'request', method, uri: printUri(target), ...rest } : { kind: 'response', status, phrase, ...rest };
      const again = parseMessage(printMessage(one)).message!;
      expect(again).toEqual(one);
      expect(cseq(again)).toEqual({ number: 7, method });
      expect(topVia(again)!.host).toBe('192.0.2.1');
    }));
  });
});
