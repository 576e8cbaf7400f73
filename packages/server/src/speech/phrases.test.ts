import fc from 'fast-check';
import { expect, test } from 'vitest';
import { phrasesOf } from './phrases.js';

test.each([
  ['One. Two! Three? Four', ['One.', 'Two!', 'Three?', 'Four']],
  ['Dr. Jones and Mr. J. Smith are here. Come in.', ['Dr. Jones and Mr. J. Smith are here.', 'Come in.']],
  ['It costs 3.50 today.\nPress 1', ['It costs 3.50 today.', 'Press 1']],
  ['今日は。元気ですか？', ['今日は。', '元気ですか？']],
  ['  ', []],
])('%j in sentences', (text, phrases) => expect(phrasesOf(text, 100, 'sentence')).toEqual(phrases));

test('what takes texts gets as many sentences in one as go', () => {
  expect(phrasesOf('One. Two! Three? Four', 12, 'text')).toEqual(['One. Two!', 'Three? Four']);
});

test('a long sentence is parted at commas, else between words, else anywhere but within a character', () => {
  expect(phrasesOf('first part of it, second part of it, the third', 24, 'sentence')).toEqual(['first part of it,', 'second part of it,', 'the third']);
  expect(phrasesOf('one two three four five', 10, 'sentence')).toEqual(['one two', 'three four', 'five']);
  expect(phrasesOf('😀'.repeat(5), 3, 'sentence')).toEqual(['😀', '😀', '😀', '😀', '😀']);
});

test('nothing is lost or too long', () => {
  const letters = (text: string): string => text.replace(/\s/g, '');
  fc.assert(fc.property(fc.string({ maxLength: 300 }), fc.integer({ min: 5, max: 60 }), fc.constantFrom('sentence' as const, 'text' as const), (text, longest, takes) => {
    const phrases = phrasesOf(text, longest, takes);
    expect(letters(phrases.join(''))).toBe(letters(text));
    expect(phrases.every((phrase) => phrase.length <= longest && phrase !== '')).toBe(true);
  }), { numRuns: 500 });
});
