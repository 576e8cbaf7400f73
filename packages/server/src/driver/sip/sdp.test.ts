import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerOffer, parseSdp, printOffer, readAnswer } from './sdp.js';

const LOCAL = { address: '192.0.2.1', port: 4_000, session_id: '7', version: 1 };
const HEAD = 'v=0\r\no=a 1 1 IN IP4 192.0.2.9\r\ns=-\r\n';
const C = 'c=IN IP4 192.0.2.9\r\nt=0 0\r\n';
const answerTo = (text: string) => { const sdp = parseSdp(text); return sdp && answerOffer(sdp, LOCAL); };

describe('an offer', () => {
  it('of this side is one audio stream, and can be answered by this side', () => {
    const text = printOffer(LOCAL);
    expect(text).toBe('v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n');
    expect(answerTo(text)?.agreement).toEqual({ remote: { address: '192.0.2.1', port: 4_000 }, codec: 'PCMU', payload_type: 0, telephone_event: 101, direction: 'sendrecv' });
    expect(printOffer({ ...LOCAL, address: '2001:db8::1' })).toContain('c=IN IP6 2001:db8::1');
  });

  it('is answered with the codec it prefers, under its own numbers, and what cannot be taken is refused by port 0', () => {
    const offer = `${HEAD}${C}m=video 5000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\nm=audio 6000 RTP/SAVP 0\r\nm=audio 6002 RTP/AVP 18 97 0 98\r\nc=IN IP4 192.0.2.8\r\na=rtpmap:97 pcma/8000\r\na=rtpmap:98 Telephone-Event/8000\r\nm=audio 6004 RTP/AVP 0\r\n`;
    const answered = answerTo(offer);
    expect(answered?.agreement).toEqual({ remote: { address: '192.0.2.8', port: 6002 }, codec: 'PCMA', payload_type: 97, telephone_event: 98, direction: 'sendrecv' });
    expect(answered?.text.split('\r\n').filter((line) => line.startsWith('m='))).toEqual(['m=video 0 RTP/AVP 96', 'm=audio 0 RTP/SAVP 0', 'm=audio 4000 RTP/AVP 97 98', 'm=audio 0 RTP/AVP 0']);
    expect(answered?.text).toContain('a=rtpmap:97 PCMA/8000');
  });

  it.each([
    ['sendonly', '192.0.2.9', 'recvonly'], ['recvonly', '192.0.2.9', 'sendonly'], ['inactive', '192.0.2.9', 'inactive'], ['sendrecv', '0.0.0.0', 'recvonly'], ['recvonly', '0.0.0.0', 'inactive'],
  ])('of %s at %s is answered %s', (direction, address, answered) => {
    for (const where of ['session', 'media'] as const) {
      const line = `a=${direction}\r\n`;
      const offer = `${HEAD}c=IN IP4 ${address}\r\nt=0 0\r\n${where === 'session' ? line : ''}m=audio 6000 RTP/AVP 0\r\n${where === 'media' ? line : ''}`;
      const found = answerTo(offer);
      expect([found?.agreement.direction, found?.on_hold, found?.agreement.remote === null]).toEqual([answered, true, address === '0.0.0.0']);
      expect(found?.text).toContain(`a=${answered}`);
    }
  });

  it.each([
    ['no codec of ours', 'm=audio 6000 RTP/AVP 18 101\r\na=rtpmap:101 telephone-event/8000\r\n'], ['0 that is something else', 'm=audio 6000 RTP/AVP 97\r\na=rtpmap:97 PCMU/16000\r\n'],
    ['stereo', 'm=audio 6000 RTP/AVP 97\r\na=rtpmap:97 PCMU/8000/2\r\n'], ['video alone', 'm=video 6000 RTP/AVP 0\r\n'], ['port 0', 'm=audio 0 RTP/AVP 0\r\n'], ['nothing', ''],
  ])('of %s cannot be taken', (_what, media) => {
    expect(parseSdp(`${HEAD}${C}${media}`)).toBeDefined();
    expect(answerTo(`${HEAD}${C}${media}`)).toBeUndefined();
  });

  it('to a name instead of an address cannot be taken: sound is sent to nobody by name', () => {
    expect(answerTo(`${HEAD}c=IN IP4 evil.example\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n`)).toBeUndefined();
  });
});

describe('an answer', () => {
  it('is read from the view of this side', () => {
    const read = (text: string) => { const sdp = parseSdp(text); return sdp && readAnswer(sdp); };
    expect(read(`${HEAD}${C}m=audio 6000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n`)).toEqual({
      agreement: { remote: { address: '192.0.2.9', port: 6000 }, codec: 'PCMA', payload_type: 8, telephone_event: 101, direction: 'recvonly' }, on_hold: true,
    });
    expect(read(`${HEAD}${C}m=audio 0 RTP/AVP 0\r\n`)).toBeUndefined();
  });
});

describe('a session description', () => {
  it.each(['', 'v=1\r\n', 'hello', `${HEAD}c=IP4 x\r\nm=audio 1 RTP/AVP 0\r\n`, `${HEAD}${C}m=audio x RTP/AVP 0\r\n`, `${HEAD}${C}m=audio 70000 RTP/AVP 0\r\n`, 'v=0\r\ns=-\r\n', `${HEAD}nonsense\r\n`, `v=0\r\n${'a=x\r\n'.repeat(5_000)}`])(
    'that is none is read as none: %j', (text) => { expect(parseSdp(text)).toBeUndefined(); },
  );

  it('may end its lines as it likes', () => {
    expect(answerTo(`${HEAD}${C}m=audio 6000 RTP/AVP 0\r\n`.replaceAll('\r\n', '\n'))?.agreement.codec).toBe('PCMU');
  });

  it('of any bytes throws nothing, and what is answered has as many streams as were offered', () => {
    const line = fc.oneof(fc.constantFrom('v=0', 'o=a 1 1 IN IP4 1.2.3.4', 'c=IN IP4 1.2.3.4', 'm=audio 6000 RTP/AVP 0 8', 'm=video 9 RTP/AVP 96', 'a=rtpmap:0 PCMU/8000', 'a=sendonly'), fc.string());
    fc.assert(fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const text = `v=0\r\no=a 1 1 IN IP4 1.2.3.4\r\n${lines.join('\r\n')}`;
      const offer = parseSdp(text);
      const answered = offer && answerOffer(offer, LOCAL);
      if (answered) expect(answered.text.match(/^m=/gm)).toHaveLength(offer.lines.length);
    }));
  });
});
