import { DatabaseSync } from '@photostructure/sqlite';

/** What a column holds; a whole number up to 2^53 - 1 is stored and read as an integer, and reading a larger one throws. */
export type SqlValue = string | number | null | Uint8Array;

/** `fsync`: a commit is on the disk; `os`: it is written, not flushed, so it outlives the process alone; `memory`: no file at all. */
export type Durability = 'fsync' | 'os' | 'memory';

/** A statement prepared once and run often; parameters are positional, and text holding U+0000 is refused. */
export type Statement = {
  run(...params: readonly SqlValue[]): { readonly changes: number; readonly last_rowid: number };
  get<Row>(...params: readonly SqlValue[]): Row | undefined;
  all<Row>(...params: readonly SqlValue[]): Row[];
};

/** One open connection; closing it finalizes its statements. */
export type Database = {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
};

type Handle = InstanceType<typeof DatabaseSync>;

const synchronous = { fsync: 2, os: 0, memory: 0 } as const satisfies Record<Durability, number>;

/**
 * Opens (creating it) the database at `path`, which `memory` ignores; throws when a setting does not read back as set.
 * A lock is waited for, blocking the thread, for five seconds at most.
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
    db.close();
    throw error;
  }
  return { exec: (sql) => db.exec(sql), prepare: (sql) => statement(db, sql), close: () => db.close() };
}

function configure(db: Handle, settings: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(settings)) db.exec(`PRAGMA ${name}=${value}`);
  // The library is built with SQLITE_DEFAULT_WAL_SYNCHRONOUS=1: opening the log, which a write does, may lower what was not set.
  db.exec('BEGIN IMMEDIATE');
  db.exec(`PRAGMA user_version=${String(pragma(db, 'user_version'))}`);
  db.exec('COMMIT');
  for (const [name, value] of Object.entries(settings)) {
    const found = pragma(db, name);
    if (found !== value) throw new Error(`SQLite reads ${name}=${String(found)} where ${name}=${value} was set, so its commits cannot be trusted.`);
  }
}

const pragma = (db: Handle, name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() as object)[0];

function statement(db: Handle, sql: string): Statement {
  const prepared = db.prepare(sql);
  return {
    run(...params) {
      refuseNul(params);
      const { changes, lastInsertRowid } = prepared.run(...params);
      return { changes, last_rowid: lastInsertRowid as number };
    },
    get<Row>(...params: readonly SqlValue[]) {
      refuseNul(params);
      return prepared.get(...params) as Row | undefined;
    },
    all<Row>(...params: readonly SqlValue[]) {
      refuseNul(params);
      return prepared.all(...params) as Row[];
    },
  };
}

// The library would cut the text there without a word, and PostgreSQL refuses it too.
function refuseNul(params: readonly SqlValue[]): void {
  for (const value of params) if (typeof value === 'string' && value.includes('\0')) throw new Error('SQL text cannot hold U+0000.');
}
