// What is different between two revisions of a flow, told in actions and options. Actions are the same where they have one id, or else where they
// say the same: whoever registers a flow from a file gets new ids each time.
import { definitionOf, NONE_ID, pointerToken } from '@activeflow/engine';
import { isRecord, keyed, type Draft, type DraftAction } from './draft.js';
import { mapTargets } from './edit.js';

/** Something that is different; `before` or `after` is undefined where it was not there. `leads`: the values are actions. */
export type Change = { readonly path: string; readonly before: unknown; readonly after: unknown; readonly leads?: true };

/** What became of one action. `at` is its place in the list, from 0. */
export type ActionDifference =
  | { readonly kind: 'same' | 'changed'; readonly before: Placed; readonly after: Placed; readonly moved: boolean; readonly changes: readonly Change[] }
  | { readonly kind: 'added'; readonly after: Placed }
  | { readonly kind: 'removed'; readonly before: Placed };

/** An action and its place. */
export type Placed = { readonly at: number; readonly action: Keyed };
type Keyed = DraftAction & { readonly id: string };

/** The difference between two flows: of their settings, and of their actions in the order of the newer; removed ones stand where they stood. */
export type Difference = { readonly settings: readonly Change[]; readonly actions: readonly ActionDifference[]; readonly counts: Readonly<Record<'added' | 'removed' | 'changed' | 'moved', number>> };

/** Compares an older flow with a newer one. */
export function difference(older: Draft, newer: Draft): Difference {
  const [a, b] = [placed(older), placed(newer)];
  const pairs = matched(a, b);
  const moved = outOfOrder(b.flatMap(({ at }) => { const from = pairs.of_after.get(at); return from === undefined ? [] : [{ from, to: at }]; }));
  const told = b.map((after): ActionDifference => {
    const from = pairs.of_after.get(after.at);
    const before = from === undefined ? undefined : a[from];
    if (before === undefined) return { kind: 'added', after };
    const changes = changesOf(before.action, after.action, (id) => pairs.ids.get(id) ?? id);
    return { kind: changes.length > 0 ? 'changed' : 'same', before, after, moved: moved.has(after.at), changes };
  });
  const actions = withRemoved(told, a.filter(({ at }) => !pairs.of_before.has(at)));
  const count = (is: (one: ActionDifference) => boolean): number => actions.filter(is).length;
  return {
    settings: settingsOf(older, newer), actions,
    counts: {
      added: count(({ kind }) => kind === 'added'), removed: count(({ kind }) => kind === 'removed'),
      changed: count(({ kind }) => kind === 'changed'), moved: count((one) => 'moved' in one && one.moved),
    },
  };
}

/** True where nothing is different. */
export const isSame = ({ settings, counts }: Difference): boolean => settings.length === 0 && Object.values(counts).every((count) => count === 0);

const placed = ({ actions }: Draft): readonly Placed[] => keyed(actions).map((action, at) => ({ at, action }));

function settingsOf(older: Draft, newer: Draft): readonly Change[] {
  return (['name', 'detail', 'on_complete_flow_id'] as const).flatMap((path) => {
    const [before, after] = [older[path], newer[path]].map((value) => (value === NONE_ID ? '' : value));
    return before === after ? [] : [{ path: `/${path}`, before, after }];
  });
}

type Pairs = { readonly of_before: ReadonlyMap<number, number>; readonly of_after: ReadonlyMap<number, number>; readonly ids: ReadonlyMap<string, string> };

