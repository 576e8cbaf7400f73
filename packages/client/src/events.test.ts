// The feed as the client reads it: against a real server that goes away and comes back, and against peers that behave badly.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from 'activeflow/internal/config';
import { startServer, type Server } from 'activeflow/internal/main';
import { ActiveflowError, createClient, type Client, type FeedEvent, type FeedState } from './index.js';
import { readBlocks } from './sse.js';

const access_key = `af_${'k'.repeat(40)}`;
const SET = { type: 'variable_set', option: { key: 'a', value: '1' } };
const BLOCK = { type: 'block', option: { timeout: 3_600_000 } };

describe('against a real server', () => {
  let folder: string;
  let server: Server;
  let client: Client;
  const start = (port = '0'): Promise<Server> => startServer(readConfig({
    ACTIVEFLOW_STORE: `sqlite:${join(folder, 'a.db')}`, ACTIVEFLOW_DURABILITY: 'os', ACTIVEFLOW_PORT: port, ACTIVEFLOW_LOG: 'silent', ACTIVEFLOW_ACCESS_KEY: access_key, ACTIVEFLOW_SIMULATOR: 'true',
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

  /** Reads in the background from the moment it is connected. */
  const listen = async (events: (options: { on_state: (state: FeedState) => void; signal: AbortSignal }) => AsyncIterable<FeedEvent>) => {
    const heard: FeedEvent[] = [];
    const states: FeedState[] = [];
    const ends = new AbortController();
    const over = (async () => {
      for await (const event of events({ signal: ends.signal, on_state: (state) => { states.push(state); } })) heard.push(event);
    })();
    await expect.poll(() => states.length, { timeout: 20_000 }).toBeGreaterThan(0);
    return { heard, states, over, end: () => { ends.abort(); return over; } };
  };

  test('every event of a run is told once, in order, numbered, as the resource was then', async () => {
    const ears = await listen((options) => client.events({ topics: ['activeflow'], ...options }));
    const { id } = await client.activeflows.start({ actions: [SET, SET] });
    await expect.poll(() => ears.heard.length, { timeout: 20_000 }).toBe(5);
    await ears.end();
    const shown = ears.heard.map((event) => (event.type.startsWith('activeflow') && 'data' in event ? `${event.type} ${String((event.data as { status: string }).status)}` : event.type));
    expect(shown).toEqual(['activeflow_created running', 'activeflow_updated running', 'activeflow_updated running', 'activeflow_updated running', 'activeflow_updated ended']);
    expect(ears.heard.every((event) => 'data' in event && event.data.id === id)).toBe(true);
    expect(ears.heard.map(({ seq }) => seq - ears.heard[0]!.seq)).toEqual([0, 1, 2, 3, 4]);
  });

  test('the events of one activeflow end with it; of one that has ended there are none', async () => {
    const { id } = await client.activeflows.start({ actions: [BLOCK] });
    const ears = await listen((options) => client.activeflows.events(id, options));
    await client.activeflows.stop(id);
    await ears.over;
    expect(ears.heard.map((event) => 'data' in event && (event.data as { status: string }).status)).toEqual(['ended']);
    for await (const event of client.activeflows.events(id)) expect(event).toBeUndefined();
  });

  test('who was away is told what came since', async () => {
    const first = await client.activeflows.start({ actions: [BLOCK] });
    const ears = await listen((options) => client.events({ topics: ['activeflow'], ...options }));
    await client.activeflows.pause(first.id);
    await expect.poll(() => ears.heard.length, { timeout: 20_000 }).toBe(1);
    await ears.end();
    await client.activeflows.resume(first.id);
    await client.activeflows.stop(first.id);
    const again = await listen((options) => client.events({ topics: ['activeflow'], after: ears.heard[0]!.seq, ...options }));
    await expect.poll(() => again.heard.length, { timeout: 20_000 }).toBe(2);
    await again.end();
    expect(again.heard.map(({ seq }) => seq - ears.heard[0]!.seq)).toEqual([1, 2]);
  });

  test('a server that is started again is gone on with where it was: nothing is missing, nothing twice', async () => {
    const { id } = await client.activeflows.start({ actions: [BLOCK, BLOCK] });
    const ears = await listen((options) => client.events({ topics: ['activeflow'], ...options }));
    await client.activeflows.pause(id);
    await expect.poll(() => ears.heard.length, { timeout: 20_000 }).toBe(1);
    const { port } = new URL(server.url);
    await server.close();
    server = await start(port);
    // Before it has come back, and after.
    await client.activeflows.resume(id);
    await expect.poll(() => ears.states.filter(({ connected }) => connected).length, { timeout: 30_000 }).toBe(2);
    await client.activeflows.stop(id);
    await expect.poll(() => ears.heard.length, { timeout: 20_000 }).toBe(3);
    await ears.end();
    expect(ears.heard.map(({ seq }) => seq - ears.heard[0]!.seq)).toEqual([0, 1, 2]);
    expect(ears.states.map(({ connected }) => connected)).toContain(false);
  }, 90_000);

  test('one who has heard nothing yet misses nothing, either', async () => {
    const ears = await listen((options) => client.events({ topics: ['activeflow'], ...options }));
    const { port } = new URL(server.url);
    await server.close();
    server = await start(port);
    await client.activeflows.start({ actions: [BLOCK] });
    await expect.poll(() => ears.heard.map(({ type }) => type), { timeout: 30_000 }).toEqual(['activeflow_created', 'activeflow_updated']);
    await ears.end();
  }, 90_000);

  test('what no other try would mend is thrown', async () => {
    const reasonOf = async (events: AsyncIterable<FeedEvent>): Promise<string> => {
      try {
        for await (const event of events) return `told ${event.type}`;
        return 'ended';
      } catch (error) {
        return error instanceof ActiveflowError ? error.reason : String(error);
      }
    };
    expect(await reasonOf(client.events({ topics: ['nonsense'] }))).toBe('INVALID_REQUEST_PARAMETER');
    expect(await reasonOf(client.events({ topics: ['customer_id:6f18ae1c-ddf8-413b-9572-ad30574604ef'] }))).toBe('PERMISSION_DENIED');
    expect(await reasonOf(createClient({ base_url: server.url, access_key: `af_${'x'.repeat(40)}` }).events({ topics: ['activeflow'] }))).toBe('INVALID_CREDENTIALS');
    expect(await reasonOf(client.activeflows.events('6f18ae1c-ddf8-413b-9572-ad30574604ef'))).toBe('ACTIVEFLOW_NOT_FOUND');
  });
});

describe('against peers that behave badly', () => {
  let peer: HttpServer;
  let base_url: string;
  let answer: (response: ServerResponse, tries: number, url: string) => void;
  beforeEach(async () => {
    let tries = 0;
    peer = createServer((request, response) => { answer(response, ++tries, request.url ?? ''); });
    await new Promise<void>((resolve) => { peer.listen(0, '127.0.0.1', resolve); });
    base_url = `http://127.0.0.1:${(peer.address() as AddressInfo).port}`;
  });
  afterEach(() => { peer.closeAllConnections(); peer.close(); });

  test('a connection that breaks in the middle of an event: the event is asked for again', async () => {
    const asked: string[] = [];
    answer = (response, tries, url) => {
      asked.push(new URL(url, base_url).searchParams.get('after') ?? '');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (tries === 1) response.write('id: 7\n\nid: 8\nevent: activeflow_updated\ndata: {"status":"running"}\n\nid: 9\nevent: activeflow_updated\nda', () => { response.destroy(); });
      else response.write('id: 9\nevent: activeflow_updated\ndata: {"status":"ended"}\n\n');
    };
    const heard: FeedEvent[] = [];
    for await (const event of createClient({ base_url }).activeflows.events('1')) heard.push(event);
    expect(heard).toEqual([{ seq: 8, type: 'activeflow_updated', data: { status: 'running' } }, { seq: 9, type: 'activeflow_updated', data: { status: 'ended' } }]);
    expect(asked).toEqual(['', '8']);
  });

  test('a busy one is asked again', async () => {
    answer = (response, tries) => {
      if (tries < 3) response.writeHead(503, { 'content-type': 'application/json' }).end('{"error":{"status":"UNAVAILABLE","reason":"SERVICE_UNAVAILABLE","message":"no"}}');
      else response.writeHead(204).end();
    };
    const states: FeedState[] = [];
    for await (const event of createClient({ base_url }).activeflows.events('1', { on_state: (state) => { states.push(state); } })) expect(event).toBeUndefined();
    expect(states.map((state) => !state.connected && state.error?.reason)).toEqual(['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE']);
  });

  test('a signal ends it while it waits for the next try', async () => {
    answer = (response) => { response.destroy(); };
    const ends = new AbortController();
    for await (const event of createClient({ base_url }).events({ topics: ['activeflow'], signal: ends.signal, on_state: () => { ends.abort(); } })) expect(event).toBeUndefined();
  });
});

describe('blocks of a stream', () => {
  const read = async (...parts: string[]) => {
    const body = new ReadableStream<Uint8Array>({ start(controller) { for (const part of parts) controller.enqueue(new TextEncoder().encode(part)); controller.close(); } });
    const blocks = [];
    for await (const block of readBlocks(body, 10_000)) blocks.push(block);
    return blocks;
  };

  test('are the same however the bytes are cut', async () => {
    const text = ':\n\nretry: 1000\nid: 4\n\nid: 5\nevent: activeflow_updated\ndata: {"a":"ä€"}\n\nid:6\ndata:one\ndata: two\n\nid: 7';
    const whole = await read(text);
    expect(whole).toEqual([
      { id: '', event: '', data: '' }, { id: '4', event: '', data: '' }, { id: '5', event: 'activeflow_updated', data: '{"a":"ä€"}' }, { id: '6', event: '', data: 'one\ntwo' },
    ]);
    expect(await read(...text)).toEqual(whole);
    expect(await read(...(text.match(/[^]{1,7}/g) ?? []))).toEqual(whole);
    expect(await read(text.replaceAll('\n', '\r\n'))).toEqual(whole);
  });

  test('silence is an error', async () => {
    const silent = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => { /* never */ }) });
    await expect(readBlocks(silent, 20).next()).rejects.toThrow('nothing came for 20 ms');
  });
});
