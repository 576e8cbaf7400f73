// One server for one file. The lock is the operating system's, held on a small file beside the database: it ends with the process however
// that ends, so there is no stale lock to judge by pids, which mean nothing between containers and are used again.
import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Instant } from '@activeflow/engine';
import { StoreUnavailable } from '../store.js';
import { openForLock, type Database } from './binding.js';

/** A held lock; `release` gives it back, and so does the end of the process. */
export type Lock = { release(): void };

type Holder = { readonly pid: number; readonly host: string; readonly since: string };

/** Takes the lock of the database at `path`, in the file `path.lock`. Throws, in one sentence that names the holder's pid, where it is held. */
export function takeLock(path: string, now: Instant): Lock {
  const db = openForLock(`${realPath(path)}.lock`);
  try {
    db.exec('BEGIN IMMEDIATE');
    writeHolder(db, now);
    // Between the two statements another start can come first: then it is the one that goes on.
    db.exec('COMMIT');
    db.exec('BEGIN IMMEDIATE');
  } catch (error) {
    const held = error instanceof StoreUnavailable ? inUse(db) : error;
    db.close();
    throw held;
  }
  return { release: () => { db.close(); } };
}

function writeHolder(db: Database, now: Instant): void {
  db.exec('CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL, host TEXT NOT NULL, since TEXT NOT NULL); DELETE FROM holder');
  db.prepare('INSERT INTO holder (pid, host, since) VALUES (?, ?, ?)').run(process.pid, hostname(), new Date(now / 1000).toISOString());
}

/** Who holds it: written before it was taken, so it can be read while it is held. */
function inUse(db: Database): Error {
  let holder: Holder | undefined;
  try { holder = db.prepare('SELECT pid, host, since FROM holder').get<Holder>(); } catch { /* it is being written */ }
  const who = holder ? `process ${holder.pid} on ${holder.host} since ${holder.since}` : 'another process that is starting';
  return new Error(`it is in use by ${who}, and two servers must not share a file.`);
}

/** The same file has the same lock, whatever links lead to it. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return join(realpathSync(dirname(path)), basename(path));
  }
}
