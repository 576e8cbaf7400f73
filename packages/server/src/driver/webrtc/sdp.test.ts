import { describe, expect, it } from 'vitest';
import { readOffer, writeAnswer, type BrowserOffer } from './sdp.js';

const FINGERPRINT = Array.from({ length: 32 }, (_, at) => at.toString(16).padStart(2, '0').toUpperCase()).join(':');

/** An offer as Chromium writes it, shortened; `change` says what is different. */
const offerOf = (change: (lines: string[]) => string[] = (lines) => lines): string => change([
  'v=0', 'o=- 4611731400430051336 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'a=extmap-allow-mixed', 'a=msid-semantic: WMS',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126', 'c=IN IP4 0.0.0.0', 'a=rtcp:9 IN IP4 0.0.0.0', 'a=ice-ufrag:Xy3/', 'a=ice-pwd:by5GZGG1lw+040DWA6hXM5Bz', 'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${FINGERPRINT}`, 'a=setup:actpass', 'a=mid:0', 'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level', 'a=sendrecv', 'a=msid:- 4c8b9a5e', 'a=rtcp-mux', 'a=rtcp-rsize',
  'a=rtpmap:111 opus/48000/2', 'a=rtcp-fb:111 transport-cc', 'a=fmtp:111 minptime=10;useinbandfec=1', 'a=rtpmap:63 red/48000/2', 'a=rtpmap:9 G722/8000', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:13 CN/8000', 'a=rtpmap:110 telephone-event/48000', 'a=rtpmap:126 telephone-event/8000', 'a=ssrc:1001 cname:x',
]).join('\r\n') + '\r\n';
const without = (start: string) => offerOf((lines) => lines.filter((line) => !line.startsWith(start)));
const replaced = (start: string, line: string) => offerOf((lines) => lines.map((one) => (one.startsWith(start) ? line : one)));

const good = (sdp: string): BrowserOffer => {
  const offer = readOffer(sdp);
  if ('bad' in offer) throw new Error(offer.detail);
  return offer;
};
const US = { ice: { ufrag: 'ours', password: 'a password of our own' }, fingerprint: FINGERPRINT, addresses: ['192.0.2.1', '198.51.100.7'], port: 50_000, ssrc: 77 };

