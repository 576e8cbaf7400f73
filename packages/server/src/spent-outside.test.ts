// What a customer has talked to the outside, as its calls say.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { spentOutside } from './spent-outside.js';
import { openMemory } from './store/memory.js';

const MINUTE = 60_000_000;
const MIDNIGHT = 20_000 * 1_440 * MINUTE;

test('calls that were dialled outside count from midnight on, of one customer; others do not', async () => {
  const store = openMemory();
  const [a, b] = [randomUUID(), randomUUID()];
  const call = async (customer_id: string, from: number | null, to: number | null, more: object = {}, born = from ?? 0) => {
    const at = (minute: number | null) => (minute === null ? null : MIDNIGHT + minute * MINUTE);
    const data = { direction: 'outgoing', carrier: 'embedded', destination: { type: 'tel', target: '+49' }, tm_progressing: at(from), tm_hangup: at(to), ...more };
    expect(await store.commit([{ documents: [{ kind: 'call', id: randomUUID(), customer_id, parent: '', key: null, version: 1, tm_create: MIDNIGHT + born * MINUTE, tm_update: null, tm_delete: null, data }] }])).toEqual(['ok']);
  };
  await call(a, -2_000, 50, {}, -2_000);
  await call(a, -10, 5);
  await call(a, -10, -5);
  for (let i = 0; i < 150; i++) await call(a, 10, 11);
  await call(a, 20, 22, { destination: { type: 'sip', target: 'a@b' } });
  await call(a, null, 30);
  await call(a, 30, null);
  await call(a, 40, 45, { destination: { type: 'extension', target: '1000' } });
  await call(a, 40, 45, { direction: 'incoming' });
  await call(a, 40, 45, { carrier: undefined });
  await call(b, 40, 47);
  const spent = spentOutside(store);
  expect(await spent(a, MIDNIGHT)).toBe((5 + 150 + 2) * MINUTE);
  expect(await spent(b, MIDNIGHT)).toBe(7 * MINUTE);
  expect(await spent(randomUUID(), MIDNIGHT)).toBe(0);
});
