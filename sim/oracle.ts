// The same plan in a calm world is the oracle: faults that only delay must lead to the same end.
import type { Event } from '@activeflow/engine';
import { Violation } from './invariants.js';
import type { Came } from './world.js';

/** What came of each activeflow, in what does not depend on time, versions or ids of effects. */
export type Outcome = Readonly<Record<string, unknown>>;

/** Sums a world up. */
export async function outcomeOf({ store, histories }: Came): Promise<Outcome> {
  const kept = await store.walk(0, 1_000_000);
  const entries = await Promise.all(kept.map(async ({ row: { state } }) => {
    const { status, end_reason, end_detail, variables, chain, configuration, tm_delete } = state;
    const events = histories.get(state.id) ?? [];
    const effects = (await store.effects(state.id)).map(({ step, kind, status: came, result }) => `${step} ${kind} ${came}${result?.ok === false ? ` ${result.reason}` : ''}`);
    return [state.id, { status, end_reason, end_detail, variables, chain, configuration, deleted: tm_delete !== null, walk: events.flatMap(walked), effects }] as const;
  }));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function walked(event: Event): string[] {
  const left = event.type === 'moved' || event.type === 'ended' ? event.left : undefined;
  const came = left ? [`${left.result}${left.reason ? ` ${left.reason}` : ''}`] : [];
  return event.type === 'moved' ? [...came, `${event.entered.step} ${event.entered.action.type || 'finish'}`] : came;
}

/** Throws `Violation` where the two came to something else. */
export function compare(calm: Outcome, faulty: Outcome): void {
  const differing = differences('', calm, faulty);
  if (differing.length > 0) throw new Violation('oracle', `it came to something else than in the calm world\n  ${differing.slice(0, 8).join('\n  ')}`);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function differences(path: string, calm: unknown, faulty: unknown): string[] {
  if (isObject(calm) && isObject(faulty)) {
    return [...new Set([...Object.keys(calm), ...Object.keys(faulty)])].flatMap((key) => differences(`${path}/${key}`, calm[key], faulty[key]));
  }
  return calm === faulty ? [] : [`${path}: calm ${JSON.stringify(calm)}, faulty ${JSON.stringify(faulty)}`];
}
