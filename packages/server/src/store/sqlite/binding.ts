// The one file that knows the library; why it is this one: docs/adr/0001-sqlite-binding.md.
import { DatabaseSync } from '@photostructure/sqlite';
import { StoreUnavailable } from '../store.js';

/** What a column holds: text without U+0000, bytes, or a number; one beyond 32 bits stays an integer only in an INTEGER column. */
export type SqlValue = string | number | null | Uint8Array;

/**
 * `fsync`: a commit is on the disk; `os`: it is written and not flushed, so a power cut may take the newest commits, but never damages the file;
 * `memory`: there is no file.
 */
export type Durability = 'fsync' | 'os' | 'memory';

/** A statement to prepare once and use often; parameters are positional, and an integer read beyond 2^53 - 1 throws. */
export type Statement = {
  run(...params: readonly SqlValue[]): { readonly changes: number; readonly last_rowid: number };
  get<Row>(...params: readonly SqlValue[]): Row | undefined;
  all<Row>(...params: readonly SqlValue[]): Row[];
};

/** One open connection, throwing `StoreUnavailable` where the disk failed it; `close` takes back an open transaction and moves the log into the file. */
export type Database = {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
};

type Handle = InstanceType<typeof DatabaseSync>;

const synchronous = { fsync: 2, os: 1, memory: 0 } as const satisfies Record<Durability, number>;

/**
 * Opens (creating it) the database at `path`, which `memory` ignores; throws when a setting does not read back as set.
 * A lock held by another process is waited for, blocking the thread, for five seconds at most.
 */
export function openDatabase(path: string, options: { readonly durability: Durability }): Database {
  const in_memory = options.durability === 'memory';
  const db = new DatabaseSync(in_memory ? ':memory:' : path);
  try {
    // The timeout comes first, because switching to a log needs a lock.
    configure(db, {
      busy_timeout: 5_000,
      journal_mode: in_memory ? 'memory' : 'wal',
      synchronous: synchronous[options.durability],
      wal_autocheckpoint: 4_000,
      cache_size: -16_000,
    });
  } catch (error) {
    close(db);
    throw error;
  }
  return database(db, () => close(db));
}

/** Opens the database at `path` to read it alone, also while a server writes to it. Throws where there is none. */
export function openReadOnly(path: string): Database {
  const db = new DatabaseSync(path, { readOnly: true });
  db.exec('PRAGMA busy_timeout=5000');
  return database(db, () => { db.close(); });
}

/** Opens (creating it) a small database without a log, for a lock that is held by an open transaction; it waits for nobody who holds it. */
export function openForLock(path: string): Database {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA busy_timeout=0');
  return database(db, () => {
    if (db.isTransaction) db.exec('ROLLBACK');
    db.close();
  });
}

const database = (db: Handle, close: () => void): Database =>
  ({ exec: (sql) => { guarded(() => { db.exec(sql); }); }, prepare: (sql) => statement(db, sql), close });

function configure(db: Handle, settings: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(settings)) db.exec(`PRAGMA ${name}=${value}`);
  // Built with SQLITE_DEFAULT_WAL_SYNCHRONOUS=1, the library flushes no commit by default, and that default arrives with the first write.
  db.exec('BEGIN IMMEDIATE');
  db.exec(`PRAGMA user_version=${String(pragma(db, 'user_version'))}; COMMIT`);
  for (const [name, value] of Object.entries(settings)) {
    const found = String(pragma(db, name));
    if (found !== String(value)) throw new Error(`SQLite was told ${name}=${value} and reads ${found}, so its commits cannot be trusted.`);
  }
}

const pragma = (db: Handle, name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() as object)[0];

function close(db: Handle): void {
  // The library leaves a connection that prepared a statement to the garbage collector, so what closing means is done here.
  try {
    if (db.isTransaction) db.exec('ROLLBACK');
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

function statement(db: Handle, sql: string): Statement {
  const prepared = db.prepare(sql);
  return {
    run: (...params) => guarded(() => {
      const { changes, lastInsertRowid } = prepared.run(...whole(params));
      return { changes, last_rowid: lastInsertRowid as number };
    }),
    get: <Row>(...params: readonly SqlValue[]) => guarded(() => prepared.get(...whole(params)) as Row | undefined),
    all: <Row>(...params: readonly SqlValue[]) => guarded(() => prepared.all(...whole(params)) as Row[]),
  };
}

// The library would cut text at U+0000 without a word (PostgreSQL refuses such text, too).
function whole(params: readonly SqlValue[]): readonly SqlValue[] {
  for (const value of params) if (typeof value === 'string' && value.includes('\0')) throw new Error('SQL text cannot hold U+0000.');
  return params;
}

/** BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL (sqlite.org/rescode.html): the fault of no statement. */
const UNAVAILABLE = new Set([5, 6, 7, 8, 10, 13, 14, 15]);

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { errcode } = error as { errcode?: number };
    if (errcode === undefined || !UNAVAILABLE.has(errcode & 0xff)) throw error;
    throw new StoreUnavailable(`The store cannot be used now: ${(error as Error).message}.`, { cause: error });
  }
}
