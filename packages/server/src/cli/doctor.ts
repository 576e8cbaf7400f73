// `activeflow doctor`: holds what the store has against what is promised of it. Reads only, also while the server runs.
import { dueAt, evolve } from '@activeflow/engine';
import type { Command } from 'commander';
import { readSetting } from '../config.js';
import { examine, type Rules } from '../store/doctor.js';
import type { Finding, Store } from '../store/store.js';
import { STORE_HELP, withStoreToRead } from './local.js';
import { rowLine, withOutput, type Column, type Output } from './output.js';
import { CommandError, note, say } from './terminal.js';

const COLUMNS: readonly Column<Finding>[] = [
  { head: 'PROMISE', width: 7, of: ({ promise }) => promise }, { head: 'ACTIVEFLOW', width: 36, of: ({ activeflow_id }) => activeflow_id }, { head: 'FINDING', of: ({ message }) => message },
];

/** How often a long examination says how far it is. */
const PROGRESS_MS = 5_000;

/** Adds the command. */
export function addDoctor(program: Command): void {
  withOutput(program.command('doctor').description('check the store: every log folds to its state, nothing is stuck, no effect is lost'))
    .addHelpText('after', `${STORE_HELP}
Changes nothing. Exits 0 and says "clean" where every promise holds that data can show; else 1, with each finding as it turns up.

Example:
  $ activeflow doctor --output json`)
    .action(({ output }: { readonly output: Output }) => {
      const age_ms = readSetting('limit_age_ms');
      return withStoreToRead((store) => look(store, { evolve, dueAt: (state) => dueAt(state, age_ms) }, output));
    });
}

async function look(store: Store, rules: Rules, output: Output): Promise<void> {
  const seen = { activeflows: 0, events: 0, effects: 0 };
  const progress = setInterval(() => { note(`${shown(seen.activeflows)} activeflows so far.`); }, PROGRESS_MS);
  let findings = 0;
  try {
    for await (const finding of examine(counting(store, seen), rules)) {
      findings++;
      await say(output === 'json' ? JSON.stringify(finding) : rowLine(COLUMNS, finding));
    }
  } finally {
    clearInterval(progress);
  }
  const counts = `${shown(seen.activeflows)} activeflows, ${shown(seen.events)} events, ${shown(seen.effects)} effects`;
  if (findings > 0) throw new CommandError(`${shown(findings)} finding${findings === 1 ? '' : 's'} in ${counts}.`);
  if (output === 'json') note(`clean: ${counts}`);
  else await say(`clean: ${counts}`);
}

/** The store, counting what is read of it. A second look at one activeflow is not counted. */
const counting = (store: Store, seen: { activeflows: number; events: number; effects: number }): Pick<Store, 'walk' | 'events' | 'effects' | 'list'> => ({
  list: (id) => store.list(id),
  async walk(after, limit) {
    const rows = await store.walk(after, limit);
    if (limit > 1) seen.activeflows += rows.length;
    return rows;
  },
  async events(id, after, limit) {
    const events = await store.events(id, after, limit);
    seen.events += events.length;
    return events;
  },
  async effects(id) {
    const effects = await store.effects(id);
    seen.effects += effects.length;
    return effects;
  },
});

const shown = (count: number): string => count.toLocaleString('en-US');
