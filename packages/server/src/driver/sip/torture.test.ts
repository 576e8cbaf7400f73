// RFC 4475: messages made to break parsers.
import { describe, expect, test } from 'vitest';
import { cseq, header, headers, tagOf, words } from './headers.js';
import { parseMessage } from './parse.js';
import { printMessage } from './print.js';
import { parseNameAddress, parseUri, splitAddress } from './uri.js';
import { parseVia } from './via.js';
import { frames } from './transport/framing.js';
import { torture } from './testing/torture.js';
import type { SipMessage, SipRequest, SipResponse } from './types.js';

const all = torture();
const outcomeOf = (data: Buffer): string => {
  const parsed = parseMessage(data);
  if (parsed.message !== undefined) return 'valid';
  return parsed.answerable === undefined ? 'silent' : String(parsed.status);
};
const read = (name: string): SipMessage => {
  const found = all.find((message) => message.name.startsWith(`${name} `))!;
  return parseMessage(found.data).message!;
};
const request = (name: string) => read(name) as SipRequest;

test('all of them are here', () => {
  expect(all.length).toBe(49);
});

test.each(all)('$name: $outcome', ({ data, outcome }) => {
  expect(outcomeOf(data)).toBe(outcome);
});

test.each(all.filter(({ outcome }) => outcome === 'valid'))('$name is the same after printing and parsing', ({ data }) => {
  const { message } = parseMessage(data);
  const again = parseMessage(printMessage(message!)).message!;
  const bare = (from: SipMessage) => from.headers.filter(([name]) => name !== 'Content-Length');
  expect({ ...again, headers: bare(again) }).toEqual({ ...message, headers: bare(message!) });
});

test.each(all.filter(({ name }) => !/^(dblreq|mcl01|clerr|ncl|inv2543|insuf)/.test(name)))('$name: out of a stream as out of a datagram', ({ data, outcome }) => {
  const found: Buffer[] = [];
  const stream = frames({ message: (one) => found.push(one), ping: () => undefined });
  for (let at = 0; at < data.length; at += 7) if (!stream.push(data.subarray(at, at + 7))) break;
  expect(found.map(outcomeOf)).toEqual(found.length === 0 && outcome === 'silent' ? [] : [outcome]);
});

describe('what the valid ones say', () => {
  test('wsinv: folding, blanks, compact names and lists', () => {
    const message = request('wsinv');
    expect(message).toMatchObject({ method: 'INVITE', uri: 'sip:vivekg@chair-dnrc.example.com;unknownparam' });
    expect(cseq(message)).toEqual({ number: 9, method: 'INVITE' });
    expect(header(message, 'Max-Forwards')).toBe('0068');
    expect(tagOf(message, 'To')).toBe('1918181833n');
    expect(tagOf(message, 'From')).toBe('98asjd8');
    expect(parseNameAddress(header(message, 'f')!)!.display).toBe('J Rosenberg \\"');
    expect(header(message, 'newfangledheader')).toBe('newfangled value continued newfangled value');
    expect(header(message, 'Subject')).toBe('');
    expect(headers(message, 'via').map((via) => parseVia(via))).toMatchObject([
      { transport: 'UDP', host: '192.0.2.2', parameters: { branch: '390skdjuw' } },
      { transport: 'TCP', host: 'spindle.example.com', parameters: { branch: 'z9hG4bK9ikj8' } },
      { transport: 'UDP', host: '192.168.255.111', parameters: { branch: 'z9hG4bK30239' } },
    ]);
    expect(parseNameAddress(header(message, 'Contact')!)).toMatchObject({ display: 'Quoted string ""', parameters: { newparam: 'newvalue', secondparam: '', q: '0.33' } });
    expect(parseNameAddress(header(message, 'Route')!)!.uri.parameters).toEqual({ lr: '', unknownwith: 'value', 'unknown-no-value': '' });
    expect(message.body.length).toBe(150);
  });

  test('intmeth: every character that a token, a user and a quoted string may have', () => {
    const message = request('intmeth');
    expect(cseq(message)!.method).toBe(message.method);
    expect(parseUri(message.uri)).toMatchObject({ user: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", password: "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)", host: 'example.com' });
    expect(parseNameAddress(header(message, 'To')!)!.display).toBe('BEL: NUL: DEL:');
    expect(tagOf(message, 'From')).toBe("_token~1'+`*%!-.");
  });

  test('escapes are read in the user and in parameters, and nowhere else', () => {
    expect(parseUri(request('esc01').uri)).toMatchObject({ user: 'sips:user@example.com', host: 'example.net' });
    expect(parseNameAddress(header(read('esc01'), 'To')!)!.uri.user).toBe('user');
    expect(parseNameAddress(header(read('esc01'), 'Contact')!)!.uri).toMatchObject({ user: 'caller', parameters: { lr: '', name: 'value%41' } });
    expect(headers(read('escnull'), 'Contact').map((value) => parseNameAddress(value)!.uri.user)).toEqual(['\0', '\0\0']);
    expect(request('esc02').method).toBe('RE%47IST%45R');
    expect(headers(read('esc02'), 'Contact').length).toBe(2);
  });

  test('the rest of them', () => {
    expect(splitAddress(header(read('lwsdisp'), 'From')!)!.display).toBe('caller');
    expect(headers(read('longreq'), 'Via').length).toBe(34);
    expect(request('dblreq')).toMatchObject({ method: 'REGISTER', body: Buffer.alloc(0) });
    expect(parseUri(request('semiuri').uri)!.user).toBe('user;par=u@example.net');
    expect(words(read('semiuri'), 'Accept').length).toBe(6);
    expect(headers(read('transports'), 'Via').map((via) => parseVia(via)!.transport)).toEqual(['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP']);
    expect(read('mpart01').body.includes(Buffer.from([0x00, 0xff, 0x00, 0xfe, 0x0d, 0x0a, 0x0d, 0x0a]))).toBe(true);
    expect((read('unreason') as SipResponse).phrase).toContain('девяносто девять');
    expect((read('noreason') as SipResponse).phrase).toBe('');
    // Without brackets the parameter is the header's; with them, the URI's.
    expect(parseNameAddress(header(read('cparam01'), 'Contact')!)).toMatchObject({ uri: { parameters: {} }, parameters: { unknownparam: '' } });
    expect(parseNameAddress(header(read('cparam02'), 'Contact')!)).toMatchObject({ uri: { parameters: { unknownparam: '' } }, parameters: {} });
    expect(parseNameAddress(header(read('regescrt'), 'Contact')!)!.uri.headers).toBe('Route=%3Csip:sip.example.com%3E');
    expect(parseNameAddress(header(read('unksm2'), 'To')!)).toBeUndefined();
  });
});
