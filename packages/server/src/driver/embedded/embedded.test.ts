import { describe, expect, it } from 'vitest';
import type { Media, MediaEvent } from '../../media/media.js';
import type { LegEvent, SignalFact, Signalling } from '../legs.js';
import { createEmbedded } from './embedded.js';

const LEG = '10000000-0000-4000-8000-000000000001';
const OFFER = {
  type: 'offered', customer_id: 'c', source: { type: 'sip', target: 'a', target_name: '', name: '', detail: '' },
  destination: { type: 'sip', target: 'b', target_name: '', name: '', detail: '' }, via: { kind: 'browser', id: '' },
} as const satisfies SignalFact;
const ENDED: SignalFact = { type: 'ended', cause: 'normal', by: 'remote', detail: '' };

/** A signalling and a media worker that are worked by hand, and what was told of the legs. */
function open(reached: readonly string[] = ['b']) {
  const asked: string[] = [];
  const told: LegEvent[] = [];
  let signal: (leg_id: string, fact: SignalFact) => void = () => undefined;
  let sound: (event: MediaEvent) => void = () => undefined;
  const note = (what: string) => (leg_id: string, ...rest: readonly unknown[]) => { asked.push([what, leg_id, ...rest.slice(0, 1)].join(' ')); return Promise.resolve(); };
  const signalling: Signalling = {
    name: 'hand', listen: (listener) => { signal = listener; }, start: () => Promise.resolve(), close: () => Promise.resolve(),
    reaches: (_, { target }) => Promise.resolve(reached.includes(target)),
    originate: ({ leg_id }) => { asked.push(`originate ${leg_id}`); return Promise.resolve(); },
    ring: note('ring'), answer: note('answer'), reject: note('reject'), hangup: note('hangup'),
  };
  const nothing = (what: string) => (...given: readonly unknown[]) => { asked.push([what, ...given.slice(0, 2)].join(' ')); };
  const media = Object.assign(Object.fromEntries(['play', 'stop', 'echo', 'mute', 'sendDigits', 'detect', 'join', 'leave', 'fork', 'unfork', 'stopRecording', 'record', 'close', 'agree'].map((name) => [name, nothing(name)])),
    { listen: (listener: typeof sound) => { sound = listener; } }) as unknown as Media;
  const legs = createEmbedded({ signallings: [signalling], media });
  legs.listen((event) => told.push(event));
  return { legs, asked, told, signal: (fact: SignalFact, leg = LEG) => { signal(leg, fact); }, sound: (event: MediaEvent) => { sound(event); } };
}

describe('embedded legs', () => {
  it('number what happens to a leg, whether it was signalled or heard', () => {
    const { told, signal, sound } = open();
    signal(OFFER);
    sound({ type: 'digit', digit: '5', leg_id: LEG });
    signal({ type: 'digit', digit: '6' });
    signal(ENDED);
    expect(told.map(({ type, number }) => `${number} ${type}`)).toEqual(['1 offered', '2 digit', '3 digit', '4 ended']);
  });

  it('tell the end of a recording before the end of its leg, and nothing after it', async () => {
    const { legs, told, asked, signal, sound } = open();
    signal(OFFER);
    legs.record(LEG, 'r', { path: '/tmp/r.wav', end_of_silence_ms: 0, end_of_key: '', duration_ms: 0 });
    signal(ENDED);
    expect(asked).toContain(`close ${LEG}`);
    expect(told.map(({ type }) => type)).toEqual(['offered']);
    sound({ type: 'recording_done', id: 'r', how: 'ended', duration_ms: 20, size_bytes: 1, leg_id: LEG });
    sound({ type: 'digit', digit: '1', leg_id: LEG });
    signal(ENDED);
    expect(told.map(({ type }) => type)).toEqual(['offered', 'recording_done', 'ended']);
    expect(await legs.alive()).toEqual([]);
  });

  it('end a leg whose recording is never finished all the same', async () => {
    const { legs, told, signal } = open();
    signal(OFFER);
    legs.record(LEG, 'r', { path: '/tmp/r.wav', end_of_silence_ms: 0, end_of_key: '', duration_ms: 0 });
    signal(ENDED);
    await expect.poll(() => told.at(-1)?.type).toBe('ended');
  });

  it('dial once, by a signalling that reaches the destination', async () => {
    const { legs, asked } = open();
    const { source, destination } = OFFER;
    const dial = { leg_id: LEG, customer_id: 'c', source, destination, anonymous: false, timeout_ms: 1 };
    await Promise.all([legs.originate(dial), legs.originate(dial)]);
    await legs.originate(dial);
    expect(asked).toEqual([`originate ${LEG}`]);
    await expect(legs.originate({ ...dial, leg_id: 'other', destination: { ...destination, target: 'nowhere' } })).rejects.toMatchObject({ reason: 'NO_ROUTE' });
  });

  it('hang up a leg from which nothing is heard any more', () => {
    const { asked, signal, sound, told } = open();
    signal(OFFER);
    sound({ type: 'silent', silent_ms: 60_000, leg_id: LEG });
    expect(asked).toEqual([`hangup ${LEG} timeout`]);
    expect(told).toHaveLength(1);
  });

  it('do nothing about a leg that is not there', async () => {
    const { legs, asked } = open();
    await legs.answer('nobody');
    await legs.hangup('nobody', 'normal');
    legs.record('nobody', 'r', { path: '/tmp/r.wav', end_of_silence_ms: 0, end_of_key: '', duration_ms: 0 });
    expect(asked).toEqual([]);
  });
});
