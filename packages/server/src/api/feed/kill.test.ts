// A server that is killed while its clients listen: whoever comes back with the last number has heard everything, once.
import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../store/register.js';
import { addressOf, makePlace } from '../../cli/testing/process.js';
import { toldAs } from '../../runner/told.js';
import { keyOf } from '../testing/server.js';
import { listen, type Ears } from './testing/ears.js';

const KILLS = 3;
const key = keyOf('K');
let place: ReturnType<typeof makePlace>;
beforeEach(() => { place = makePlace(); });
afterEach(() => place.close());

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => { server.close(resolve); });
  return port;
};

test('kill -9, three times under load: no gap, no unmarked repeat', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const store = `sqlite:${join(place.folder, 'a.db')}`;
  const start = async () => {
    const running = place.start(['start'], { ACTIVEFLOW_PORT: String(port), ACTIVEFLOW_STORE: store, ACTIVEFLOW_ACCESS_KEY: key, ACTIVEFLOW_LOG: 'error', ACTIVEFLOW_JWT_SECRET: randomBytes(32).toString('hex'), ACTIVEFLOW_RATE_LIMIT: '0' });
    await addressOf(running);
    return running;
  };
  const actions = Array.from({ length: 5 }, () => ({ type: 'variable_set', option: { key: 'a', value: '1' } }));
  const request = () => fetch(`${url}/v1.0/activeflows`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ actions }) }).then((answer) => answer.ok, () => false);

  const numbers: number[] = [];
  const types: string[] = [];
  const hear = async (): Promise<Ears> => {
    const ears = await listen({ url, key });
    ears.ws.on('message', (data) => {
      const { seq, type } = JSON.parse((data as Buffer).toString('utf8')) as { seq: number; type: string };
      numbers.push(seq);
      types.push(type);
    });
    ears.say({ type: 'subscribe', topics: ['activeflow'], after: numbers.at(-1) ?? 0 });
    await ears.heard();
    return ears;
  };

  let running = await start();
  for (let kills = 0; kills < KILLS; kills++) {
    const ears = await hear();
    let going = true;
    const load = Array.from({ length: 4 }, async () => { while (going) if (!(await request())) return; });
    const enough = numbers.length + 100;
    await expect.poll(() => numbers.length, { timeout: 60_000 }).toBeGreaterThan(enough);
    running.child.kill('SIGKILL');
    await running.ended;
    going = false;
    await Promise.all([...load, ears.closed]);
    running = await start();
  }
  const ears = await hear();
  expect(await request()).toBe(true);
  running.child.kill('SIGTERM');
  await ears.closed;
  await running.ended;

  const log = openStore({ kind: 'sqlite', path: join(place.folder, 'a.db') }, 'os', 0);
  const told: number[] = [];
  for (let after = 0; ;) {
    const page = await log.feed(after, 1_000);
    if (page.length === 0) break;
    for (const { seq, event } of page) if (event && toldAs(event) !== undefined) told.push(seq);
    after = page.at(-1)?.seq ?? after;
  }
  await log.close();
  expect(types).not.toContain('resync');
  // The last run may have been told only in part when the server ended; all before it was.
  expect(numbers).toEqual(told.slice(0, numbers.length));
  expect(told.length - numbers.length).toBeLessThanOrEqual(8);
}, 240_000);
