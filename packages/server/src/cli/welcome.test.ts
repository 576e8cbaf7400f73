// The flow that `dev` has ready.
import { readFileSync } from 'node:fs';
import { createClient, type Client } from '@activeflow/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../config.js';
import { startServer, type Server } from '../main.js';
import { IVR, welcome } from './welcome.js';

const access_key = `af_${'w'.repeat(40)}`;
let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer(readConfig({ ACTIVEFLOW_STORE: 'memory:', ACTIVEFLOW_PORT: '0', ACTIVEFLOW_LOG: 'silent', ACTIVEFLOW_ACCESS_KEY: access_key }));
  client = createClient({ base_url: server.url, access_key });
});
afterAll(() => server.close());

test('is the example', () => {
  expect(JSON.parse(JSON.stringify(IVR))).toEqual(JSON.parse(readFileSync(new URL('../../../../examples/ivr.json', import.meta.url), 'utf8')));
});

test('is registered once, and never beside what somebody has made', async () => {
  expect(await welcome(client)).toEqual({ number: true, flow: true });
  expect(await welcome(client)).toEqual({ number: true, flow: true });
  const [number, ...others] = (await client.numbers.list().page()).result;
  expect(others).toEqual([]);
  const flows = (await client.flows.list().page()).result;
  expect(flows.map(({ name, actions }) => [name, actions.length])).toEqual([['ivr', 21]]);
  expect(number).toMatchObject({ number: 'ivr', call_flow_id: flows[0]!.id });
  const [queue] = (await client.queues.list().page()).result;
  expect(flows[0]!.actions.find(({ type }) => type === 'queue_join')?.option).toEqual({ queue_id: queue!.id });
  await client.flows.create({ name: 'mine' });
  await client.flows.delete(flows[0]!.id);
  await client.numbers.update(number!.id, { number: 'other' });
  expect(await welcome(client)).toEqual({ number: false, flow: false });
  expect((await client.flows.list().page()).result.map(({ name }) => name)).toEqual(['mine']);
  expect((await client.numbers.list().page()).result.map(({ number: bound }) => bound)).toEqual(['other']);
});
