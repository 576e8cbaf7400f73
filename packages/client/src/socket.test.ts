// The feed over a WebSocket, against a real server that goes away and comes back.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket as Library } from 'ws';
import { readConfig } from 'activeflow/internal/config';
import { startServer, type Server } from 'activeflow/internal/main';
import { ActiveflowError, createClient, type Client, type FeedEvent, type FeedState, type SocketOptions } from './index.js';

const access_key = `af_${'k'.repeat(40)}`;
const BLOCK = { type: 'block', option: { timeout: 3_600_000 } };
const WebSocket = Library as unknown as NonNullable<SocketOptions['WebSocket']>;
const SOON = { timeout: 30_000 };

let folder: string;
let server: Server;
let client: Client;
const start = (port = '0'): Promise<Server> => startServer(readConfig({
  ACTIVEFLOW_STORE: `sqlite:${join(folder, 'a.db')}`, ACTIVEFLOW_DURABILITY: 'os', ACTIVEFLOW_PORT: port, ACTIVEFLOW_LOG: 'silent', ACTIVEFLOW_ACCESS_KEY: access_key,
}));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'activeflow-client-'));
  server = await start();
  client = createClient({ base_url: server.url, access_key });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const listen = (more: Partial<SocketOptions> = {}) => {
  const heard: FeedEvent[] = [];
  const states: FeedState[] = [];
  const ends = new AbortController();
  const over = (async () => {
    for await (const event of client.socket({ topics: ['activeflow'], WebSocket, signal: ends.signal, on_state: (state) => { states.push(state); }, ...more })) heard.push(event);
  })();
  return { heard, states, end: () => { ends.abort(); return over; } };
};

test('tells every event once, in order, also over a restart of the server', async () => {
  const ears = listen();
  await expect.poll(() => ears.states.length, SOON).toBeGreaterThan(0);
  const { id } = await client.activeflows.start({ actions: [BLOCK] });
  await expect.poll(() => ears.heard.map(({ type }) => type), SOON).toEqual(['activeflow_created', 'activeflow_updated']);
  const { port } = new URL(server.url);
  await server.close();
  server = await start(port);
  await client.activeflows.pause(id);
  await client.activeflows.stop(id);
  await expect.poll(() => ears.heard.length, SOON).toBe(4);
  await ears.end();
  expect(ears.heard.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(ears.states.some(({ connected }) => !connected)).toBe(true);
}, 90_000);

test('goes on after a number that is given; one that cannot be gone on from is said', async () => {
  await client.activeflows.start({ actions: [BLOCK] });
  const [known, unknown] = [listen({ after: 1 }), listen({ after: 4_711 })];
  await expect.poll(() => [known.heard.length, unknown.heard.length], SOON).toEqual([1, 1]);
  expect([known.heard[0]?.seq, unknown.heard[0]]).toEqual([2, { type: 'resync', seq: 2 }]);
  await Promise.all([known.end(), unknown.end()]);
});

test('throws what no other try would mend', async () => {
  const reasonOf = async (asked: Partial<SocketOptions>, of = client): Promise<string> => {
    try {
      for await (const event of of.socket({ topics: ['activeflow'], WebSocket, ...asked })) return `told ${event.type}`;
      return 'ended';
    } catch (error) {
      return error instanceof ActiveflowError ? error.reason : String(error);
    }
  };
  expect(await reasonOf({ topics: ['nonsense'] })).toBe('INVALID_REQUEST_PARAMETER');
  expect(await reasonOf({ topics: ['customer_id:6f18ae1c-ddf8-413b-9572-ad30574604ef'] })).toBe('PERMISSION_DENIED');
  expect(await reasonOf({}, createClient({ base_url: server.url, access_key: `af_${'x'.repeat(40)}` }))).toBe('INVALID_CREDENTIALS');
  expect(await reasonOf({ topics: ['activeflow:activeflow_created'] })).toMatch(/^TypeError: a topic that names an event type/);
});
