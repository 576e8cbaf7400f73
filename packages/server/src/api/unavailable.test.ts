// The disk is full, or the database away: 503 with Retry-After, nothing acknowledged is lost, and work resumes by itself (promise G9).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../store/sqlite/binding.js';
import { migrate } from '../store/sqlite/migrations.js';
import { storeOn } from '../store/sqlite/sqlite.js';
import { StoreUnavailable, type Store } from '../store/store.js';
import { startTest, STORES, type Tested } from './testing/server.js';

let t: Tested;
afterEach(() => t.close());

/** Breaks the store's writing from now on, as a full disk does; its reading too where it is away. Gives a function that mends it. */
function breakStore(store: Store, what: 'full' | 'away'): () => void {
  const kept = { ...store };
  const down = async () => { throw new StoreUnavailable('The store cannot be used now: database or disk is full.'); };
  const names = what === 'full' ? ['commit', 'claim'] as const : Object.keys(store).filter((name) => !['name', 'close'].includes(name)) as (keyof Store)[];
  for (const name of names) Object.assign(store, { [name]: down });
  return () => { Object.assign(store, kept); };
}

describe.each(STORES)('a store that fails, on %s', (store) => {
  test.each(['full', 'away'] as const)('%s: what would change is 503, what was acknowledged is there, and timers go on afterwards', async (what) => {
    t = await startTest(store, { CLOCK: 'real' });
    const { store: broken } = t.server.parts;
    const flow = (await t.ask('POST', '/flows', { body: { name: 'before' } })).body;
    const waiting = (await t.ask('POST', '/activeflows', { body: { actions: [{ type: 'sleep', option: { duration: 1_000 } }] } })).body;
    const due_ms = performance.now() + 1_000;
    const mend = breakStore(broken, what);
    const refused = [
      await t.ask('POST', '/flows', { body: { name: 'lost' } }), await t.ask('POST', '/activeflows', { body: { actions: [{ type: 'block' }], id: '11111111-1111-4111-8111-111111111111' } }),
      await t.ask('POST', `/activeflows/${waiting.id}/pause`), await t.ask('PUT', `/flows/${flow.id}`, { body: { name: 'lost' } }), await t.ask('POST', '/accesskeys', { body: {} }),
      await t.ask('PUT', '/customer', { body: { name: 'lost' } }), await t.ask('POST', '/numbers', { body: { number: '+1' } }), await t.ask('DELETE', `/flows/${flow.id}`),
      await t.ask('POST', '/simulator/calls', { body: { actions: [] } }),
    ];
    for (const { status, headers, body } of refused) {
      expect([status, body.error.reason, headers.get('retry-after')]).toEqual([503, 'SERVICE_UNAVAILABLE', '1']);
    }
    expect((await t.ask('GET', '//readyz', { key: null })).status).toBe(503);
    expect((await t.ask('GET', '//healthz', { key: null })).status).toBe(200);
    expect((await t.ask('GET', '//metrics', { key: null })).status).toBe(200);
    if (what === 'full') expect((await t.ask('GET', `/flows/${flow.id}`)).body).toEqual(flow);
    // It comes due while nothing can be written.
    await new Promise((resolve) => { setTimeout(resolve, Math.max(0, due_ms + 100 - performance.now())); });
    mend();
    // Nothing is asked of it again: what was due meanwhile is done all the same.
    await t.until(`/activeflows/${waiting.id}`, ({ status }) => status === 'ended');
    expect((await t.ask('GET', `/flows/${flow.id}`)).body).toEqual(flow);
    expect((await t.ask('GET', '/flows')).body.result).toHaveLength(1);
    expect((await t.ask('GET', '/activeflows/11111111-1111-4111-8111-111111111111')).status).toBe(404);
    expect((await t.ask('GET', '/customer')).body.name).not.toBe('lost');
    await t.until('/me', (me) => me.customer_id === t.customer_id);
    await new Promise((resolve) => { setTimeout(resolve, 1_050); });
    expect((await t.ask('GET', '//readyz', { key: null })).status).toBe(200);
  });
});

describe('a SQLite file that may not grow', () => {
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-full-'));
  afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

  test('refuses with 503, keeps every acknowledged row, and takes new ones once there is room', async () => {
    const db = openDatabase(join(folder, 'full.db'), { durability: 'os' });
    migrate(db, 1);
    t = await startTest('sqlite', {}, { store: storeOn(db) });
    const { page_count = 0 } = db.prepare('PRAGMA page_count').get<{ page_count: number }>() ?? {};
    db.exec(`PRAGMA max_page_count=${page_count + 30}`);
    const acknowledged: string[] = [];
    let refused: Awaited<ReturnType<Tested['ask']>> | undefined;
    for (let i = 0; i < 100 && !refused; i++) {
      const answers = await Promise.all(Array.from({ length: 4 }, () => t.ask('POST', '/flows', { body: { name: 'full', detail: 'x'.repeat(8_000) } })));
      acknowledged.push(...answers.filter(({ status }) => status === 200).map(({ body }) => body.id as string));
      refused = answers.find(({ status }) => status !== 200);
    }
    expect(refused?.status).toBe(503);
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect((await t.ask('GET', '//readyz', { key: null })).status).toBeGreaterThanOrEqual(200);
    expect(acknowledged.length).toBeGreaterThan(0);
    for (const id of acknowledged) expect((await t.ask('GET', `/flows/${id}`)).status).toBe(200);
    expect((await t.ask('GET', '/flows')).body.result).toHaveLength(acknowledged.length);
    db.exec('PRAGMA max_page_count=1000000');
    expect((await t.ask('POST', '/flows', { body: { name: 'room again' } })).status).toBe(200);
    expect((await t.ask('GET', '/flows')).body.result).toHaveLength(acknowledged.length + 1);
  });
});
