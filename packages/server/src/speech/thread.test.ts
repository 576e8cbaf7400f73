import { afterEach, expect, test } from 'vitest';
import type { Odd } from './testing/odd-worker.js';
import { never } from './testing/sounds.js';
import { startThread, type Thread } from './thread.js';

let thread: Thread<Odd>;
afterEach(() => thread.close());
const start = (file = './testing/odd-worker'): void => {
  thread = startThread<Odd>(file, import.meta.url.replace('thread.test.ts', 'thread.ts'));
};
const ask = (does: Odd['does'], n = 0, signal = never, customer_id = 'a'): Promise<Int16Array> => thread.ask(customer_id, { does, n }, signal);

test('answers each question with its own answer, in their order', async () => {
  start();
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => ask('answers', n)));
  expect(answers.map((samples) => samples[0])).toEqual(Array.from({ length: 20 }, (_, n) => n));
});

test('a question that fails is an error, and the next one is answered', async () => {
  start();
  await expect(ask('throws')).rejects.toMatchObject({ reason: 'TTS_FAILED', message: 'thrown' });
  expect(await ask('answers', 1)).toEqual(Int16Array.of(1));
});

test('a thread that ends fails one question; another thread answers the rest', async () => {
  start();
  const answers = [ask('answers', 1), ask('exits'), ask('answers', 2)].map((answer) => answer.catch((error: Error) => error));
  const [before, during, after] = await Promise.all(answers);
  expect(before).toEqual(Int16Array.of(1));
  expect(during).toMatchObject({ reason: 'TTS_FAILED' });
  expect(after).toEqual(Int16Array.of(2));
});

test('a thread that does not start fails each question, and hangs none', async () => {
  start('./testing/no-such-worker');
  for (let i = 0; i < 3; i += 1) await expect(ask('answers')).rejects.toMatchObject({ reason: 'TTS_FAILED' });
});

test('what nobody wants any more is not begun', async () => {
  start();
  const controller = new AbortController();
  const answers = [ask('answers', 1), ask('exits', 0, controller.signal), ask('answers', 2)].map((answer) => answer.catch((error: Error) => error));
  controller.abort();
  expect(await Promise.all(answers)).toEqual([Int16Array.of(1), expect.objectContaining({ reason: 'CANCELED' }), Int16Array.of(2)]);
});

test('customers take turns, however much one of them asks', async () => {
  start();
  const order: string[] = [];
  const asked = (customer_id: string, n: number): Promise<unknown> => ask('answers', n, never, customer_id).then(([value]) => order.push(`${customer_id}${value}`));
  await Promise.all([...Array.from({ length: 5 }, (_, n) => asked('a', n)), asked('b', 0), asked('b', 1), asked('c', 0)]);
  expect(order).toEqual(['a0', 'b0', 'c0', 'a1', 'b1', 'a2', 'a3', 'a4']);
});

test('its end is an answer, too', async () => {
  start();
  const answers = [ask('answers', 1), ask('answers', 2)].map((answer) => answer.catch((error: Error) => error));
  await thread.close();
  for (const answer of await Promise.all(answers)) expect(answer).toHaveProperty('message', expect.stringContaining('stopping'));
  await expect(ask('answers')).rejects.toMatchObject({ reason: 'CANCELED' });
});
