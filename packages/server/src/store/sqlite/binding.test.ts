import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from './binding.js';
import type { Database, Durability, SqlValue } from './binding.js';

let folder = '';
const open: Database[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'activeflow-binding-'));
});

afterEach(() => {
  for (const db of open.splice(0)) db.close();
  rmSync(folder, { recursive: true, force: true });
});

const file = (): string => join(folder, 'test.db');

function opened(durability: Durability, path = file()): Database {
  const db = openDatabase(path, { durability });
  open.push(db);
  return db;
}

function closed(db: Database): void {
  open.splice(open.indexOf(db), 1);
  db.close();
}

const pragma = (db: Database, name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get<object>() ?? {})[0];

function table(): Database {
  const db = opened('memory');
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, count INTEGER, value)');
  return db;
}

describe('durability', () => {
  it.each([
    ['fsync', 'wal', 2],
    ['os', 'wal', 1],
    ['memory', 'memory', 0],
  ] as const)('%s sets its pragmas, and a write does not lower them', (durability, journal_mode, synchronous) => {
    const db = opened(durability);
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    db.prepare('INSERT INTO t DEFAULT VALUES').run();
    expect(pragma(db, 'journal_mode')).toBe(journal_mode);
    expect(pragma(db, 'synchronous')).toBe(synchronous);
    expect(pragma(db, 'wal_autocheckpoint')).toBe(4_000);
    expect(pragma(db, 'busy_timeout')).toBe(5_000);
  });

  it('keeps fsync on a file that is opened again, also while its log is full', () => {
    const first = opened('fsync');
    first.exec('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t DEFAULT VALUES');
    const second = opened('fsync');
    second.exec('INSERT INTO t DEFAULT VALUES');
    expect(pragma(second, 'synchronous')).toBe(2);
    closed(second);
    closed(first);
    const third = opened('fsync');
    expect(third.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 2 });
    third.exec('INSERT INTO t DEFAULT VALUES');
    expect(pragma(third, 'synchronous')).toBe(2);
    expect(pragma(third, 'journal_mode')).toBe('wal');
  });

  it('keeps the user_version that migrations count with', () => {
    const first = opened('fsync');
    first.exec('PRAGMA user_version=7');
    closed(first);
    expect(pragma(opened('fsync'), 'user_version')).toBe(7);
  });

  it('refuses a database that has no log', () => {
    expect(() => openDatabase(':memory:', { durability: 'fsync' })).toThrow('journal_mode=wal and reads memory');
    expect(() => openDatabase('', { durability: 'os' })).toThrow('journal_mode=wal and reads delete');
  });
});

describe('values', () => {
  it.each<SqlValue>([0, -1, 1.5, 1_795_000_000_000_123, 'é😀', '', null])('keeps %s', (value) => {
    const db = table();
    db.prepare('INSERT INTO t (value) VALUES (?)').run(value);
    expect(db.prepare('SELECT value FROM t').get()).toEqual({ value });
  });

  it.each([1_795_000_000_000_123, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])('keeps %d in an INTEGER column', (value) => {
    const db = table();
    db.prepare('INSERT INTO t (id, count) VALUES (?, ?)').run(value, value);
    expect(db.prepare('SELECT id, typeof(id) AS type FROM t WHERE id = ?').get(value)).toEqual({ id: value, type: 'integer' });
    expect(db.prepare('SELECT count, typeof(count) AS type FROM t WHERE count <= ?').get(value)).toEqual({ count: value, type: 'integer' });
    expect(db.prepare('SELECT id FROM t WHERE id = ?').get(value - Math.sign(value))).toBeUndefined();
  });

  it('keeps bytes, zero among them', () => {
    const db = table();
    db.prepare('INSERT INTO t (value) VALUES (?)').run(new Uint8Array([0, 255, 0]));
    expect(db.prepare('SELECT value FROM t').get()).toEqual({ value: new Uint8Array([0, 255, 0]) });
  });

  it('throws rather than round an integer beyond 2^53', () => {
    const db = table();
    db.exec('INSERT INTO t (value) VALUES (9007199254740993)');
    expect(() => db.prepare('SELECT value FROM t').get()).toThrow('too large');
  });

  it('refuses text that the library would cut at U+0000', () => {
    const db = table();
    expect(() => db.prepare('INSERT INTO t (value) VALUES (?)').run('a\0b')).toThrow('U+0000');
    expect(() => db.prepare('SELECT * FROM t WHERE value = ?').get('a\0b')).toThrow('U+0000');
    expect(() => db.prepare('SELECT * FROM t WHERE value = ?').all('a\0b')).toThrow('U+0000');
  });
});

describe('statements', () => {
  it('counts the rows changed, and none for a compare-and-set that lost', () => {
    const db = table();
    const insert = db.prepare('INSERT INTO t (value) VALUES (?)');
    expect(insert.run(1)).toEqual({ changes: 1, last_rowid: 1 });
    expect(insert.run(1)).toEqual({ changes: 1, last_rowid: 2 });
    const update = db.prepare('UPDATE t SET value = ? WHERE value = ?');
    expect(update.run(2, 1).changes).toBe(2);
    expect(update.run(3, 1).changes).toBe(0);
  });

  it('are used again with other parameters, after an error too', () => {
    const db = table();
    const insert = db.prepare('INSERT INTO t (id, value) VALUES (?, ?)');
    insert.run(1, 'one');
    expect(() => insert.run(1, 'again')).toThrow('UNIQUE constraint failed: t.id');
    insert.run(2, 'two');
    const by_id = db.prepare('SELECT value FROM t WHERE id = ?');
    expect([1, 2, 3].map((id) => by_id.get<{ value: string }>(id)?.value)).toEqual(['one', 'two', undefined]);
    expect(db.prepare('SELECT id FROM t WHERE id > ? ORDER BY id').all(0)).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('prepared for BEGIN and ROLLBACK take back what came between', () => {
    const db = table();
    db.prepare('BEGIN IMMEDIATE').run();
    db.prepare('INSERT INTO t (value) VALUES (1)').run();
    db.prepare('ROLLBACK').run();
    expect(db.prepare('SELECT * FROM t').all()).toEqual([]);
  });
});

describe('close', () => {
  it('takes back an open transaction and leaves nothing in the log', () => {
    const first = opened('fsync');
    first.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)');
    const insert = first.prepare('INSERT INTO t DEFAULT VALUES');
    insert.run();
    first.exec('BEGIN IMMEDIATE');
    insert.run();
    closed(first);
    const log = `${file()}-wal`;
    expect(existsSync(log) ? statSync(log).size : 0).toBe(0);
    const second = opened('fsync');
    expect(second.prepare('SELECT id FROM t').all()).toEqual([{ id: 1 }]);
    second.exec('INSERT INTO t DEFAULT VALUES');
  });
});
