// What must hold after a restart, seen from outside: by the API, and by the ledger of what was sent.
import type { Activeflow, Api, HistoryEntry } from './api.js';
import type { Book, Run } from './book.js';
import type { Ledger } from './ledger.js';

/** Looks at every run that was touched since the last restart. Takes them out of the book where they are as they should be. */
export async function checkTouched(api: Api, book: Book): Promise<void> {
  for (const run of book.touched) await checkRun(api, book, run);
  book.touched.clear();
}

async function checkRun(api: Api, book: Book, run: Run): Promise<void> {
  const wrong = (message: string): void => { book.violations.push(`${run.name} (${run.id}): ${message}`); };
  if (run.id === undefined) { wrong('nobody says whether it was started'); return; }
  const found = await api.ask<Activeflow>('GET', `/activeflows/${run.id}`);
  if (run.deleted !== 'no' && found?.status === 404) { run.deleted = 'acknowledged'; return; }
  if (run.deleted === 'acknowledged') { wrong(`its deletion was acknowledged, and it is answered with ${found?.status}`); return; }
  // What was asked and never answered was not done: it may be asked again.
  run.deleted = 'no';
  if (found?.status !== 200) { wrong(`it was started, and is answered with ${found?.status}`); return; }
  // The activeflow moves on while it is looked at, and what is acknowledged stays: so the order of these reads does not matter.
  const variables = await api.ask<{ variables: Record<string, string> }>('GET', `/activeflows/${run.id}/variables`);
  const history = await api.all<HistoryEntry>(`/activeflows/${run.id}/history`);
  for (const fault of faultsOfHistory(history)) wrong(fault);
  for (const ref of run.refs) if (!isOnce(history, ref)) wrong(`command ${ref} was carried out more than once`);
  for (const promised of run.promised) {
    const told = history.filter(({ cause }) => cause.ref === promised.ref);
    if (promised.kind === 'set') {
      if (variables?.body.variables[promised.name] !== promised.value) wrong(`variable ${promised.name} was set, and is ${variables?.body.variables[promised.name]}`);
      if (told.length !== 1 || told[0]?.variables[promised.name] !== promised.value) wrong(`the history does not tell that ${promised.name} was set`);
    }
    if (promised.kind === 'continue' && told.length === 0) wrong(`the history does not tell of continue ${promised.ref}`);
    if (promised.kind === 'stop' && found.body.status !== 'ended') wrong('it was stopped, and runs');
  }
  run.ended = found.body.status === 'ended';
}

/** What one command did is one commit: its entries follow one another. */
function isOnce(history: readonly HistoryEntry[], ref: string): boolean {
  const places = history.flatMap(({ cause }, i) => (cause.ref === ref ? [i] : []));
  return places.length === 0 || (places.at(-1) ?? 0) - (places[0] ?? 0) === places.length - 1;
}

/** Entries and steps are numbered without gap or repetition; only the finish marker has a number and no entry. */
export function faultsOfHistory(history: readonly HistoryEntry[]): readonly string[] {
  const faults: string[] = [];
  if (history[0]?.kind !== 'created') faults.push(`its history begins with ${history[0]?.kind ?? 'nothing'}`);
  const steps = history.filter(({ kind }) => kind === 'step');
  steps.forEach(({ step }, i) => { if (step !== i + 1) faults.push(`step ${step} is in the place of step ${i + 1}`); });
  history.forEach(({ number, kind, result }, i) => {
    const expected = (history[i - 1]?.number ?? -1) + (kind === 'ended' && result === 'completed' ? 2 : 1);
    if (number !== expected) faults.push(`entry ${number} (${kind}) is in the place of entry ${expected}`);
  });
  if (history.filter(({ kind }) => kind === 'ended').length > 1) faults.push('it has ended more than once');
  return faults;
}

