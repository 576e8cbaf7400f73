import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storeConformance } from '../conformance.js';
import { AT, advanced, CUSTOMER, inserted, picture, sampleState } from '../sample.js';
import { StoreUnavailable, type Store } from '../store.js';
import { openDatabase, type Database } from './binding.js';
import { migrate, migrations } from './migrations.js';
import { openSqlite, storeOn } from './sqlite.js';

let folder = '';
const opened: { close(): unknown }[] = [];
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'activeflow-store-')); });
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  rmSync(folder, { recursive: true, force: true });
});

const file = () => join(folder, 'store.db');
const open = async () => openSqlite(file(), { durability: 'fsync', now: AT });

storeConformance('sqlite', open, async (store) => { await store.close(); return open(); });
storeConformance('sqlite in memory', async () => openSqlite('', { durability: 'memory', now: AT }));

function bare(): { db: Database; store: Store; asked: string[] } {
  const db = openDatabase(file(), { durability: 'fsync' });
  opened.push(db);
  migrate(db, AT);
  const asked: string[] = [];
  // Every statement as it is run.
  const prepare: Database['prepare'] = (sql) => {
    const one = db.prepare(sql);
    return { ...one, run: (...params) => { asked.push(sql); return one.run(...params); }, all: (...params) => { asked.push(sql); return one.all(...params); } };
  };
  return { db, store: storeOn({ ...db, prepare }), asked };
}

const states = Array.from({ length: 50 }, (_, i) => sampleState(`s${i}`));

describe('a commit', () => {
  it('is flushed: the open store keeps synchronous=FULL after migrations and writes', async () => {
    const { db, store } = bare();
    await store.commit(states.map((state) => ({ activeflow: inserted(state) })));
    await store.claim({ now: AT, until: AT, limit: 1 });
    expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  });

  it('is one for a group, and one more where a change fails', async () => {
    const { store, asked } = bare();
    await store.commit(states.map((state) => ({ activeflow: inserted(state) })));
    expect(asked.filter((sql) => sql === 'COMMIT')).toHaveLength(1);
    asked.length = 0;
    const changes = states.map((state, i) => ({ activeflow: advanced(state, {}, i % 10 === 7 ? inserted(state, { expected_version: 1 }) : {}) }));
    const results = await store.commit(changes);
    expect(results.map((result) => (result instanceof Error ? 'failed' : result))).toEqual(states.map((_, i) => (i % 10 === 7 ? 'failed' : 'ok')));
    expect(asked.filter((sql) => sql === 'COMMIT' || sql === 'ROLLBACK')).toEqual(['ROLLBACK', 'COMMIT']);
  });

  it('fails alone for text that a column cannot hold', async () => {
    const { store } = bare();
    const results = await store.commit([{ activeflow: inserted(sampleState('a')) }, { activeflow: inserted(sampleState('b\0')) }, { activeflow: inserted(sampleState('c')) }]);
    expect(results).toEqual(['ok', expect.objectContaining({ message: expect.stringContaining('U+0000') }), 'ok']);
    expect((await store.walk(0, 9)).map(({ row }) => row.state.id)).toEqual(['a', 'c']);
  });

  it('touches no index of the lists while an activeflow runs', async () => {
    const { store, asked } = bare();
    const [state] = states as [(typeof states)[0]];
    await store.commit([{ activeflow: inserted(state) }]);
    const page = await store.activeflows({ customer_id: state.customer_id, status: 'running', limit: 1 });
    await store.commit([{ activeflow: advanced(state) }]);
    expect(asked.filter((sql) => /UPDATE activeflow.*(status|tm_delete)/.test(sql))).toEqual([]);
    expect(page.rows).toHaveLength(1);
  });
});

describe('a list whose filters no index serves', () => {
  it('takes turns with everything else, also where several are asked for at once', async () => {
    const { store, asked } = bare();
    for (let i = 0; i < 3_000; i += 500) {
      await store.commit(Array.from({ length: 500 }, (_, j) => ({ activeflow: inserted(sampleState(`s${i + j}`, { variables: { i: String(i + j) } })) })));
    }
    asked.length = 0;
    const searches = ['1', '2', 'none'].map((i) => store.activeflows({ customer_id: CUSTOMER, limit: 1, variables: { i } }));
    let searching = true;
    const turns = (async () => { while (searching) { asked.push('turn'); await setImmediate(); } })();
    const found = await Promise.all(searches);
    searching = false;
    await turns;
    expect(found.map(({ rows }) => rows.map(({ row }) => row.id))).toEqual([['s1'], ['s2'], []]);
    const slices = asked.join('\n').split('turn').map((turn) => turn.match(/AS hit/g)?.length ?? 0);
    expect(slices.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(30);
    expect(Math.max(...slices.slice(1))).toBe(1);
  });
});

describe('a full disk', () => {
  it('refuses a whole group, keeps what there was, and lets work go on once there is room', async () => {
    const { db, store } = bare();
    await store.commit([{ activeflow: inserted(sampleState('first')) }]);
    const before = await picture(store);
    db.exec(`PRAGMA max_page_count=${db.prepare('PRAGMA page_count').get<{ page_count: number }>()?.page_count ?? 0}`);
    const changes = states.map((state) => ({ activeflow: inserted({ ...state, name: 'x'.repeat(3_000) }) }));
    await expect(store.commit(changes)).rejects.toThrow(StoreUnavailable);
    await expect(store.commit([...changes, { activeflow: inserted(sampleState('b\0')) }])).rejects.toThrow(StoreUnavailable);
    expect(await picture(store)).toEqual(before);
    db.exec('PRAGMA max_page_count=1000000');
    expect(await store.commit(changes)).toEqual(changes.map(() => 'ok'));
  });
});

describe('opening', () => {
  it('says in one sentence why it cannot: no folder, a file of something else, a newer schema, another history', () => {
    expect(() => openSqlite(join(folder, 'none', 'x.db'), { durability: 'fsync', now: AT })).toThrow(/^The store .*x\.db cannot be opened: /);
    expect(() => openSqlite(join(folder, 'none.db'), { read_only: true })).toThrow(/^The store .*none\.db cannot be opened: /);
    const db = openDatabase(file(), { durability: 'fsync' });
    migrate(db, AT);
    db.exec(`INSERT INTO migration (number, name, checksum, applied_at) VALUES (${migrations.length + 1}, 'tomorrow', '', 0)`);
    expect(() => openSqlite(file(), { durability: 'fsync', now: AT })).toThrow(`schema step ${migrations.length + 1} (tomorrow), which this version`);
    expect(() => openSqlite(file(), { read_only: true })).toThrow('(tomorrow)');
    db.exec(`DELETE FROM migration WHERE number > ${migrations.length}; UPDATE migration SET checksum = 'x' WHERE number = 1`);
    expect(() => openSqlite(file(), { durability: 'fsync', now: AT })).toThrow('is not the one the database was made with');
    db.exec('DELETE FROM migration');
    expect(() => openSqlite(file(), { read_only: true })).toThrow('lacks schema step 1');
    db.close();
  });

  it('to read only shows a store beside the server that writes to it, and writes nothing', async () => {
    const store = await open();
    opened.push(store);
    const reader = openSqlite(file(), { read_only: true });
    opened.push(reader);
    await store.commit([{ activeflow: inserted(sampleState('a')) }]);
    expect(await picture(reader)).toEqual(await picture(store));
    await expect(reader.commit([{ activeflow: inserted(sampleState('b')) }])).rejects.toThrow(StoreUnavailable);
  });
});
