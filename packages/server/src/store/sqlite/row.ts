// Rows as the tables hold them, and looking for them.
import type { Effect, Result } from '@activeflow/engine';
import type { Document, EffectStatus, StoredEffect } from '../store.js';
import type { Database, SqlValue, Statement } from './binding.js';

/** What a state is decoded from. */
export type StateRow = { state: string; variables: string };

/** A row of the document table. */
export type DocumentRow = Omit<Document, 'data' | 'key'> & { did: number; unique_key: string | null; data: string };

/** A row of the effect table, with the activeflow's id. */
export type EffectRow = {
  id: string; activeflow_id: string; customer_id: string; kind: string; step: number; status: string; attempt: number;
  due_at: number | null; deadline: number | null; payload: string; result: string | null; error: string; tm_create: number; tm_update: number;
};

/** The document of a row. */
export const documentOf = (row: DocumentRow): Document => ({
  kind: row.kind, id: row.id, customer_id: row.customer_id, parent: row.parent, key: row.unique_key, version: row.version,
  tm_create: row.tm_create, tm_update: row.tm_update, tm_delete: row.tm_delete, data: JSON.parse(row.data) as Document['data'],
});

/** The effect of a row. */
export const effectOf = (row: EffectRow): StoredEffect => ({
  id: row.id, activeflow_id: row.activeflow_id, customer_id: row.customer_id, kind: row.kind as Effect['kind'], step: row.step, deadline: row.deadline,
  payload: JSON.parse(row.payload) as Effect['payload'], status: row.status as EffectStatus, attempt: row.attempt, due_at: row.due_at,
  result: row.result === null ? null : (JSON.parse(row.result) as Result), error: row.error, tm_create: row.tm_create, tm_update: row.tm_update,
});

/** A prepared question. */
export type Look = Pick<Statement, 'get' | 'all'>;

/** Prepares a question. No column holds U+0000, so whoever looks for text with it finds nothing. */
export function prepareLook(db: Database, sql: string): Look {
  const statement = db.prepare(sql);
  const nowhere = (params: readonly SqlValue[]) => params.some((value) => typeof value === 'string' && value.includes('\0'));
  return {
    get: <Row>(...params: readonly SqlValue[]) => (nowhere(params) ? undefined : statement.get<Row>(...params)),
    all: <Row>(...params: readonly SqlValue[]) => (nowhere(params) ? [] : statement.all<Row>(...params)),
  };
}
