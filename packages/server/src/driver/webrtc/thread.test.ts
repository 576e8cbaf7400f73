import { expect, it } from 'vitest';
import { candidateAddresses } from './addresses.js';
import { keepThread } from './thread.js';

const SETTINGS = { host: '127.0.0.1', port: 0, connect_ms: 15_000, quiet_ms: 15_000 };

it('a worker thread that dies is told of, and the next who needs one gets another', async () => {
  const died: string[] = [];
  const kept = keepThread(SETTINGS, () => undefined, (message) => { died.push(message); });
  const first = await kept.running();
  expect(await kept.running()).toBe(first);
  // A mistake of ours, as it would be: it is no offer.
  first.tell({ type: 'open' } as never);
  await expect.poll(() => died).toHaveLength(1);
  expect(died[0]).toContain('TypeError');
  const second = await kept.running();
  expect(second.fingerprint).not.toBe(first.fingerprint);
  await kept.stop();
  expect(died).toHaveLength(1);
});

it('browsers are told the public address, or the bound one, or every one that others may reach', () => {
  expect(candidateAddresses('127.0.0.1', '203.0.113.5')).toEqual(['203.0.113.5']);
  expect(candidateAddresses('127.0.0.1', '')).toEqual(['127.0.0.1']);
  expect(candidateAddresses('::1', '')).toEqual(['::1']);
  for (const host of ['0.0.0.0', '::']) {
    const found = candidateAddresses(host, '');
    expect(found.length).toBeGreaterThan(0);
    expect(new Set(found.map((one) => one.includes(':')))).toEqual(new Set([host === '::']));
  }
});
