// The draft as a picture: the shared graph, with what is chosen, what is wrong, and, while somebody tries it, where the cursor is.
import { useDeferredValue, useMemo, type ReactNode } from 'react';
import { keyOf as keyIn, place, type Placed } from '../../graph/layout.js';
import { graphOf } from '../../graph/model.js';
import type { NodeMarks } from '../../graph/node.js';
import { GraphView } from '../../graph/view.js';
import { edgeIdOf } from '../../graph/model.js';
import { keyed, type DraftAction } from './draft.js';
import type { Found } from './use-validation.js';

/** Where a try stands: keys of actions. `steps` are the ones that the cursor has been on, in order; `over`: it moves no more. */
export type Walk = { readonly at: string | undefined; readonly steps: readonly string[]; readonly over: boolean };

type Props = {
  readonly actions: readonly DraftAction[]; readonly selected: number | undefined; readonly found: readonly Found[]; readonly walk?: Walk | undefined; readonly label: string;
  readonly select: (index: number) => void; readonly children?: ReactNode;
};

const PATH = 'flow';
const none = (): void => undefined;

/** The picture. */
export function Canvas({ actions, selected, found, walk, label, select, children }: Props) {
  // The picture may come a moment after what is typed: letters do not wait for it.
  const shown = useDeferredValue(actions);
  const nodes = useMemo(() => keyed(shown), [shown]);
  const placed = usePlaced(nodes);
  const marks = useMemo(() => {
    const made = new Map<string, NodeMarks>();
    const visits = new Map<string, number>();
    for (const key of walk?.steps ?? []) visits.set(key, (visits.get(key) ?? 0) + 1);
    for (const [index, { id }] of nodes.entries()) {
      const worst = found.find((one) => one.index === index && one.look === 'error') ?? found.find((one) => one.index === index);
      const cursor = walk?.at === id ? (walk.over ? 'rests' as const : 'moves' as const) : undefined;
      made.set(keyIn(PATH, id), { selected: index === selected, trouble: worst && `${worst.look}: ${worst.message}`, cursor, visits: visits.get(id) ?? 0 });
    }
    return made;
  }, [nodes, found, selected, walk]);
  const { counts, newest } = useMemo(() => countsOf(walk?.steps ?? []), [walk?.steps]);
  const open = useMemo(() => (key: string): void => {
    const index = nodes.findIndex(({ id }) => keyIn(PATH, id) === key);
    if (index >= 0) select(index);
  }, [nodes, select]);
  const followed = walk?.at ?? (selected === undefined ? undefined : nodes[selected]?.id);
  // With an action more or less it is another picture, seen as a whole again: otherwise half of it may have moved out of sight.
  return <GraphView key={nodes.length} placed={placed} label={label} marks={marks} counts={counts} newest={newest} follow={followed === undefined ? undefined : keyIn(PATH, followed)} open={open} fold={none}>{children}</GraphView>;
}

function usePlaced(nodes: ReturnType<typeof keyed>): Placed {
  return useMemo(() => place({ path: PATH, graph: graphOf(nodes), title: '', boxes: [] }), [nodes]);
}

function countsOf(steps: readonly string[]): { readonly counts: ReadonlyMap<string, number>; readonly newest: string | undefined } {
  const counts = new Map<string, number>();
  let newest: string | undefined;
  for (const [index, to] of steps.entries()) {
    const from = steps[index - 1];
    if (from === undefined) continue;
    newest = edgeIdOf(keyIn(PATH, from), keyIn(PATH, to));
    counts.set(newest, (counts.get(newest) ?? 0) + 1);
  }
  return { counts, newest };
}
