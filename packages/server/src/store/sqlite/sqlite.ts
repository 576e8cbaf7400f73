// The store on SQLite: one connection on the main thread, WAL, fsync before the answer (docs/adr/0001-sqlite-binding.md).
import type { Instant } from '@activeflow/engine';
import { StoreUnavailable, type Change, type Committed, type Store } from '../store.js';
import { openDatabase, openReadOnly, type Database, type Durability } from './binding.js';
import { takeLock, type Lock } from './lock.js';
import { checkSchema, migrate } from './migrations.js';
import { prepareQueuedLease } from './queued.js';
import { prepareReads } from './read.js';
import { effectOf, type EffectRow } from './row.js';
import { isComposite, prepareWriter, type Writer } from './write.js';

/** How to open a store: to write, with the promise of a durability and, unless it is in memory, alone; to administer it, or only read it, beside its server. */
export type SqliteOptions = { readonly durability: Durability; readonly now: Instant } | { readonly beside: true } | { readonly read_only: true };

/** Opens (creating it, but for `beside` and `read_only`) the store in the file `path`. Throws, in one sentence, where it cannot be used. */
export function openSqlite(path: string, options: SqliteOptions): Store {
  let lock: Lock | undefined;
  let db: Database | undefined;
  try {
    if (!('durability' in options)) {
      db = 'beside' in options ? openDatabase(path, { durability: 'fsync' }) : openReadOnly(path);
      checkSchema(db);
      return storeOn(db);
    }
    if (options.durability !== 'memory') lock = takeLock(path, options.now);
    db = openDatabase(path, options);
    migrate(db, options.now);
    const store = storeOn(db);
    return { ...store, close: async () => { await store.close(); lock?.release(); } };
  } catch (error) {
    db?.close();
    lock?.release();
    throw new Error(`The store ${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The store on an open database that has the newest schema. */
export function storeOn(db: Database): Store {
  const transaction = prepareTransaction(db);
  const write = prepareWriter(db);
  const expire = db.prepare(`DELETE FROM document WHERE did IN (SELECT did FROM document INDEXED BY document_all
    WHERE kind = ? AND tm_delete IS NULL AND tm_create < ? ORDER BY tm_create, did LIMIT ?)`);
  const expireQueued = db.prepare(`DELETE FROM queued WHERE qid IN (SELECT qid FROM queued INDEXED BY queued_final
    WHERE status = ? AND status IN ('done', 'failed', 'dead', 'canceled') AND tm_update < ? ORDER BY tm_update, qid LIMIT ?)`);
  return {
    name: 'sqlite',
    commit: async (changes) => commitGroup(transaction, write, changes),
    ...prepareLease(db, transaction),
    ...prepareReads(db),
    expire: async (kind, before, limit) => expire.run(kind, before, limit).changes,
    expireQueued: async (status, before, limit) => expireQueued.run(status, before, limit).changes,
    close: async () => { db.close(); },
  };
}

/** One transaction for all. Where a change throws, all are taken back and done again with a savepoint each: the failing one fails alone. */
function commitGroup(transaction: Transaction, write: Writer, changes: readonly Change[]): readonly Committed[] {
  try {
    return transaction.whole(() => changes.map((change) => (isComposite(change) ? transaction.part(() => write(change)) : write(change)) ? 'ok' : 'conflict'));
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    return transaction.whole(() => changes.map((change) => alone(() => transaction.part(() => write(change)))));
  }
}

function alone(work: () => boolean): Committed {
  try {
    return work() ? 'ok' : 'conflict';
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** `whole` is a transaction, `part` a piece of it that is taken back alone, where it gives false or throws. */
type Transaction = { whole<T>(work: () => T): T; part(work: () => boolean): boolean };

function prepareTransaction(db: Database): Transaction {
  const [begin, commit, rollback] = [db.prepare('BEGIN IMMEDIATE'), db.prepare('COMMIT'), db.prepare('ROLLBACK')];
  const [savepoint, back, release] = [db.prepare('SAVEPOINT part'), db.prepare('ROLLBACK TO part'), db.prepare('RELEASE part')];
  return {
    whole(work) {
      begin.run();
      try {
        const result = work();
        commit.run();
        return result;
      } catch (error) {
        // A full disk may have taken the transaction back already.
        try { rollback.run(); } catch { /* there was none left */ }
        throw error;
      }
    },
    part(work) {
      savepoint.run();
      try {
        const written = work();
        if (!written) back.run();
        release.run();
        return written;
      } catch (error) {
        try { back.run(); release.run(); } catch { /* gone with the transaction */ }
        throw error;
      }
    },
  };
}

function prepareLease(db: Database, transaction: Transaction): Pick<Store, 'claim' | 'claimQueued' | 'recover'> {
  const due = db.prepare('SELECT e.*, a.id AS activeflow_id FROM effect e JOIN activeflow a ON a.rid = e.rid WHERE e.due_at <= ? ORDER BY e.due_at, e.eid LIMIT ?');
  const lease = db.prepare(`UPDATE effect SET status = CASE status WHEN 'canceling' THEN status ELSE 'performing' END, attempt = attempt + 1, due_at = ? WHERE id = ?`);
  const recover = db.prepare(`UPDATE effect SET due_at = ? WHERE status IN ('performing', 'open', 'canceling')`);
  const { claimQueued, recoverQueued } = prepareQueuedLease(db, (work) => transaction.whole(work));
  return {
    claimQueued,
    async claim({ now, until, limit }) {
      // Most looks find nothing, and a transaction for nothing would still be one.
      if (!due.get(now, 1)) return [];
      const rows = transaction.whole(() => {
        const found = due.all<EffectRow>(now, limit);
        for (const row of found) lease.run(until, row.id);
        return found;
      });
      return rows.map((row) => ({ ...effectOf(row), status: row.status === 'canceling' ? 'canceling' as const : 'performing' as const, attempt: row.attempt + 1, due_at: until }));
    },
    recover: async (now) => recover.run(now).changes + recoverQueued(now),
  };
}
