// The schema, in numbered steps: forward only, checksummed, never edited once released.
import { createHash } from 'node:crypto';
import type { Database } from './binding.js';

/** One step of the schema. */
export type Migration = { readonly number: number; readonly name: string; readonly sql: string };

/** Every step there is, in order. */
export const migrations: readonly Migration[] = [
  {
    number: 1,
    name: 'first',
    sql: `
CREATE TABLE activeflow (
  rid INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  customer_id TEXT NOT NULL,
  flow_id TEXT NOT NULL,
  status TEXT NOT NULL,
  reference_type TEXT NOT NULL,
  reference_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  due_at INTEGER,
  tm_create INTEGER NOT NULL,
  tm_delete INTEGER,
  state TEXT NOT NULL,
  variables TEXT NOT NULL
);
CREATE INDEX activeflow_due ON activeflow (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX activeflow_list ON activeflow (customer_id, tm_create, rid) WHERE tm_delete IS NULL;
CREATE INDEX activeflow_status ON activeflow (customer_id, status, tm_create, rid) WHERE tm_delete IS NULL;
CREATE INDEX activeflow_flow ON activeflow (customer_id, flow_id, tm_create, rid) WHERE tm_delete IS NULL;
CREATE INDEX activeflow_reference ON activeflow (customer_id, reference_id, tm_create, rid) WHERE tm_delete IS NULL AND reference_id <> '';
CREATE INDEX activeflow_reference_type ON activeflow (customer_id, reference_type, tm_create, rid) WHERE tm_delete IS NULL;

-- The events of one commit are one row: n and seq are its first event's. Appended by integer key; a key clustered on the activeflow would
-- dirty a page for each one touched.
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  rid INTEGER NOT NULL,
  n INTEGER NOT NULL,
  count INTEGER NOT NULL,
  data TEXT NOT NULL
);
CREATE UNIQUE INDEX event_order ON event (rid, n);

CREATE TABLE list (id TEXT PRIMARY KEY, actions TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE effect (
  eid INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  rid INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  step INTEGER NOT NULL,
  status TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  due_at INTEGER,
  deadline INTEGER,
  payload TEXT NOT NULL,
  result TEXT,
  error TEXT NOT NULL,
  tm_create INTEGER NOT NULL,
  tm_update INTEGER NOT NULL
);
CREATE INDEX effect_due ON effect (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX effect_activeflow ON effect (rid, eid);
CREATE INDEX effect_dead ON effect (eid) WHERE status = 'dead';
CREATE INDEX effect_unfinished ON effect (status) WHERE status IN ('performing', 'open', 'canceling');

CREATE TABLE document (
  did INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  parent TEXT NOT NULL,
  unique_key TEXT,
  version INTEGER NOT NULL,
  tm_create INTEGER NOT NULL,
  tm_update INTEGER,
  tm_delete INTEGER,
  data TEXT NOT NULL
);
CREATE UNIQUE INDEX document_id ON document (kind, id);
CREATE UNIQUE INDEX document_key ON document (kind, unique_key) WHERE unique_key IS NOT NULL AND tm_delete IS NULL;
CREATE INDEX document_list ON document (kind, customer_id, tm_create, did) WHERE tm_delete IS NULL;
CREATE INDEX document_parent ON document (kind, parent, tm_create, did) WHERE tm_delete IS NULL AND parent <> '';
CREATE INDEX document_all ON document (kind, tm_create, did) WHERE tm_delete IS NULL;
`,
  },
  {
    number: 2,
    name: 'queued effects',
    sql: `
CREATE TABLE queued (
  qid INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  activeflow_id TEXT NOT NULL,
  queue TEXT NOT NULL,
  lane TEXT NOT NULL,
  label TEXT NOT NULL,
  status TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  due_at INTEGER,
  payload TEXT NOT NULL,
  result TEXT,
  error TEXT NOT NULL,
  tm_create INTEGER NOT NULL,
  tm_update INTEGER NOT NULL
);
CREATE INDEX queued_due ON queued (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX queued_lane ON queued (lane, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX queued_order ON queued (queue, qid) WHERE status IN ('pending', 'performing', 'open', 'canceling');
CREATE INDEX queued_unfinished ON queued (status) WHERE status IN ('performing', 'open', 'canceling');
CREATE INDEX queued_final ON queued (status, tm_update) WHERE status IN ('done', 'failed', 'dead', 'canceled');
CREATE INDEX queued_list ON queued (customer_id, tm_create, qid);
CREATE INDEX queued_list_status ON queued (customer_id, status, tm_create, qid);
CREATE INDEX queued_list_label ON queued (customer_id, label, tm_create, qid);
CREATE INDEX queued_list_status_label ON queued (customer_id, status, label, tm_create, qid);
CREATE INDEX queued_activeflow ON queued (customer_id, activeflow_id, tm_create, qid);
`,
  },
];

/** Brings a database to the newest schema. Throws, in one sentence, on a database that is newer or whose history differs. */
export function migrate(db: Database, now: number): void {
  db.exec('CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL)');
  for (const migration of missing(db)) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(migration.sql);
      db.prepare('INSERT INTO migration (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)').run(migration.number, migration.name, checksum(migration), now);
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }
}

/** Throws, in one sentence, on a database that has not exactly the newest schema. */
export function checkSchema(db: Database): void {
  const [next] = missing(db);
  if (next) throw new Error(`The database lacks schema step ${next.number} (${next.name}): start the server on it once.`);
}

function missing(db: Database): readonly Migration[] {
  const applied = db.prepare('SELECT number, name, checksum FROM migration ORDER BY number').all<{ number: number; name: string; checksum: string }>();
  for (const row of applied) {
    const known = migrations.find((migration) => migration.number === row.number);
    if (!known) throw new Error(`The database has schema step ${row.number} (${row.name}), which this version of activeflow does not know: use a newer one.`);
    if (checksum(known) !== row.checksum) throw new Error(`Schema step ${row.number} (${row.name}) is not the one the database was made with.`);
  }
  return migrations.slice(applied.length);
}

const checksum = ({ sql }: Migration): string => createHash('sha256').update(sql).digest('hex');