describe('an offer', () => {
  it('of Chromium is read', () => {
    expect(good(offerOf())).toMatchObject({
      audio: 0, bundled: true, ice: { ufrag: 'Xy3/', password: 'by5GZGG1lw+040DWA6hXM5Bz' }, fingerprints: [{ algorithm: 'sha-256', value: FINGERPRINT }],
      agreement: { codec: 'PCMU', payload_type: 0, telephone_event: 126, direction: 'sendrecv' },
    });
  });

  it.each([
    ['PCMA, which stands first', replaced('m=audio', 'm=audio 9 UDP/TLS/RTP/SAVPF 111 8 0 126'), { codec: 'PCMA', payload_type: 8 }],
    ['PCMU under another number', replaced('a=rtpmap:0', 'a=rtpmap:9 PCMU/8000').replace('a=rtpmap:9 G722/8000\r\n', ''), { codec: 'PCMU', payload_type: 9 }],
    ['PCMU without an rtpmap', without('a=rtpmap:0'), { codec: 'PCMU', payload_type: 0 }],
    ['no telephone-event of 8 kHz', without('a=rtpmap:126'), { telephone_event: null }],
    ['listening only', replaced('a=sendrecv', 'a=recvonly'), { direction: 'sendonly' }],
    ['speaking only', replaced('a=sendrecv', 'a=sendonly'), { direction: 'recvonly' }],
    ['neither', replaced('a=sendrecv', 'a=inactive'), { direction: 'inactive' }],
    ['no word about direction', without('a=sendrecv'), { direction: 'sendrecv' }],
    ['line feeds alone', offerOf().replaceAll('\r\n', '\n'), { codec: 'PCMU' }],
    ['the transport on the session, as others write it', offerOf((lines) => { const of = lines.filter((line) => /^a=(ice-ufrag|ice-pwd|fingerprint|setup)/.test(line)); return [...lines.slice(0, 4), ...of, ...lines.slice(4).filter((line) => !of.includes(line))]; }), { codec: 'PCMU' }],
  ])('with %s', (_, sdp, agreement) => {
    expect(good(sdp).agreement).toMatchObject(agreement);
  });

  it.each([
    ['nothing', ''], ['a text', 'hello'], ['JSON', '{"type":"offer"}'], ['no version', without('v=0')], ['a line that is none', offerOf((lines) => [...lines, 'nonsense'])], ['a media line that is none', replaced('m=audio', 'm=audio nine')],
    ['no ICE', without('a=ice-pwd')], ['a short password', replaced('a=ice-pwd', 'a=ice-pwd:short')], ['no fingerprint', without('a=fingerprint')], ['a fingerprint of SHA-1', replaced('a=fingerprint', 'a=fingerprint:sha-1 AA:BB')],
    ['a line without end', offerOf((lines) => [...lines, `a=${'x'.repeat(5_000)}`])], ['lines without end', offerOf((lines) => [...lines, ...Array<string>(5_000).fill('a=x')])],
    ['sections without end', offerOf((lines) => [...lines, ...Array<string>(40).fill('m=video 9 UDP/TLS/RTP/SAVPF 96')])],
  ])('that cannot be read: %s', (_, sdp) => {
    expect(readOffer(sdp)).toMatchObject({ bad: 'malformed' });
  });

  it.each([
    ['no media', offerOf((lines) => lines.slice(0, 7))], ['video alone', replaced('m=audio', 'm=video 9 UDP/TLS/RTP/SAVPF 96')], ['audio that is switched off', replaced('m=audio', 'm=audio 0 UDP/TLS/RTP/SAVPF 0')],
    ['no common codec', replaced('m=audio', 'm=audio 9 UDP/TLS/RTP/SAVPF 111 9')], ['plain RTP', replaced('m=audio', 'm=audio 9 RTP/AVP 0')], ['waiting for DTLS as we do', replaced('a=setup', 'a=setup:passive')], ['no rtcp-mux', without('a=rtcp-mux')],
  ])('of which nothing can be done: %s', (_, sdp) => {
    expect(readOffer(sdp)).toMatchObject({ bad: 'not_acceptable' });
  });

  it('with every line left out, twice or garbled is read or refused, and never thrown at', () => {
    const lines = offerOf().split('\r\n');
    for (const at of lines.keys()) {
      for (const change of [[], [lines[at]!, lines[at]!], [lines[at]!.slice(0, 5)], [lines[at]!.replaceAll(/\d/g, '999999999')], [`${lines[at]!}\0\u{1f600}`]]) {
        const offer = readOffer([...lines.slice(0, at), ...change, ...lines.slice(at + 1)].join('\r\n'));
        if (!('bad' in offer)) expect(writeAnswer(offer, US)).toContain('a=ice-lite');
      }
    }
  });
});

describe('an answer', () => {
  it('says where we are, what was agreed, and that we wait', () => {
    const answer = writeAnswer(good(offerOf()), US);
    expect(answer.split('\r\n')).toEqual(expect.arrayContaining([
      'v=0', 'a=ice-lite', 'a=group:BUNDLE 0', 'm=audio 50000 UDP/TLS/RTP/SAVPF 0 126', 'a=candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host', 'a=candidate:2 1 udp 2130706175 198.51.100.7 50000 typ host',
      'a=end-of-candidates', 'a=ice-ufrag:ours', `a=fingerprint:sha-256 ${FINGERPRINT}`, 'a=setup:passive', 'a=mid:0', 'a=sendrecv', 'a=rtcp-mux', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:126 telephone-event/8000', 'a=ssrc:77 cname:activeflow',
    ]));
    expect(answer.endsWith('\r\n')).toBe(true);
  });

  it('refuses every other section, and keeps their order', () => {
    const offer = good(offerOf((lines) => [...lines.slice(0, 7), 'm=video 9 UDP/TLS/RTP/SAVPF 96 97', 'a=mid:v', ...lines.slice(7), 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=mid:d']));
    const answer = writeAnswer(offer, US);
    expect(answer.split('\r\n').filter((line) => line.startsWith('m='))).toEqual(['m=video 0 UDP/TLS/RTP/SAVPF 96', 'm=audio 50000 UDP/TLS/RTP/SAVPF 0 126', 'm=application 0 UDP/DTLS/SCTP webrtc-datachannel']);
    expect(answer).toContain('a=group:BUNDLE 0\r\n');
  });

  it('to one that only speaks announces no sound', () => {
    expect(writeAnswer(good(replaced('a=sendrecv', 'a=sendonly')), US)).not.toContain('a=ssrc');
  });

  it('names an IPv6 address as one', () => {
    expect(writeAnswer(good(offerOf()), { ...US, addresses: ['2001:db8::1'] })).toContain('c=IN IP6 2001:db8::1\r\n');
  });
});
