// Writing: one change in the transaction that is open. A single part is compared before it is set, so that a stale one writes nothing.
import type { ActiveflowWrite, Change, DocumentWrite, EffectWrite } from '../store.js';
import { encodeEvents, encodeState, encodeVariables } from '../codec.js';
import type { Database } from './binding.js';
import { plainText, prepareQueuedWriter } from './queued.js';

/** Writes one change; false where something in it was stale or taken. Then, and on a throw, the caller takes the whole change back. */
export type Writer = (change: Change) => boolean;

/** Prepares the statements, once. */
export function prepareWriter(db: Database): Writer {
  const activeflow = prepareActiveflow(db);
  const effect = prepareEffect(db);
  const queued = prepareQueuedWriter(db);
  const document = prepareDocument(db);
  const insertList = db.prepare('INSERT INTO list (id, actions) VALUES (?, ?) ON CONFLICT (id) DO NOTHING');
  return (change) => {
    // What finishes an effect comes before what cancels it, and whatever can be refused before what cannot.
    if (!(change.effects ?? []).every((one) => (one.id.includes(':') ? effect(one) : queued.report(one)))) return false;
    if (!(change.again ?? []).every(queued.again)) return false;
    if (change.activeflow && !activeflow(change.activeflow)) return false;
    if (!(change.documents ?? []).every(document)) return false;
    for (const list of change.lists ?? []) insertList.run(list.id, JSON.stringify(list.actions));
    for (const list of change.activeflow?.lists ?? []) insertList.run(list.id, JSON.stringify(list.actions));
    for (const one of change.queued ?? []) queued.add(one);
    return true;
  };
}

/** True where a refusal could come after a part has been written, so that the change wants a savepoint of its own. */
export const isComposite = (change: Change): boolean =>
  (change.effects?.length ?? 0) + (change.again?.length ?? 0) + (change.documents?.length ?? 0) + (change.activeflow ? 1 : 0) > 1;

type Rid = { rid: number };

function prepareActiveflow(db: Database): (write: ActiveflowWrite) => boolean {
  const insert = db.prepare(`INSERT INTO activeflow (version, due_at, state, variables, id, customer_id, flow_id, status, reference_type, reference_id, tm_create, tm_delete)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING rid`);
  // Naming a column rewrites every index it is in, so each names only what can have changed.
  const go_on = db.prepare('UPDATE activeflow SET version = ?, due_at = ?, state = ?, variables = ? WHERE id = ? AND version = ? RETURNING rid');
  const finish = db.prepare('UPDATE activeflow SET version = ?, due_at = ?, state = ?, variables = ?, status = ? WHERE id = ? AND version = ? RETURNING rid');
  const remove = db.prepare('UPDATE activeflow SET version = ?, due_at = ?, state = ?, variables = ?, status = ?, tm_delete = ? WHERE id = ? AND version = ? RETURNING rid');
  // The number of the next event of all: the last row's, and what it holds.
  const addEvents = db.prepare(`INSERT INTO event (seq, rid, n, count, data)
    SELECT COALESCE((SELECT seq + count FROM event ORDER BY seq DESC LIMIT 1), 1), ?, ?, ?, ?`);
  const addEffect = db.prepare(`INSERT INTO effect (id, rid, customer_id, kind, step, status, attempt, due_at, deadline, payload, error, tm_create, tm_update)
    VALUES (?, ?, ?, ?, ?, 'pending', 0, ?, ?, ?, '', ?, ?)`);
  const cancel = db.prepare(`UPDATE effect SET status = 'canceling', due_at = ?, attempt = 0, tm_update = ? WHERE id = ? AND status IN ('pending', 'performing', 'open')`);
  return ({ expected_version, state, due_at, events, effects, cancels }) => {
    const { id, customer_id, flow_id, status, reference, version, tm_create, tm_delete, variables } = state;
    const body = encodeState(state);
    const moving = [version, due_at, body, encodeVariables(variables)] as const;
    const found = expected_version === 0
      ? insert.get<Rid>(...moving, id, customer_id, flow_id, status, reference.type, reference.id, tm_create, tm_delete)
      : tm_delete !== null ? remove.get<Rid>(...moving, status, tm_delete, id, expected_version)
        : status === 'running' ? go_on.get<Rid>(...moving, id, expected_version) : finish.get<Rid>(...moving, status, id, expected_version);
    if (!found) return false;
    const at = events.at(-1)?.at ?? tm_create;
    if (events[0]) addEvents.run(found.rid, events[0].n, events.length, encodeEvents(events));
    for (const effect of effects) addEffect.run(effect.id, found.rid, effect.customer_id, effect.kind, effect.step, at, effect.deadline, JSON.stringify(effect.payload), at, at);
    for (const effect_id of cancels) cancel.run(at, at, effect_id);
    return true;
  };
}

function prepareEffect(db: Database): (write: EffectWrite) => boolean {
  // A final effect stays what it is; one being canceled can only go on being canceled; a lease is renewed while it is held, and not taken so.
  const update = db.prepare(`UPDATE effect SET status = ?1, due_at = ?2, result = COALESCE(?3, result), error = ?4, tm_update = ?5
    WHERE id = ?6 AND attempt = COALESCE(?7, attempt) AND CASE status
      WHEN 'pending' THEN ?1 <> 'performing' WHEN 'open' THEN ?1 <> 'performing' WHEN 'performing' THEN TRUE
      WHEN 'canceling' THEN ?1 IN ('canceling', 'canceled') ELSE FALSE END`);
  return ({ id, attempt, status, due_at, result, error, at }) =>
    update.run(status, due_at, result ? JSON.stringify(result) : null, plainText(error ?? ''), at, id, attempt ?? null).changes === 1;
}

function prepareDocument(db: Database): (write: DocumentWrite) => boolean {
  const insert = db.prepare(`INSERT INTO document (customer_id, parent, unique_key, version, tm_create, tm_update, tm_delete, data, kind, id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
  const update = db.prepare(`UPDATE OR IGNORE document SET customer_id = ?, parent = ?, unique_key = ?, version = ?, tm_create = ?, tm_update = ?, tm_delete = ?, data = ?
    WHERE kind = ? AND id = ? AND version = ?`);
  // A row of no activeflow: its own number makes it the only one there.
  const tell = db.prepare(`INSERT INTO event (seq, rid, n, count, data)
    SELECT s, -s, 0, 1, ? FROM (SELECT COALESCE((SELECT seq + count FROM event ORDER BY seq DESC LIMIT 1), 1) AS s)`);
  return ({ told, ...document }) => {
    const { kind, id, customer_id, parent, key, version, tm_create, tm_update, tm_delete, data } = document;
    const fields = [customer_id, parent, key, version, tm_create, tm_update, tm_delete, JSON.stringify(data), kind, id] as const;
    const { changes } = version === 1 ? insert.run(...fields) : update.run(...fields, version - 1);
    if (changes === 1 && told !== undefined) tell.run(JSON.stringify({ type: told, document }));
    return changes === 1;
  };
}
