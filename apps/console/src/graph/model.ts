// A list of actions as a graph: what a run of it can do, read from the schemas of the actions. Pure; also for drafts, whose ids are any text.
import { definitionOf, FINISH_ID, NONE_ID, START_ID } from '@activeflow/engine';

/** An action as a graph needs it: of an answer, of the engine, or of a draft in which much is missing. */
export type GraphAction = { readonly id?: string; readonly next_id?: string; readonly type: string; readonly option?: Readonly<Record<string, unknown>> };

/** What leads from one action to another: `next` by order or `next_id`, `choice` for a value, `else`, `jump`; `moved` is none of these, but happened. */
export type EdgeKind = 'next' | 'choice' | 'else' | 'jump' | 'moved';

/** An action, or one of the two ends. `index` is its place in the list; -1 for the ends. */
export type GraphNode = {
  readonly id: string; readonly index: number; readonly action: GraphAction;
  /** `open`: where it leads is decided as it runs, by a placeholder. */
  readonly open: boolean;
};
/** `label` says when it is taken: a value, `else`, `true`. Empty where it always is. */
export type GraphEdge = { readonly id: string; readonly from: string; readonly to: string; readonly kind: EdgeKind; readonly label: string };
/** A list of actions as a graph. */
export type FlowGraph = { readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] };

/** The id that an action has in a graph: its own, or its place in the list where it has none. */
export const nodeIdOf = (action: GraphAction, index: number): string => (action.id === undefined || action.id === '' || action.id === NONE_ID ? `#${index}` : action.id);

/** The id of an edge. */
export const edgeIdOf = (from: string, to: string): string => `${from}→${to}`;

/** The graph of a list. With `ends`, it has a start and a finish marker, as the main list of a run. */
export function graphOf(actions: readonly GraphAction[], ends = true): FlowGraph {
  const ids = actions.map(nodeIdOf);
  const known = new Set(ids);
  const after = (index: number): string | undefined => ids[index + 1] ?? (ends ? FINISH_ID : undefined);
  const edges = new Map<string, GraphEdge>();
  const connect = (from: string, to: string | undefined, kind: EdgeKind, label: string): void => {
    if (to === undefined || (!known.has(to) && to !== FINISH_ID)) return;
    const id = edgeIdOf(from, to);
    const other = edges.get(id);
    edges.set(id, other ? { ...other, label: [other.label, label].filter(Boolean).join(', ') } : { id, from, to, kind, label });
  };
  if (ends) connect(START_ID, ids[0] ?? FINISH_ID, 'next', '');
  const nodes = actions.map((action, index): GraphNode => {
    const id = ids[index] ?? '';
    const targets = targetsOf(action);
    const named = action.next_id !== undefined && action.next_id !== '' && action.next_id !== NONE_ID ? action.next_id : undefined;
    const onward = onwardOf(action, targets);
    if (onward !== undefined) connect(id, named ?? after(index), isFarewell(action) ? 'else' : 'next', onward);
    for (const { to, kind, label } of targets) connect(id, to, kind, label);
    return { id, index, action, open: targets.some(({ to }) => to.includes('${')) };
  });
  const marker = (id: string): GraphNode => ({ id, index: -1, action: { id, type: '' }, open: false });
  return { nodes: ends ? [marker(START_ID), ...nodes, marker(FINISH_ID)] : nodes, edges: [...edges.values()] };
}

type Named = { readonly to: string; readonly kind: EdgeKind; readonly label: string };

/** Where the option of an action says that it may lead, by the targets its schema names. */
function targetsOf({ type, option = {} }: GraphAction): readonly Named[] {
  const names: readonly string[] = definitionOf(type)?.targets ?? [];
  return names.flatMap((name): Named[] => {
    const value = option[name];
    if (typeof value === 'string') return isSet(value) ? [{ to: value, ...wordOf(name) }] : [];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    return Object.entries(value).flatMap(([label, to]) => (typeof to === 'string' && isSet(to) ? [{ to, kind: 'choice' as const, label }] : []));
  });
}

const isSet = (id: string): boolean => id !== '' && id !== NONE_ID;

function wordOf(name: string): Pick<Named, 'kind' | 'label'> {
  if (name.startsWith('false')) return { kind: 'else', label: 'no' };
  if (name.startsWith('default')) return { kind: 'else', label: 'else' };
  return { kind: 'jump', label: '' };
}

/** Hanging up its own call ends a run; only one that is on no call goes on. */
const isFarewell = ({ type, option = {} }: GraphAction): boolean => type === 'hangup' && (option['reference_id'] ?? '') === '';

/** When an action goes on with the one after it; undefined for never. */
function onwardOf({ type, option = {} }: GraphAction, targets: readonly Named[]): string | undefined {
  if (type === 'stop') return undefined;
  if (isFarewell({ type, option })) return 'no call';
  if (type === 'goto') {
    if (targets.length === 0) return '';
    const count = option['loop_count'];
    return count === undefined || count === null ? undefined : `after ${typeof count === 'number' ? count : 'some '}×`;
  }
  if (targets.some(({ label, kind }) => kind === 'else' && label === 'no')) return 'yes';
  if (targets.some(({ kind, label }) => kind === 'else' && label === 'else')) return undefined;
  return targets.length > 0 ? 'else' : '';
}
