import { expect, test } from 'vitest';
import { createResampler, resample } from './resample.js';

const tone = (frequency_hz: number, rate: number, seconds: number): Int16Array =>
  Int16Array.from({ length: Math.round(rate * seconds) }, (_, i) => Math.round(10_000 * Math.sin((2 * Math.PI * frequency_hz * i) / rate)));

/** The level of one frequency in the middle of a sound, in parts of a full tone's. */
const level = (samples: Int16Array, frequency_hz: number, rate = 8_000): number => {
  const middle = samples.subarray(800, samples.length - 800);
  let [re, im] = [0, 0];
  middle.forEach((sample, i) => {
    re += sample * Math.cos((2 * Math.PI * frequency_hz * i) / rate);
    im += sample * Math.sin((2 * Math.PI * frequency_hz * i) / rate);
  });
  return (2 * Math.hypot(re, im)) / middle.length / 10_000;
};
const loudest = (samples: Int16Array): number => samples.subarray(800, samples.length - 800).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) / 10_000;

test.each([6_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 44_101, 48_000, 96_000])('a tone keeps its pitch, level and length, from %i samples a second', (rate) => {
  const outcome = resample(tone(1_000, rate, 1), rate);
  expect(Math.abs(outcome.length - 8_000)).toBeLessThanOrEqual(1);
  expect(level(outcome, 1_000)).toBeCloseTo(1, 1);
  expect(loudest(outcome)).toBeLessThan(1.05);
});

test.each([16_000, 24_000, 44_100, 48_000])('what 8 kHz cannot carry is gone and does not come back as another pitch, from %i', (rate) => {
  expect(loudest(resample(tone(5_500, rate, 1), rate))).toBeLessThan(0.01);
});

test('chunks of any size give what the whole gives', () => {
  const source = tone(700, 22_050, 0.5);
  const whole = resample(source, 22_050);
  const resampler = createResampler(22_050);
  const pieces: number[] = [];
  for (let i = 0, size = 1; i < source.length; i += size, size = (size * 7) % 997) pieces.push(...resampler.push(source.subarray(i, i + size)));
  pieces.push(...resampler.end());
  expect(Int16Array.from(pieces)).toEqual(whole);
});

test('nothing gives nothing, the same rate the same samples, and upwards works, too', () => {
  expect(resample(new Int16Array(0), 16_000)).toHaveLength(0);
  expect(resample(tone(500, 8_000, 0.2), 8_000)).toEqual(tone(500, 8_000, 0.2));
  expect(level(resample(tone(1_000, 8_000, 1), 8_000, 16_000), 1_000, 16_000)).toBeCloseTo(1, 1);
});

test('a full scale is clipped, not wrapped', () => {
  const outcome = resample(Int16Array.from({ length: 4_800 }, (_, i) => (i % 96 < 48 ? 32_767 : -32_768)), 48_000);
  const jumps = outcome.slice(1).filter((sample, i) => Math.abs(sample - (outcome[i] ?? 0)) > 60_000);
  expect(jumps).toHaveLength(0);
});

test.each([0, 3_999, 8_000.5, 1_000_000, NaN])('%d samples a second are refused', (rate) => {
  expect(() => createResampler(rate)).toThrow('cannot be converted');
});
