// Queued effects, in a table of their own: whatever is there of them costs the effects of the steps nothing. Of each queue the oldest that is
// not final has a time, and the others have none until it is their turn.
import type { Result } from '@activeflow/engine';
import type { Change, EffectStatus, EffectWrite, Placed, QueuedEffect, QueuedQuery, Store, StoredEffect } from '../store.js';
import type { Database, SqlValue } from './binding.js';
import { prepareLook, type Look } from './row.js';

/** Text as a column can hold it: what a peer answered may have U+0000. */
export const plainText = (text: string): string => text.replaceAll('\0', '\ufffd');

type QueuedRow = {
  qid: number; id: string; kind: string; customer_id: string; activeflow_id: string; queue: string; lane: string; label: string; status: string; attempt: number;
  tries: number; due_at: number | null; payload: string; result: string | null; error: string; tm_create: number; tm_update: number;
};

const UNFINISHED = `status IN ('pending', 'performing', 'open', 'canceling')`;
const FINAL = `status IN ('done', 'failed', 'dead', 'canceled')`;

const effectOf = (row: QueuedRow): StoredEffect => ({
  id: row.id, activeflow_id: row.activeflow_id, customer_id: row.customer_id, kind: row.kind as QueuedEffect['kind'], step: 0, deadline: null,
  payload: JSON.parse(row.payload) as QueuedEffect['payload'], status: row.status as EffectStatus, attempt: row.attempt, due_at: row.due_at,
  result: row.result === null ? null : (JSON.parse(row.result) as Result), error: row.error, tm_create: row.tm_create, tm_update: row.tm_update,
  queued: { queue: row.queue, lane: row.lane, label: row.label, tries: row.tries },
});

/** How queued effects are written: added, reported on, begun again. The last two give false where that is refused. */
export type QueuedWriter = {
  readonly add: (effect: QueuedEffect) => void;
  readonly report: (write: EffectWrite) => boolean;
  readonly again: (which: NonNullable<Change['again']>[number]) => boolean;
};

/** Prepares the writing. */
export function prepareQueuedWriter(db: Database): QueuedWriter {
  const insert = db.prepare(`INSERT INTO queued (id, kind, customer_id, activeflow_id, queue, lane, label, payload, tm_create, tm_update, due_at, status, attempt, tries, error)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, CASE WHEN EXISTS (SELECT 1 FROM queued WHERE queue = ?5 AND ${UNFINISHED}) THEN NULL ELSE ?9 END, 'pending', 0, 0, '')`);
  const update = db.prepare(`UPDATE queued SET status = ?1, due_at = ?2, result = COALESCE(?3, result), error = ?4, tm_update = ?5, tries = tries + ?8
    WHERE id = ?6 AND attempt = COALESCE(?7, attempt) AND CASE status
      WHEN 'pending' THEN ?1 <> 'performing' WHEN 'open' THEN ?1 <> 'performing' WHEN 'performing' THEN TRUE
      WHEN 'canceling' THEN ?1 IN ('canceling', 'canceled') ELSE FALSE END RETURNING queue`);
  const next = db.prepare(`UPDATE queued SET due_at = ?1 WHERE qid = (SELECT qid FROM queued WHERE queue = ?2 AND ${UNFINISHED} ORDER BY qid LIMIT 1)
    AND status = 'pending' AND due_at IS NULL`);
  const again = db.prepare(`UPDATE queued SET status = 'pending', attempt = 0, tries = 0, due_at = ?1, tm_update = ?1 WHERE id = ?2 AND ${FINAL}`);
  const isFinal = (status: EffectStatus): boolean => status === 'done' || status === 'failed' || status === 'dead' || status === 'canceled';
  return {
    add({ id, kind, customer_id, activeflow_id, queue, lane, label, payload, at }) {
      insert.run(id, kind, customer_id, activeflow_id, queue, lane, label, JSON.stringify(payload), at);
    },
    report({ id, attempt, status, due_at, result, error, at, tried }) {
      const values = [status, due_at, result ? JSON.stringify(result) : null, plainText(error ?? ''), at, id, attempt ?? null, tried ? 1 : 0] as const;
      const found = update.get<{ queue: string }>(...values);
      if (found && isFinal(status)) next.run(at, found.queue);
      return found !== undefined;
    },
    again: ({ id, at }) => again.run(at, id).changes === 1,
  };
}