/** Which action of the newer flow is which of the older: by id, then by what it says, then by its type in order. */
function matched(a: readonly Placed[], b: readonly Placed[]): Pairs {
  const of_before = new Map<number, number>();
  const of_after = new Map<number, number>();
  const pair = (key: (action: Keyed) => string): void => {
    const waiting = new Map<string, number[]>();
    for (const { at, action } of a) if (!of_before.has(at)) waiting.set(key(action), [...(waiting.get(key(action)) ?? []), at]);
    for (const { at, action } of b) {
      const from = of_after.has(at) ? undefined : waiting.get(key(action))?.shift();
      if (from === undefined) continue;
      of_before.set(from, at);
      of_after.set(at, from);
    }
  };
  pair(({ id, type }) => `${type} ${id.startsWith('#') ? '' : id.toLowerCase()}`);
  // Another type under the same id is still the same place of the flow.
  pair(({ id }) => id.toLowerCase());
  const have_ids = of_after.size > 0;
  pair(signature);
  // Only where the ids say nothing: otherwise what is left over did go, and did come.
  if (!have_ids) pair(({ type }) => type);
  const ids = new Map([...of_before].map(([from, to]) => [a[from]?.action.id ?? '', b[to]?.action.id ?? '']));
  return { of_before, of_after, ids };
}

/** What an action says, whatever it and its targets are called. */
const signature = (action: Keyed): string => {
  const { option, type } = mapTargets(action, () => '*');
  return JSON.stringify([type, sorted(option ?? {})]);
};

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  return isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)).map(([name, one]) => [name, sorted(one)])) : value;
}

function changesOf(before: Keyed, after: Keyed, follow: (id: string) => string): readonly Change[] {
  const followed = mapTargets(before, follow);
  const found: Change[] = [];
  const next = (action: DraftAction): string | undefined => (action.next_id === NONE_ID || action.next_id === '' ? undefined : action.next_id);
  if (before.type !== after.type) found.push({ path: '/type', before: before.type, after: after.type });
  if (next(followed) !== next(after)) found.push({ path: '/next_id', before: next(before), after: next(after), leads: true });
  compare(followed.option ?? {}, after.option ?? {}, '', found);
  const targets: readonly string[] = definitionOf(after.type)?.targets ?? [];
  return found.map((change) => (targets.includes(change.path.split('/')[1] ?? '') ? { ...change, leads: true, before: written(before, change) } : change));
}

/** The value as it stood in the older action, where its targets had their old ids. */
const written = ({ option }: Keyed, { path, before }: Change): unknown =>
  (before === undefined ? undefined : path.split('/').slice(1).reduce<unknown>((value, token) => (isRecord(value) ? value[token.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined), option));

function compare(before: unknown, after: unknown, path: string, found: Change[]): void {
  if (JSON.stringify(sorted(before)) === JSON.stringify(sorted(after))) return;
  if (!isRecord(before) || !isRecord(after)) { found.push({ path, before, after }); return; }
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) compare(before[name], after[name], `${path}/${pointerToken(name)}`, found);
}

/** The places that are not part of the longest run that kept its order: as few as can be said to have moved. */
function outOfOrder(pairs: readonly { readonly from: number; readonly to: number }[]): ReadonlySet<number> {
  // Patience sorting: `tails[k]` ends the best run of length k + 1 so far.
  const tails: number[] = [];
  const before: (number | undefined)[] = [];
  for (const [index, { from }] of pairs.entries()) {
    let low = 0;
    for (let high = tails.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((pairs[tails[middle] ?? 0]?.from ?? 0) < from) low = middle + 1; else high = middle;
    }
    before.push(low === 0 ? undefined : tails[low - 1]);
    tails[low] = index;
  }
  const kept = new Set<number>();
  for (let index = tails.at(-1); index !== undefined; index = before[index]) kept.add(index);
  return new Set(pairs.filter((_, index) => !kept.has(index)).map(({ to }) => to));
}

/** Puts removed actions after the one that they used to follow. */
function withRemoved(told: readonly ActionDifference[], removed: readonly Placed[]): readonly ActionDifference[] {
  const result = [...told];
  for (const before of removed) {
    const follows = result.findLastIndex((one) => one.kind !== 'added' && one.before.at < before.at);
    result.splice(follows + 1, 0, { kind: 'removed', before });
  }
  return result;
}
