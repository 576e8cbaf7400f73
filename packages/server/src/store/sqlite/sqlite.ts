// The store on SQLite: one connection on the main thread, WAL, fsync before the answer (docs/adr/0001-sqlite-binding.md).
import type { Instant } from '@activeflow/engine';
import { StoreUnavailable, type Change, type Committed, type Store } from '../store.js';
import { openDatabase, type Database, type Durability } from './binding.js';
import { migrate } from './migrations.js';
import { effectOf, prepareReads, type EffectRow } from './read.js';
import { isComposite, prepareWriter, type Writer } from './write.js';

/** Opens (creating it) the store in the file `path`. Throws, in one sentence, where it cannot be used. */
export function openSqlite(path: string, options: { readonly durability: Durability; readonly now: Instant }): Store {
  const db = openDatabase(path, { durability: options.durability });
  migrate(db, options.now);
  const write = prepareWriter(db);
  const lease = prepareLease(db);
  const expire = db.prepare('DELETE FROM document WHERE did IN (SELECT did FROM document INDEXED BY document_all WHERE kind = ? AND tm_delete IS NULL AND tm_create < ? LIMIT ?)');
  return {
    name: 'sqlite',
    commit: async (changes) => commitGroup(db, write, changes),
    ...lease,
    ...prepareReads(db),
    expire: async (kind, before, limit) => expire.run(kind, before, limit).changes,
    close: async () => { db.close(); },
  };
}

/** One transaction for all. Where one change throws, all are taken back and done again one by one: the failing one fails alone. */
function commitGroup(db: Database, write: Writer, changes: readonly Change[]): readonly Committed[] {
  try {
    return inTransaction(db, () => changes.map((change) => writeWhole(db, write, change)));
  } catch (error) {
    if (isUnavailable(error)) throw new StoreUnavailable(`The store cannot write: ${(error as Error).message}`, { cause: error });
    if (changes.length === 1) return [error instanceof Error ? error : new Error(String(error))];
    return changes.flatMap((change) => commitGroup(db, write, [change]));
  }
}

function inTransaction<T>(db: Database, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk may have taken the transaction back already.
    try { db.exec('ROLLBACK'); } catch { /* there was none left */ }
    throw error;
  }
}

/** A change of one part needs no savepoint: its compare-and-set fails before anything is written. */
function writeWhole(db: Database, write: Writer, change: Change): Committed {
  if (!isComposite(change)) return write(change) ? 'ok' : 'conflict';
  db.exec('SAVEPOINT one');
  const written = write(change);
  if (!written) db.exec('ROLLBACK TO one');
  db.exec('RELEASE one');
  return written ? 'ok' : 'conflict';
}

/** SQLITE_FULL, SQLITE_IOERR, SQLITE_BUSY, SQLITE_READONLY, SQLITE_CANTOPEN: not the change's fault (sqlite.org/rescode.html). */
function isUnavailable(error: unknown): boolean {
  const message = error instanceof Error ? error.message : '';
  return /disk is full|disk I\/O error|database is locked|readonly database|unable to open/i.test(message);
}

function prepareLease(db: Database): Pick<Store, 'claim' | 'recover'> {
  const due = db.prepare('SELECT e.*, a.id AS activeflow_id FROM effect e JOIN activeflow a ON a.rid = e.rid WHERE e.due_at <= ? ORDER BY e.due_at LIMIT ?');
  const lease = db.prepare(`UPDATE effect SET status = CASE status WHEN 'canceling' THEN status ELSE 'performing' END, attempt = attempt + 1, due_at = ? WHERE id = ?`);
  const recover = db.prepare(`UPDATE effect SET due_at = ? WHERE status IN ('performing', 'open')`);
  return {
    async claim({ now, until, limit }) {
      // Most looks find nothing, and a transaction for nothing would still be one.
      if (!due.get(now, 1)) return [];
      const rows = inTransaction(db, () => {
        const found = due.all<EffectRow>(now, limit);
        for (const row of found) lease.run(until, row.id);
        return found;
      });
      return rows.map((row) => ({ ...effectOf(row), status: row.status === 'canceling' ? 'canceling' as const : 'performing' as const, attempt: row.attempt + 1, due_at: until }));
    },
    recover: async (now) => recover.run(now).changes,
  };
}
