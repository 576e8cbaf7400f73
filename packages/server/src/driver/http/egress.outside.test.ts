// An address for what is no HTTP: checked as one that is asked is.
import { afterAll, describe, expect, test } from 'vitest';
import { createEgress } from './egress.js';

describe('the address of a host', () => {
  const names: Readonly<Record<string, readonly string[]>> = { 'good.example': ['8.8.8.8', '8.8.4.4'], 'mixed.example': ['8.8.8.8', '10.0.0.1'], 'mine.example': ['10.0.0.2'] };
  const egress = createEgress({ allow: ['mine.example', '192.168.7.0/24'], resolve: async (host) => names[host] ?? [] });
  afterAll(() => egress.close());

  test('is the first that it resolves to, or itself', async () => {
    for (const [host, address] of [['good.example', '8.8.8.8'], ['8.8.8.8', '8.8.8.8'], ['2606:4700::1111', '2606:4700::1111'], ['mine.example', '10.0.0.2'], ['192.168.7.9', '192.168.7.9']]) {
      expect(await egress.address(host!), host).toBe(address);
    }
  });

  test('is refused where one of them is not public, unless it is permitted', async () => {
    for (const host of ['mixed.example', '127.0.0.1', '10.0.0.2', '::1', '::ffff:127.0.0.1', '0x7f000001', '192.168.8.9']) await expect(egress.address(host), host).rejects.toMatchObject({ reason: 'EGRESS_REFUSED' });
    for (const host of ['', 'a b', 'user@good.example']) await expect(egress.address(host), host).rejects.toMatchObject({ reason: 'INVALID_URL' });
    await expect(egress.address('nowhere.example')).rejects.toThrow('could not be resolved');
  });
});
