// Whatever belongs to another customer is as good as nothing (promise G8). Made from the table of routes, so that a new route is covered by itself.
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describedRoutes } from './openapi.js';
import { EXAMPLES } from './examples.js';
import type { Route } from './route.js';
import { startTest, STORES, type Tested } from './testing/server.js';

const routes = describedRoutes();
const withId = routes.filter(({ path }) => path.includes('{id}'));

/** The resource that a path begins with, whose id comes next: `/simulator/calls/{id}/digits` is about calls. */
const resourceOf = ({ path }: Route): string => /([a-z_]+)\/\{id\}/.exec(path)?.[1] ?? '';

describe.each(STORES)('another customer on %s', (store) => {
  let t: Tested;
  let other: { id: string; key: string };
  /** For each resource, the id of one that the first customer has. */
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    t = await startTest(store);
    other = await t.customer();
    const make = async (path: string, body: object) => (await t.ask('POST', path, { body })).body;
    ids['flows'] = (await make('/flows', EXAMPLES['createFlow']!)).id;
    ids['activeflows'] = (await make('/activeflows', { actions: [{ type: 'block' }] })).id;
    ids['calls'] = (await make('/simulator/calls', { actions: [{ type: 'talk', option: { text: 'Hello' } }], auto_play: false })).id;
    ids['messages'] = (await make('/messages', EXAMPLES['sendMessage']!)).id;
    ids['numbers'] = (await make('/numbers', EXAMPLES['createNumber']!)).id;
    ids['accesskeys'] = (await make('/accesskeys', { name: 'mine' })).id;
    ids['extensions'] = (await make('/extensions', EXAMPLES['createExtension']!)).id;
    ids['trunks'] = (await make('/trunks', EXAMPLES['createTrunk']!)).id;
    ids['queues'] = (await make('/queues', EXAMPLES['createQueue']!)).id;
    ids['recordings'] = ids['recordingfiles'] = randomUUID();
    ids['webhook_deliveries'] = randomUUID();
    // Something to be heard, where it may be.
    mkdirSync(t.server.parts.recordings_folder, { recursive: true });
    writeFileSync(join(t.server.parts.recordings_folder, 'a.wav'), 'RIFF');
    const delivery = { id: ids['webhook_deliveries'], kind: 'webhook.deliver', customer_id: t.customer_id, activeflow_id: ids['activeflows']!, queue: 'q', lane: 'l', label: 'activeflow_created', at: Number.MAX_SAFE_INTEGER } as const;
    await t.server.parts.store.commit([{ queued: [{ ...delivery, payload: { to: 'customer', type: 'activeflow_created', n: 0, webhook_uri: 'http://example.com', webhook_method: 'POST' } }] }]);
    await t.server.parts.store.commit([{ documents: [{ kind: 'recording', id: ids['recordings'], customer_id: t.customer_id, parent: '', key: null, version: 1, tm_create: 1, tm_update: null, tm_delete: null, data: { status: 'ended', file: 'a.wav' } }] }]);
  });
  afterAll(() => t.close());

  test('every resource with an id has one to be tried with', () => {
    expect([...new Set(withId.map(resourceOf))].sort()).toEqual(Object.keys(ids).sort());
  });

  test.each(withId.map((row) => [`${row.method} ${row.path}`, row] as const))('%s: as for an unknown id', async (_, row) => {
    const body = row.body ? { body: EXAMPLES[row.operation] ?? {} } : {};
    const path = (id: string) => row.path.replace('{id}', id).replace('{n}', '1');
    const bare = ({ text }: { text: string }) => text.replaceAll(/"request_id":"[^"]*"/g, '');
    const before = await t.ask('GET', `/${resourceOf(row)}/${ids[resourceOf(row)]}`);
    const foreign = await t.ask(row.method, path(ids[resourceOf(row)]!), { key: other.key, ...body });
    const unknown = await t.ask(row.method, path(randomUUID()), { key: other.key, ...body });
    expect(unknown.status).toBe(404);
    expect({ status: foreign.status, body: bare(foreign) }).toEqual({ status: unknown.status, body: bare(unknown) });
    expect((await t.ask('GET', `/${resourceOf(row)}/${ids[resourceOf(row)]}`)).body).toEqual(before.body);
  });

  test.each(routes.filter(({ method, answer }) => method === 'GET' && 'result' in ((answer as { properties?: object }).properties ?? {})).map(({ path }) => path).filter((path) => !path.includes('{')))(
    'GET %s: a list of one\'s own', async (path) => {
      const mine = (await t.ask('GET', path)).body.result as { id: string }[];
      const theirs = (await t.ask('GET', path, { key: other.key })).body.result as { id: string }[];
      expect(theirs.filter(({ id }) => mine.some((one) => one.id === id))).toEqual([]);
    });

  test('an id in a body that is another customer\'s is as good as an unknown one', async () => {
    const flow = ids['flows']!;
    const tries: readonly (readonly [string, string, (id: string) => object])[] = [
      ['POST', '/activeflows', (flow_id) => ({ flow_id })], ['POST', '/activeflows', (on_complete_flow_id) => ({ actions: [], on_complete_flow_id })],
      ['POST', '/flows', (on_complete_flow_id) => ({ on_complete_flow_id })], ['POST', '/calls', (flow_id) => ({ destinations: [{ target: '+1' }], flow_id })],
      ['POST', '/numbers', (call_flow_id) => ({ number: '+15550199', call_flow_id })], ['POST', '/numbers', (message_flow_id) => ({ number: '+15550199', message_flow_id })],
      ['POST', '/queues', (wait_flow_id) => ({ wait_flow_id })],
      ['POST', '/simulator/calls', (flow_id) => ({ flow_id })], ['POST', '/simulator/messages', (flow_id) => ({ flow_id, text: 'x' })],
    ];
    for (const [method, path, body] of tries) {
      const unknown = randomUUID();
      const bare = ({ text }: { text: string }, id: string) => text.replaceAll(/"request_id":"[^"]*"/g, '').replaceAll(id, '<id>');
      const foreign = await t.ask(method, path, { key: other.key, body: body(flow) });
      expect(foreign.body.error.reason, path).toBe('FLOW_NOT_FOUND');
      expect(bare(foreign, flow)).toBe(bare(await t.ask(method, path, { key: other.key, body: body(unknown) }), unknown));
    }
  });

  test('a number, an extension, the address of a trunk, an Idempotency-Key and a chosen id of another customer tell nothing of them', async () => {
    for (const [path, operation] of [['/numbers', 'createNumber'], ['/extensions', 'createExtension'], ['/trunks', 'createTrunk']] as const) {
      expect((await t.ask('POST', path, { key: other.key, body: EXAMPLES[operation] })).status, path).toBe(200);
    }
    const headers = { 'idempotency-key': 'the-same' };
    const [mine, theirs] = [await t.ask('POST', '/flows', { headers, body: { name: 'mine' } }), await t.ask('POST', '/flows', { headers, key: other.key, body: { name: 'theirs' } })];
    expect([mine.body.name, theirs.body.name]).toEqual(['mine', 'theirs']);
    expect((await t.ask('GET', `/activeflows?reference_id=${ids['calls']!}`, { key: other.key })).body.result).toEqual([]);
  });
});