/** Everything there is, once all has ended: the list, each history, and what was sent. Gives how many activeflows and requests it has seen. */
export async function checkAll(api: Api, book: Book, ledger: Ledger): Promise<{ activeflows: number; keys: number; copies: number }> {
  const wrong = (message: string): void => { book.violations.push(message); };
  const listed = await api.all<Activeflow>('/activeflows');
  const keys = new Map<string, string>();
  for (const activeflow of listed) {
    if (activeflow.status !== 'ended') wrong(`${activeflow.id} (${activeflow.name}) does not end by itself: ${JSON.stringify(activeflow.waiting_for)}`);
    const history = await api.all<HistoryEntry>(`/activeflows/${activeflow.id}/history`);
    for (const fault of [...faultsOfHistory(history), ...faultsOfExecuted(activeflow, history), ...faultsOfEffects(history, ledger, keys)]) wrong(`${activeflow.id} (${activeflow.name}): ${fault}`);
    for (const child of history.flatMap(({ kind, detail }) => (kind === 'ended' ? [/on-complete activeflow (\S+)/.exec(detail)?.[1] ?? ''] : [])).filter(Boolean)) {
      if (!listed.some(({ id }) => id === child)) wrong(`${activeflow.id}: its on-complete activeflow ${child} is not there`);
    }
  }
  checkNames(book, listed, wrong);
  const gone = new Set(book.runs.filter(({ deleted }) => deleted === 'acknowledged').map(({ id }) => id));
  let copies = 0;
  for (const [key, entry] of ledger.entries) {
    copies += entry.copies;
    const { activeflow } = JSON.parse(entry.body) as { activeflow: string };
    if (!keys.has(key) && !gone.has(activeflow)) wrong(`key ${key} was sent by ${activeflow}, and no history tells of it`);
  }
  for (const fault of ledger.faults) wrong(fault);
  return { activeflows: listed.length, keys: ledger.entries.size, copies };
}

/** Each run that was asked for is there once, whichever of its requests were answered. */
function checkNames(book: Book, listed: readonly Activeflow[], wrong: (message: string) => void): void {
  const times = new Map<string, number>();
  for (const { name } of listed) times.set(name, (times.get(name) ?? 0) + 1);
  for (const { name, id, deleted } of book.runs) {
    const expected = deleted === 'acknowledged' ? 0 : 1;
    if ((times.get(name) ?? 0) !== expected) wrong(`${name} (${id}) is in the list ${times.get(name) ?? 0} times, not ${expected}`);
  }
  if (new Set(listed.map(({ id }) => id)).size !== listed.length) wrong('the pages of the list repeat an activeflow');
}

/** The cursor's trail in the activeflow is that of its history; the list shows the newest hundred. */
function faultsOfExecuted({ executed_actions, end_reason }: Activeflow, history: readonly HistoryEntry[]): readonly string[] {
  const steps = history.filter(({ kind }) => kind === 'step').length;
  const left = end_reason === 'completed' ? steps + 1 : steps;
  return executed_actions.length === Math.min(left, 100) ? [] : [`${executed_actions.length} actions are shown as executed, its history has ${left}`];
}

/** Every request that a step asked for has one key of its own, has come to an end, and was received where it is said to be done. */
function faultsOfEffects(history: readonly HistoryEntry[], ledger: Ledger, keys: Map<string, string>): readonly string[] {
  return history.filter(({ action }) => action?.type === 'webhook_send').flatMap(({ step, effects }) => {
    // A run that was stopped there may have asked for its on-complete activeflow, too.
    const sent = effects.filter(({ kind }) => kind === 'http.webhook_send');
    const faults = sent.length === 1 ? [] : [`step ${step} has ${sent.length} requests`];
    for (const { id, status } of sent) {
      if (keys.has(id)) faults.push(`key ${id} is that of step ${step} and of ${keys.get(id)}`);
      keys.set(id, `step ${step}`);
      if (status !== 'done' && status !== 'canceled') faults.push(`the request of step ${step} is ${status} in the end`);
      if (status === 'done' && !ledger.entries.has(id)) faults.push(`the request of step ${step} is done, and was never received`);
    }
    return faults;
  });
}