/** The lanes in which something has a time, and when the first of it is due: from lane to lane by the index, whatever is in them. */
function prepareLanes(db: Database): () => readonly { readonly lane: string; readonly due_at: number }[] {
  const lanes = db.prepare(`WITH RECURSIVE l (lane) AS (
      SELECT (SELECT q.lane FROM queued q INDEXED BY queued_lane WHERE q.due_at IS NOT NULL ORDER BY q.lane LIMIT 1)
      UNION ALL SELECT (SELECT q.lane FROM queued q INDEXED BY queued_lane WHERE q.lane > l.lane AND q.due_at IS NOT NULL ORDER BY q.lane LIMIT 1) FROM l WHERE l.lane IS NOT NULL)
    SELECT l.lane, (SELECT min(q.due_at) FROM queued q INDEXED BY queued_lane WHERE q.lane = l.lane AND q.due_at IS NOT NULL) AS due_at FROM l WHERE l.lane IS NOT NULL`);
  return () => lanes.all<{ lane: string; due_at: number }>();
}

/** Prepares the look for the next that is due in a lane with room. */
export function prepareNextQueued(db: Database): (room: (lane: string) => number) => number | null {
  const lanes = prepareLanes(db);
  return (room) => lanes().reduce<number | null>((least, { lane, due_at }) => (room(lane) > 0 && (least === null || due_at < least) ? due_at : least), null);
}

/** Prepares the leases; `whole` is a transaction. */
export function prepareQueuedLease(db: Database, whole: <T>(work: () => T) => T): Pick<Store, 'claimQueued'> & { readonly recoverQueued: (now: number) => number } {
  const any = db.prepare('SELECT 1 AS one FROM queued WHERE due_at <= ? LIMIT 1');
  const lanes = prepareLanes(db);
  const due = db.prepare('SELECT * FROM queued INDEXED BY queued_lane WHERE lane = ? AND due_at <= ? ORDER BY due_at, qid LIMIT ?');
  const lease = db.prepare(`UPDATE queued SET status = CASE status WHEN 'canceling' THEN status ELSE 'performing' END, attempt = attempt + 1, due_at = ? WHERE qid = ?`);
  const recover = db.prepare(`UPDATE queued SET due_at = ? WHERE status IN ('performing', 'open', 'canceling')`);
  return {
    async claimQueued({ now, until, limit, room }) {
      if (limit <= 0 || !any.get(now)) return [];
      const open = lanes().filter((one) => one.due_at <= now && room(one.lane) > 0).sort((a, b) => a.due_at - b.due_at);
      if (open.length === 0) return [];
      const rows = whole(() => {
        const found: QueuedRow[] = [];
        for (const { lane } of open) {
          if (found.length >= limit) break;
          found.push(...due.all<QueuedRow>(lane, now, Math.min(room(lane), limit - found.length)));
        }
        for (const { qid } of found) lease.run(until, qid);
        return found;
      });
      return rows.map((row) => ({ ...effectOf(row), status: row.status === 'canceling' ? 'canceling' as const : 'performing' as const, attempt: row.attempt + 1, due_at: until }));
    },
    recoverQueued: (now) => recover.run(now).changes,
  };
}

/** Prepares the reads. */
export function prepareQueuedReads(db: Database): Pick<Store, 'queued'> & { readonly queuedEffect: (id: string) => StoredEffect | undefined } {
  const one = prepareLook(db, 'SELECT * FROM queued WHERE id = ?');
  const looks = new Map<string, Look>();
  return {
    queuedEffect: (id) => { const row = one.get<QueuedRow>(id); return row && effectOf(row); },
    async queued(query) {
      const { sql, params } = listing(query);
      const look = looks.get(sql) ?? prepareLook(db, sql);
      looks.set(sql, look);
      return look.all<QueuedRow>(...params, query.limit).map((row): Placed<StoredEffect> => ({ ordinal: row.qid, row: effectOf(row) }));
    },
  };
}

/** The list by the index that has the filters. Of one activeflow there are few enough to compare the rest one by one. */
function listing({ customer_id, status, label, activeflow_id, before }: QueuedQuery): { readonly sql: string; readonly params: readonly SqlValue[] } {
  const given = Object.entries({ customer_id, activeflow_id, status, label }).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const index = activeflow_id !== undefined ? 'queued_activeflow' : `queued_list${status === undefined ? '' : '_status'}${label === undefined ? '' : '_label'}`;
  const place = !before ? [] : before.ordinal === undefined ? ['tm_create < ?'] : ['(tm_create, qid) < (?, ?)'];
  const where = [...given.map(({ name }) => `${name} = ?`), ...place].join(' AND ');
  const placed = !before ? [] : before.ordinal === undefined ? [before.tm] : [before.tm, before.ordinal];
  return { sql: `SELECT * FROM queued INDEXED BY ${index} WHERE ${where} ORDER BY tm_create DESC, qid DESC LIMIT ?`, params: [...given.map(({ value }) => value), ...placed] };
}
