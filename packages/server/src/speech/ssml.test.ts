import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attributesOf, decoded, readTokens, withoutTags } from './ssml-tokens.js';
import { LONGEST_TEXT, segmentsOf } from './ssml.js';

const words = (text: string, rate = 1) => ({ text, rate });

describe('plain text', () => {
  test.each([
    ['Hello, caller.', [words('Hello, caller.')]],
    ['  5 < 6 & 7 > 2  ', [words('5 < 6 & 7 > 2')]],
    ['Say <speak> now', [words('Say <speak> now')]],
    ['', []],
    [' \u0007\u001b ', []],
  ])('%j', (text, segments) => expect(segmentsOf(text)).toEqual(segments));
});

describe('SSML', () => {
  test.each([
    ['<speak>Hello</speak>', [words('Hello')]],
    ['<?xml version="1.0"?><speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis">Hello</speak>', [words('Hello')]],
    ['<speak>One<break time="300ms"/>two<break time="1.5s"/>three</speak>', [words('One'), { pause_ms: 300 }, words('two'), { pause_ms: 1_500 }, words('three')]],
    ['<speak>One<break/>two<break strength="none"/>three<break strength=\'x-strong\'></break></speak>', [words('One'), { pause_ms: 500 }, words('two'), words('three'), { pause_ms: 1_000 }]],
    ['<speak><break time="1h"/><break time="999999s"/></speak>', [{ pause_ms: 500 }, { pause_ms: 10_000 }]],
    ['<speak>Your code is <say-as interpret-as="digits">4 07</say-as>.</speak>', [words('Your code is 4, 0, 7.')]],
    ['<speak><say-as interpret-as="characters">ab1</say-as></speak>', [words('A, B, 1')]],
    ['<speak><say-as interpret-as="spell-out">cat</say-as></speak>', [words('C, A, T')]],
    ['<speak><say-as interpret-as="telephone">+1 (555) 010-99</say-as></speak>', [words('+ 1, 5 5 5, 0 1 0, 9 9')]],
    ['<speak><say-as interpret-as="cardinal">407</say-as></speak>', [words('407')]],
    ['<speak>a <prosody rate="slow">b <prosody rate="50%">c</prosody></prosody> d</speak>', [words('a'), words('b', 0.8), words('c', 0.4), words('d')]],
    ['<speak><prosody rate="+50%">a</prosody><prosody rate="-50%">b</prosody><prosody rate="2">c</prosody><prosody rate="0.001">d</prosody></speak>', [words('a', 1.5), words('b', 0.5), words('c', 2), words('d', 0.25)]],
    ['<speak><prosody rate="hasty" pitch="high">a</prosody></speak>', [words('a')]],
    ['<speak><p>One.</p><p><s>Two.</s><s>Three.</s></p></speak>', [words('One.'), { pause_ms: 250 }, words('Two.'), words('Three.'), { pause_ms: 250 }]],
    ['<speak>The <sub alias="World Wide Web Consortium">W3C</sub> said</speak>', [words('The World Wide Web Consortium said')]],
    ['<speak><voice name="x"><emphasis>Now</emphasis></voice> <mark name="m"/><audio src="http://x/"><desc>bell</desc>ding</audio></speak>', [words('Now ding')]],
    ['<speak>Tom &amp; Jerry &lt;3 &#65;&#x42;&quot;&apos; AT&T &unknown;</speak>', [words(`Tom & Jerry <3 AB"' AT&T &unknown;`)]],
    ['<speak>a<!-- <b> --><![CDATA[ 1 < 2 &amp; ]]>b</speak>', [words('a 1 < 2 &amp; b')]],
    ['<speak>a<break time="1s" x=">"/>b</speak>', [words('a'), { pause_ms: 1_000 }, words('b')]],
    ['<speak/>', []],
    ['<ssml:x>', [words('<ssml:x>')]],
  ])('%s', (text, segments) => expect(segmentsOf(text)).toEqual(segments));

  test.each([
    ['<speak>Hello <b>you</speak>', 'Hello you'],
    ['<speak>Hello', 'Hello'],
    ['<speak>Hello</speak></speak>', 'Hello'],
    ['<speak>Hello <break time="1s" you</speak>', 'Hello'],
    ['<speak>a <!-- b', 'a'],
    ['<speak>3 < 4 &amp; so</speak>', '3 < 4 & so'],
    ['<!DOCTYPE speak [<!ENTITY x SYSTEM "file:///etc/passwd">]><speak>&x;</speak>', ']> &x;'],
    ['<speak><!DOCTYPE x [<!ENTITY x "y">]>&x;</speak>', ']>&x;'],
    [`<speak>${'<p>'.repeat(50)}deep${'</p>'.repeat(50)}</speak>`, 'deep'],
  ])('that is broken is said without its tags: %s', (text, said) => expect(segmentsOf(text)).toEqual([words(said)]));

  test('is bounded', () => {
    expect(() => segmentsOf('x'.repeat(LONGEST_TEXT + 1))).toThrow(expect.objectContaining({ reason: 'TEXT_TOO_LONG' }));
    expect(segmentsOf('x'.repeat(LONGEST_TEXT))).toHaveLength(1);
  });

  test('whatever is written, something comes back: words and pauses that can be said', () => {
    const piece = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('<speak>', '</speak>', '<', '>', '/', '"', '=', '<p>', '</p>', '<break time="', 's"/>', '&', '&#', ';', '<!--', '-->', '<![CDATA[', ']]>', '<prosody rate="', '%">', '</prosody>'));
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      for (const segment of segmentsOf(`<speak>${pieces.join('')}</speak>`.slice(0, LONGEST_TEXT))) {
        if ('pause_ms' in segment) expect(segment.pause_ms > 0 && segment.pause_ms <= 10_000).toBe(true);
        else expect(segment.text.trim() !== '' && segment.rate >= 0.25 && segment.rate <= 4).toBe(true);
      }
    }), { numRuns: 500 });
  });

  // Of two million characters the square would take hours; the test's own time limit is what sees it.
  test.each(['<', '<a', '<a b="', "<a b='", '<!--', '<![CDATA[', '&', '&#', '<p>', '</p>', '<a =', '<break time="'])('grows with the text and not with its square: %s', (piece) => {
    const text = piece.repeat(2_000_000 / piece.length);
    for (const token of readTokens(text)) if (token.kind === 'open') attributesOf(token);
    attributesOf({ kind: 'open', name: 'a', inside: ` ${text}`, empty: false });
    withoutTags(text);
    decoded(text);
  });
});
