// Writing: one change in the transaction that is open. The compare-and-set comes first, so that a stale change writes nothing.
import type { ActiveflowWrite, Change, Document, EffectWrite } from '../store.js';
import { encodeEvent, encodeState, encodeVariables } from '../codec.js';
import type { Database } from './binding.js';

/** Writes one change; false where something in it was stale or taken. Then, and on a throw, the caller takes the whole change back. */
export type Writer = (change: Change) => boolean;

/** Prepares the statements, once. */
export function prepareWriter(db: Database): Writer {
  const activeflow = prepareActiveflow(db);
  const effect = prepareEffect(db);
  const document = prepareDocument(db);
  const insertList = db.prepare('INSERT INTO list (id, actions) VALUES (?, ?) ON CONFLICT (id) DO NOTHING');
  return (change) => {
    if (change.activeflow && !activeflow(change.activeflow)) return false;
    for (const list of change.lists ?? []) insertList.run(list.id, JSON.stringify(list.actions));
    for (const list of change.activeflow?.lists ?? []) insertList.run(list.id, JSON.stringify(list.actions));
    return (change.effects ?? []).every(effect) && (change.documents ?? []).every(document);
  };
}

/** True where writing the change in pieces could leave a part of it behind, so that it wants a savepoint of its own. */
export const isComposite = (change: Change): boolean =>
  (change.effects?.length ?? 0) + (change.documents?.length ?? 0) + (change.activeflow ? 1 : 0) > 1;

type Rid = { rid: number };

function prepareActiveflow(db: Database): (write: ActiveflowWrite) => boolean {
  const insert = db.prepare(`INSERT INTO activeflow (id, customer_id, flow_id, status, reference_type, reference_id, version, due_at, tm_create, tm_delete, state, variables)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING rid`);
  const update = db.prepare(`UPDATE activeflow SET status = ?, version = ?, due_at = ?, tm_delete = ?, state = ?, variables = ? WHERE id = ? AND version = ? RETURNING rid`);
  const addEvent = db.prepare('INSERT INTO event (rid, n, data) VALUES (?, ?, ?)');
  const addEffect = db.prepare(`INSERT INTO effect (id, rid, customer_id, kind, step, status, attempt, due_at, deadline, payload, error, tm_create, tm_update)
    VALUES (?, ?, ?, ?, ?, 'pending', 0, ?, ?, ?, '', ?, ?)`);
  const cancel = db.prepare(`UPDATE effect SET status = 'canceling', due_at = ?, attempt = 0, tm_update = ? WHERE id = ? AND status IN ('pending', 'performing', 'open')`);
  return ({ expected_version, state, due_at, events, effects, cancels }) => {
    const { id, customer_id, flow_id, status, reference, version, tm_create, tm_delete, variables } = state;
    const body = encodeState(state);
    const found = expected_version === 0
      ? insert.get<Rid>(id, customer_id, flow_id, status, reference.type, reference.id, version, due_at, tm_create, tm_delete, body, encodeVariables(variables))
      : update.get<Rid>(status, version, due_at, tm_delete, body, encodeVariables(variables), id, expected_version);
    if (!found) return false;
    const at = events.at(-1)?.at ?? tm_create;
    for (const event of events) addEvent.run(found.rid, event.n, encodeEvent(event));
    for (const effect of effects) addEffect.run(effect.id, found.rid, effect.customer_id, effect.kind, effect.step, at, effect.deadline, JSON.stringify(effect.payload), at, at);
    for (const effect_id of cancels) cancel.run(at, at, effect_id);
    return true;
  };
}

function prepareEffect(db: Database): (write: EffectWrite) => boolean {
  // An effect that has been cancelled stays cancelled, whatever a driver still reports; a fenced write needs the attempt that was leased.
  const update = db.prepare(`UPDATE effect SET status = ?, due_at = ?, result = COALESCE(?, result), error = ?, tm_update = ?
    WHERE id = ? AND status IN ('pending', 'performing', 'open', 'canceling') AND (status <> 'canceling' OR ? = 'canceled') AND attempt = COALESCE(?, attempt)`);
  return ({ id, attempt, status, due_at, result, error, at }) =>
    update.run(status, due_at, result ? JSON.stringify(result) : null, error ?? '', at, id, status, attempt ?? null).changes === 1;
}

function prepareDocument(db: Database): (write: Document) => boolean {
  const insert = db.prepare(`INSERT INTO document (kind, id, customer_id, parent, unique_key, version, tm_create, tm_update, tm_delete, data)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
  const update = db.prepare(`UPDATE OR IGNORE document SET parent = ?, unique_key = ?, version = ?, tm_update = ?, tm_delete = ?, data = ? WHERE kind = ? AND id = ? AND version = ?`);
  return ({ kind, id, customer_id, parent, key, version, tm_create, tm_update, tm_delete, data }) => {
    const body = JSON.stringify(data);
    const { changes } = version === 1
      ? insert.run(kind, id, customer_id, parent, key, version, tm_create, tm_update, tm_delete, body)
      : update.run(parent, key, version, tm_update, tm_delete, body, kind, id, version - 1);
    return changes === 1;
  };
}
