import { describe, expect, it } from 'vitest';
import { createAnswers } from './answers.js';
import { answerChallenge, chooseChallenge, ha1, isRight, parseShown, printChallenge } from './digest.js';
import { createGuard } from './guard.js';
import { createNonces } from './nonces.js';
import { virtualTimers } from './timers.js';
import type { HeaderList, SipResponse } from './types.js';

const NOTHING = Buffer.alloc(0);

describe('the digest', () => {
  // RFC 7616 §3.9.1: the worked example, whose scheme is that of HTTP.
  const shown = (algorithm: string, response: string): string =>
    `Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="${response}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;

  it.each([['MD5', '8ca523f5e9506fed4657c9700eebdbec'], ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1']] as const)('%s is that of RFC 7616', (algorithm, response) => {
    const read = parseShown(shown(algorithm, response));
    const secret = ha1(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life');
    expect(read).toBeDefined();
    expect(isRight(read!, secret, 'GET', NOTHING)).toBe(true);
    expect(isRight(read!, secret, 'PUT', NOTHING)).toBe(false);
    expect(isRight({ ...read!, nc: '00000002' }, secret, 'GET', NOTHING)).toBe(false);
    expect(isRight({ ...read!, response: '' }, secret, 'GET', NOTHING)).toBe(false);
  });

  it.each([
    'Basic abc', 'Digest', 'Digest username="a"', 'Digest username="a", realm="b", nonce="c", uri="d", response="e", algorithm=MD4',
    'Digest username="a", realm="b", nonce="c", uri="d", response="e", qop=auth', 'Digest username="a", realm="b", nonce="c", uri="d", response="e", qop=auth, cnonce="x", nc=1', 'Digest "', 'Digest username="a, realm=b',
  ])('is not read from %j', (value) => { expect(parseShown(value)).toBeUndefined(); });

  it('answers what it asked itself, with and without qop and with the body', () => {
    for (const algorithm of ['MD5', 'SHA-256'] as const) {
      for (const qop of ['"auth"', '"auth-int"', '']) {
        const text = printChallenge('a "realm"', 'n', algorithm, false).replace('qop="auth"', qop === '' ? 'opaque="o"' : `qop=${qop}`);
        const challenge = chooseChallenge([text]);
        expect(challenge?.realm).toBe('a "realm"');
        const answer = answerChallenge(challenge!, { username: 'u', password: 'p', method: 'INVITE', uri: 'sip:x', body: Buffer.from('b'), cnonce: 'c', count: 17 });
        const read = parseShown(answer)!;
        expect(read.nc).toBe(qop === '' ? '' : '00000011');
        expect(isRight(read, ha1(algorithm, 'u', 'a "realm"', 'p'), 'INVITE', Buffer.from('b'))).toBe(true);
        expect(isRight(read, ha1(algorithm, 'u', 'a "realm"', 'wrong'), 'INVITE', Buffer.from('b'))).toBe(false);
        expect(isRight(read, ha1(algorithm, 'u', 'a "realm"', 'p'), 'INVITE', Buffer.from('other'))).toBe(qop !== '"auth-int"');
      }
    }
  });

  it('takes the strongest challenge that it knows', () => {
    const values = ['MD5', 'MD4', 'SHA-256', 'SHA-512-256'].map((algorithm) => `Digest realm="r", nonce="${algorithm}", algorithm=${algorithm}, qop="auth"`);
    expect(chooseChallenge(values)?.nonce).toBe('SHA-256');
    expect(chooseChallenge(['Digest realm="r", nonce="n", qop="strange"', 'Basic realm="r"'])).toBeUndefined();
  });
});

describe('our answers', () => {
  const refused = (status: number, headers: HeaderList): SipResponse => ({ kind: 'response', status, phrase: '', headers, body: NOTHING });
  const asked = (nonce: string, more = ''): SipResponse => refused(401, [['WWW-Authenticate', `Digest realm="r", nonce="${nonce}", qop="auth"${more}`]]);
  const counts = (list: HeaderList): string[] => list.map(([, value]) => `${parseShown(value)?.nonce} ${Number.parseInt(parseShown(value)?.nc ?? '', 16)}`);

  it('count how often a nonce was used, and try again only where the nonce was the fault', () => {
    const answers = createAnswers('u', 'p', () => 'c');
    expect(answers.headers('INVITE', 'sip:x', NOTHING)).toEqual([]);
    expect(answers.learn(asked('1'))).toBe(true);
    expect(counts(answers.headers('INVITE', 'sip:x', NOTHING))).toEqual(['1 1']);
    expect(counts(answers.headers('BYE', 'sip:x', NOTHING))).toEqual(['1 2']);
    expect(answers.learn(asked('2', ', stale=true'))).toBe(true);
    expect(counts(answers.headers('BYE', 'sip:x', NOTHING))).toEqual(['2 1']);
    expect(answers.learn(asked('3'))).toBe(false);
  });

  it('end where everything is always stale, and are none without a name', () => {
    const answers = createAnswers('u', 'p', () => 'c');
    let tries = 0;
    while (answers.learn(asked(String(tries), ', stale=true'))) { tries++; answers.headers('BYE', 'sip:x', NOTHING); }
    expect(tries).toBe(4);
    expect(createAnswers('', '', () => 'c').learn(asked('1'))).toBe(false);
  });
});

describe('a nonce', () => {
  it('is good until it is too old, and for each count once', () => {
    const timers = virtualTimers();
    const nonces = createNonces(timers, 1_000);
    const nonce = nonces.make();
    expect(nonces.standing(nonce, 1)).toBe('good');
    nonces.use(nonce, 1);
    expect([nonces.standing(nonce, 1), nonces.standing(nonce, 2)]).toEqual(['stale', 'good']);
    timers.advance(1_001);
    expect(nonces.standing(nonce, 3)).toBe('stale');
  });

  it('of somebody else, or changed by a bit, is not ours', () => {
    const nonces = createNonces(virtualTimers(), 1_000);
    expect(nonces.standing(createNonces(virtualTimers(), 1_000).make(), 1)).toBe('stale');
    const bytes = Buffer.from(nonces.make(), 'base64url');
    for (let i = 0; i < bytes.length; i++) expect(nonces.standing(Buffer.from(bytes.with(i, (bytes[i] ?? 0) ^ 1)).toString('base64url'), 1)).toBe('stale');
    for (const text of ['', 'x', 'A'.repeat(10_000)]) expect(nonces.standing(text, 1)).toBe('stale');
  });

  it('that was forgotten for want of room cannot be shown again', () => {
    const timers = virtualTimers();
    const nonces = createNonces(timers, 1_000_000, 2);
    const made = Array.from({ length: 4 }, () => { timers.advance(10); return nonces.make(); });
    for (const nonce of made) nonces.use(nonce, 1);
    expect(made.map((nonce) => nonces.standing(nonce, 1))).toEqual(['stale', 'stale', 'stale', 'stale']);
    expect(made.map((nonce) => nonces.standing(nonce, 2))).toEqual(['stale', 'stale', 'good', 'good']);
  });
});

describe('the guard', () => {
  it('lets an address wait ever longer after five failures, and forgives after an hour', () => {
    const timers = virtualTimers();
    const guard = createGuard(timers);
    for (let i = 0; i < 5; i++) { guard.failed('a'); expect(guard.mayTry('a')).toBe(true); }
    for (const wait_ms of [1_000, 2_000, 4_000]) {
      guard.failed('a');
      expect([guard.mayTry('a'), guard.mayTry('b')]).toEqual([false, true]);
      timers.advance(wait_ms - 1);
      expect(guard.mayTry('a')).toBe(false);
      timers.advance(1);
      expect(guard.mayTry('a')).toBe(true);
    }
    for (let i = 0; i < 100; i++) guard.failed('a');
    timers.advance(300_000);
    expect(guard.mayTry('a')).toBe(true);
    timers.advance(3_600_000);
    guard.failed('a');
    expect(guard.mayTry('a')).toBe(true);
  });

  it('forgets the oldest where there are too many', () => {
    const guard = createGuard(virtualTimers(), { free: 0, longest_ms: 1_000, memory_ms: 10_000, addresses: 2 });
    for (const address of ['a', 'b', 'c']) guard.failed(address);
    expect(['a', 'b', 'c'].map((address) => guard.mayTry(address))).toEqual([true, false, false]);
  });
});
