// Topics: which there are, which are refused and why, and that what the index finds is what the prefixes of wire.md say.
import { sample, string, assert, constantFrom, integer, property, tuple, uuid } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { topicsOf, under } from '../../runner/feed-index.js';
import { EVENT_TYPES, readTopic } from './topics.js';

const MINE = '5e4a0680-804e-11ec-8477-2fea5968d85b';
const OTHER = '6f18ae1c-ddf8-413b-9572-ad30574604ef';
const ID = '0b1f3a52-1111-4222-8333-944445555666';

describe('topics', () => {
  test.each([
    [`customer_id:${MINE}`, MINE, false],
    [`customer_id:${MINE.toUpperCase()}`, MINE, false],
    [`customer_id:${MINE}:activeflow`, `${MINE}:activeflow`, false],
    [`customer_id:${MINE}:call:${ID}`, `${MINE}:call:${ID}`, false],
    [`customer_id:${MINE}:call:${ID.toUpperCase()}`, `${MINE}:call:${ID}`, false],
    [`customer_id:${MINE}:activeflow:activeflow_updated`, `${MINE}:activeflow:activeflow_updated`, true],
    [`customer_id:${MINE}:activeflow:activeflow_updated:${ID}`, `${MINE}:activeflow:activeflow_updated:${ID}`, true],
    ['activeflow', `${MINE}:activeflow`, false],
    [`recording:${ID}`, `${MINE}:recording:${ID}`, false],
    ['message:message_updated', `${MINE}:message:message_updated`, true],
  ])('%s', (text, wanted, event_topic) => {
    expect(readTopic(text, MINE)).toEqual({ text: wanted, event_topic });
  });

  test.each([
    `customer_id:${OTHER}`, `customer_id:${OTHER}:activeflow`, `customer_id:${OTHER}:activeflow:${ID}`, `customer_id:00000000-0000-0000-0000-000000000000`, `customer_id:${OTHER}:nonsense`,
  ])('%s is forbidden', (text) => {
    expect(readTopic(text, MINE)).toMatchObject({ fault: 'forbidden' });
  });

  test.each([
    '', ':', 'nonsense', 'customer_id', 'customer_id:', 'customer_id:x', `customer_id:${MINE}:`, `customer_id:${MINE}:flow`, `customer_id:${MINE}:activeflow:`, `customer_id:${MINE}:activeflow:x`,
    `customer_id:${MINE}:activeflow:call_created`, `customer_id:${MINE}:activeflow:${ID}:${ID}`, `customer_id:${MINE}:activeflow:activeflow_updated:x`, `customer_id:${MINE}:activeflow:activeflow_updated:${ID}:more`,
    ` customer_id:${MINE}`, `customer_id:${MINE} `, `activeflow:${ID}:x`, 'constructor', '__proto__', 'toString', `activeflow:${'x'.repeat(5_000)}`, 7, null, undefined, {}, ['activeflow'],
  ])('%j is malformed', (text) => {
    expect(readTopic(text, MINE)).toMatchObject({ fault: 'malformed' });
  });

  test('a refusal names the topic, shortened', () => {
    expect(readTopic('x'.repeat(10_000), MINE)).toMatchObject({ message: expect.stringMatching(/^x{160}: /) });
  });
});

describe('what a topic finds', () => {
  const ids = sample(uuid(), 6);
  const resources = Object.keys(EVENT_TYPES) as (keyof typeof EVENT_TYPES)[];
  const heading = tuple(constantFrom(...resources), integer({ min: 0, max: 7 }), constantFrom(...ids), constantFrom(...ids)).map(([resource, type, id, customer_id]) =>
    ({ seq: 1, resource, id, customer_id, type: EVENT_TYPES[resource][type % EVENT_TYPES[resource].length] as string }));
  const part = constantFrom(...ids, ...resources, ...Object.values(EVENT_TYPES).flat(), '', 'x');
  const topic = tuple(constantFrom('customer_id', ...resources), integer({ min: 0, max: 4 }), tuple(part, part, part, part)).map(([first, length, rest]) => [first, ...rest.slice(0, length)].join(':'));

  /** As wire.md says it: a topic fits what begins with it, at a colon. */
  const fits = (text: string, { customer_id, resource, id, type }: { customer_id: string; resource: string; id: string; type: string }, mine: string): boolean => {
    const names = [`customer_id:${customer_id}:${resource}:${id}`, `customer_id:${customer_id}:${resource}:${type}:${id}`, ...(customer_id === mine ? [`${resource}:${id}`, `${resource}:${type}`] : [])];
    return names.some((name) => name === text || name.startsWith(`${text}:`));
  };

  test('is what begins with it at a colon, and no more', () => {
    let hits = 0;
    assert(property(heading, topic, constantFrom(...ids), (entry, text, mine) => {
      const read = readTopic(text, mine);
      if ('fault' in read) return;
      const found = topicsOf(entry).includes(read.text);
      expect(found).toBe(fits(text, entry, mine));
      const { plain, event } = under(entry, (one) => one === read.text);
      expect([plain, event]).toEqual([found && !read.event_topic, found && read.event_topic]);
      if (found) hits++;
    }), { seed: 1, numRuns: 20_000 });
    expect(hits).toBeGreaterThan(50);
  });

  test('is refused wherever it is not a topic, and never throws', () => {
    assert(property(string({ maxLength: 80 }), (text) => {
      const read = readTopic(text, MINE);
      return 'fault' in read || /^(activeflow|call|message|recording)/.test(text) || text.startsWith('customer_id:');
    }), { seed: 1 });
  });
});
