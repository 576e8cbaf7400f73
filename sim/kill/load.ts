// The clients: each asks one thing after the other until the server is gone, and writes down what was acknowledged.
import type { Random } from '../random.js';
import type { Activeflow, Api } from './api.js';
import type { Book, Promised, Run } from './book.js';
import { randomActions } from './flows.js';

/** What the clients work with: `flows` are flows on the server, `halted` says that it is being killed. */
export type Load = { readonly api: Api; readonly book: Book; readonly random: Random; readonly ledger_url: string; readonly flows: readonly string[]; readonly halted: () => boolean };

/** Runs `count` clients until the server is gone or `halted`. */
export const runClients = async (load: Load, count: number): Promise<void> => {
  await Promise.all(Array.from({ length: count }, async () => {
    while (!load.halted() && (await act(load))) { /* the next one */ }
  }));
};

/** Does one thing; false where no answer came. */
async function act(load: Load): Promise<boolean> {
  const { random, book } = load;
  const going = book.runs.slice(-300).filter((run) => run.started && !run.ended && run.deleted === 'no');
  const what = going.length < 5 ? 'start' : random.weighted({ start: 30, set: 30, continue: 30, stop: 4, delete: 1 });
  const run = random.pick(going.length > 0 ? going : [undefined]);
  switch (what) {
    case 'start': return start(load, newRun(load));
    case 'set': return set(load, run as Run);
    case 'continue': return goOn(load, run as Run);
    case 'stop': return command(load, run as Run, { kind: 'stop', ref: random.id() }, 'POST', '/stop');
    case 'delete': return remove(load, run as Run);
    default: return what satisfies never;
  }
}

function newRun({ random, book, ledger_url, flows }: Load): Run {
  const name = `run ${book.runs.length}`;
  // A client that chooses no id sends an idempotency key, so that it may ask again.
  const id = random.chance(0.5) ? random.id() : undefined;
  const what = random.chance(0.3) ? { flow_id: random.pick(flows) } : { actions: randomActions(random, ledger_url) };
  const on_complete = random.chance(0.1) ? { on_complete_flow_id: random.pick(flows) } : {};
  const run: Run = {
    name, id, started: false, ended: false, deleted: 'no', promised: [], refs: new Set(),
    request: { body: { ...what, ...on_complete, name, variables: { choice: random.pick(['x', 'y', 'z']) }, ...(id ? { id } : {}) }, headers: id ? {} : { 'idempotency-key': random.id() } },
  };
  book.runs.push(run);
  return run;
}

/** Starts a run, or asks again whether it was. */
export async function start({ api, book }: Pick<Load, 'api' | 'book'>, run: Run): Promise<boolean> {
  book.touched.add(run);
  const answer = await api.ask<Activeflow & { error?: { reason: string } }>('POST', '/activeflows', run.request);
  if (!answer) { book.tally.unanswered++; return false; }
  // A used id was used by this very run: nobody else knows it.
  const was_started = answer.status === 400 && answer.body.error?.reason === 'INVALID_ARGUMENT' && run.id !== undefined;
  if (answer.status !== 200 && !was_started) { book.violations.push(`${run.name}: its start was answered with ${JSON.stringify(answer)}`); return true; }
  if (!was_started && run.id !== undefined && run.id !== answer.body.id) book.violations.push(`${run.name}: asked for ${run.id}, got ${answer.body.id}`);
  run.id ??= answer.body.id;
  run.started = true;
  count(book, 'starts');
  return true;
}

async function set(load: Load, run: Run): Promise<boolean> {
  const ref = load.random.id();
  const [name, value] = [`set.${run.refs.size}`, load.random.id()];
  return command(load, run, { kind: 'set', ref, name, value }, 'PUT', '/variables', { variables: { [name]: value } });
}

/** Wakes a run that blocks; where it does not, that is no fault. */
async function goOn(load: Load, run: Run): Promise<boolean> {
  const found = await load.api.ask<Activeflow>('GET', `/activeflows/${run.id}`);
  if (!found) return false;
  if (found.status === 404 && run.deleted !== 'no') return true;
  if (found.status !== 200) { load.book.violations.push(`${run.name} (${run.id}) was started and is answered with ${found.status}`); run.ended = true; return true; }
  run.ended = found.body.status === 'ended';
  const waiting = found.body.waiting_for;
  if (waiting?.kind !== 'continue') return true;
  return command(load, run, { kind: 'continue', ref: load.random.id() }, 'POST', '/continue', { current_action_id: waiting.action_id });
}

async function command({ api, book }: Load, run: Run, promised: Promised, method: 'PUT' | 'POST', path: string, body?: unknown): Promise<boolean> {
  book.touched.add(run);
  run.refs.add(promised.ref);
  const answer = await api.ask(method, `/activeflows/${run.id}${path}`, { ...(body === undefined ? {} : { body }), headers: { 'x-request-id': promised.ref } });
  if (!answer) { book.tally.unanswered++; return false; }
  if (answer.status === 200) {
    run.promised.push(promised);
    if (promised.kind === 'stop') run.ended = true;
    count(book, promised.kind === 'set' ? 'sets' : promised.kind === 'stop' ? 'stops' : 'continues');
  } else if (answer.status === 409) {
    // It had ended, or moved on meanwhile: the next look will show it.
    if (promised.kind !== 'continue') run.ended = true;
  } else if (answer.status !== 404 || run.deleted === 'no') book.violations.push(`${run.name}: ${method} ${path} was answered with ${JSON.stringify(answer)}`);
  return true;
}

async function remove({ api, book }: Load, run: Run): Promise<boolean> {
  book.touched.add(run);
  // From here on, another client may find it gone.
  run.deleted = 'asked';
  const answer = await api.ask('DELETE', `/activeflows/${run.id}`);
  if (!answer) { book.tally.unanswered++; return false; }
  if (answer.status !== 200) book.violations.push(`${run.name}: DELETE was answered with ${JSON.stringify(answer)}`);
  run.deleted = 'acknowledged';
  count(book, 'deletes');
  return true;
}

function count(book: Book, what: 'starts' | 'sets' | 'continues' | 'stops' | 'deletes'): void {
  book.tally[what]++;
  book.tally.acknowledged++;
}
