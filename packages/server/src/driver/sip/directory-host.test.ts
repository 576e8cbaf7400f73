// The directory over documents as the API writes them.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allOf, firstCustomer } from '../../api/accounts.js';
import { startTest, type Tested } from '../../api/testing/server.js';
import { createDirectory } from './directory-host.js';
import type { Directory } from './directory.js';

describe('the directory', () => {
  let t: Tested;
  let other: { id: string; key: string };
  let directory: Directory;
  beforeAll(async () => {
    t = await startTest('memory');
    // Later than the first, so that there is a first.
    await t.ask('POST', '/simulator/clock', { body: { advance_ms: 1_000 } });
    other = await t.customer();
    const { store } = t.server.parts;
    directory = createDirectory({
      document: (kind, id) => store.document(kind, id), find: (kind, key) => store.find(kind, key),
      documentsOf: async (kind, parent) => (await store.documents({ kind, parent, limit: 100 })).map(({ row }) => row),
    }, { firstCustomer: async () => (await firstCustomer(store))?.id, trunks: () => allOf(store, { kind: 'trunk' }) });
  });
  afterAll(() => t.close());
  const trunk = async (body: object, key = t.key) => (await t.ask('POST', '/trunks', { body, key })).body as { id: string };

  test('a domain names a customer by its id, alone or in front of a dot; any other is the first one\'s', async () => {
    expect(await directory.customerOf(other.id)).toBe(other.id);
    expect(await directory.customerOf(`${other.id.toUpperCase()}.sip.example.com`)).toBe(other.id);
    for (const host of ['127.0.0.1', 'sip.example.com', '[::1]', '', `sip.${other.id}`]) expect(await directory.customerOf(host), host).toBe(t.customer_id);
    expect(await directory.customerOf('6f18ae1c-ddf8-413b-9572-ad30574604ef')).toBe(undefined);
  });

  test('an extension is found within its customer, with what its digest is checked with and nothing else', async () => {
    const made = (await t.ask('POST', '/extensions', { body: { extension: '1000', password: 'correct horse' } })).body as { id: string };
    const ha1 = (algorithm: string) => createHash(algorithm).update(`1000:${t.customer_id}:correct horse`).digest('hex');
    expect(await directory.extension(t.customer_id, '1000')).toMatchObject({ id: made.id, customer_id: t.customer_id, extension: '1000', ha1: { md5: ha1('md5'), sha256: ha1('sha256') } });
    expect(JSON.stringify(await t.server.parts.store.document('extension', made.id))).not.toContain('correct horse');
    expect(await directory.extension(other.id, '1000')).toBe(undefined);
    for (const name of ['1001', '', '\0', '../1000', '1000 ']) expect(await directory.extension(t.customer_id, name), name).toBe(undefined);
    await t.ask('DELETE', `/extensions/${made.id}`);
    expect(await directory.extension(t.customer_id, '1000')).toBe(undefined);
  });

  test('a trunk is found by the address that a call comes from, of the customer who was called', async () => {
    const [a, b] = [await trunk({ name: 'a', allowed_addresses: ['192.0.2.7', '198.51.100.0/24', '2001:db8::/32'] }), await trunk({ name: 'b', allowed_addresses: ['192.0.2.7'] }, other.key)];
    for (const address of ['192.0.2.7', '198.51.100.255', '2001:db8::5', '::ffff:192.0.2.7']) expect((await directory.trunkByAddress(t.customer_id, address))?.id, address).toBe(a.id);
    for (const address of ['192.0.2.8', '198.51.101.0', '2001:db9::', 'nonsense', '']) expect(await directory.trunkByAddress(t.customer_id, address), address).toBe(undefined);
    expect((await directory.trunkByAddress(other.id, '192.0.2.7'))?.id).toBe(b.id);
    await t.ask('DELETE', `/trunks/${a.id}`);
    expect(await directory.trunkByAddress(t.customer_id, '192.0.2.7')).toBe(undefined);
  });

  test('the longest prefix takes a number; without a uri or a prefix nothing goes out', async () => {
    const [all, germany] = [await trunk({ uri: 'sip:a.example.com', prefixes: ['+'] }), await trunk({ uri: 'sip:b.example.com;transport=tcp', prefixes: ['+49', '0'] })];
    await trunk({ prefixes: ['+4930'] });
    await trunk({ uri: 'sip:c.example.com' });
    for (const [number, id] of [['+4930123', germany.id], ['+15550100', all.id], ['030123', germany.id], ['15550100', undefined], ['', undefined]]) {
      expect((await directory.trunkFor(t.customer_id, number!))?.id, number).toBe(id);
    }
    expect(await directory.trunkFor(other.id, '+4930123')).toBe(undefined);
  });

  test('a trunk that shows credentials is found by its user name, of the customer who was called; not where it has no password', async () => {
    const made = await trunk({ username: 'provider', password: 'secret' });
    await trunk({ username: 'open' });
    expect(await directory.trunkByUsername(t.customer_id, 'provider')).toMatchObject({ id: made.id, password: 'secret' });
    for (const [customer, name] of [[t.customer_id, 'open'], [t.customer_id, ''], [other.id, 'provider']]) expect(await directory.trunkByUsername(customer!, name!)).toBe(undefined);
  });

  test('the trunks that we register with, of all customers, with their passwords', async () => {
    await trunk({ name: 'mine', uri: 'sip:a.example.com', username: 'u', password: 'secret', register: true });
    await trunk({ name: 'theirs', uri: 'sip:b.example.com', username: 'v', register: true }, other.key);
    expect((await directory.registering()).map(({ name, username, password }) => [name, username, password]).sort()).toEqual([['mine', 'u', 'secret'], ['theirs', 'v', '']]);
  });
});
