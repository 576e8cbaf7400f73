// What the picture shows at one event of a run: which lists, as boxes where they were pushed, where the cursor has been, and where it is.
import { FINISH_ID, START_ID, type Frame, type State } from '@activeflow/engine';
import { extraEdges, type Way } from '../graph/extra.js';
import { keyOf, place, type Nest, type Placed, type PlacedEdge } from '../graph/layout.js';
import { edgeIdOf, graphOf, type GraphAction } from '../graph/model.js';
import type { NodeMarks } from '../graph/node.js';
import type { Hop, Place, Track } from './track.js';

/** Where a frame is in the picture: its path, the node that pushed it, and the event it came with. */
export type FramePlace = { readonly path: string; readonly frame: Frame; readonly parent: string | null; readonly from: string; readonly since: number };

/** The path of the main list. */
export const MAIN = 'main';

/** A list of actions by its id; undefined while it is on its way. */
export type ListOf = (list_id: string) => readonly GraphAction[] | undefined;

/** The places of all frames that a run had up to event `n`. Frames that one action pushed with one list share theirs: a loop is one box. */
export function framesUpTo({ states }: Track, n: number, known: Map<string, FramePlace> = new Map(), from = 0): ReadonlyMap<string, FramePlace> {
  const end = Math.min(n, states.length - 1);
  let before: readonly Frame[] | undefined;
  for (let i = from; i <= end; i++) {
    const frames = states[i]?.frames ?? [];
    if (frames === before) continue;
    before = frames;
    for (const frame of frames) learn(known, frame, i);
  }
  return known;
}

function learn(known: Map<string, FramePlace>, frame: Frame, since: number): void {
  const old = known.get(frame.id);
  if (old) {
    if (old.frame !== frame) known.set(frame.id, { ...old, frame });
    return;
  }
  const { return_to } = frame;
  const parent = return_to === null ? undefined : known.get(return_to.frame_id);
  if (return_to === null || parent === undefined) known.set(frame.id, { path: MAIN, frame, parent: null, from: '', since });
  else known.set(frame.id, { path: `${parent.path}/${return_to.action_id}>${frame.list_id}`, frame, parent: parent.path, from: return_to.action_id, since });
}

/** The boxes to be shown: of the frames on the stack, and those that somebody opened. */
export function shownPaths(places: ReadonlyMap<string, FramePlace>, { frames }: State, opened: ReadonlySet<string>): ReadonlySet<string> {
  const shown = new Set(frames.map(({ id }) => places.get(id)?.path ?? MAIN));
  // A box within a box that is not shown has nowhere to be.
  const all = [...new Map([...places.values()].map((one) => [one.path, one])).values()].sort((a, b) => a.path.length - b.path.length);
  for (const { path, parent } of all) if (opened.has(path) && parent !== null && shown.has(parent)) shown.add(path);
  return shown;
}

/** The picture of those boxes; undefined while a list is on its way. */
export function pictureOf(places: ReadonlyMap<string, FramePlace>, shown: ReadonlySet<string>, listOf: ListOf): Placed | undefined {
  const by_path = new Map([...places.values()].map((one) => [one.path, one]));
  const nest = (path: string): Nest | undefined => {
    const at = by_path.get(path);
    const actions = at && listOf(at.frame.list_id);
    if (!at || !actions) return undefined;
    const graph = graphOf(actions, path === MAIN);
    const ids = new Set(graph.nodes.map(({ id }) => id));
    const boxes = [...by_path.values()].filter((one) => one.parent === path && shown.has(one.path)).flatMap((one) => {
      const inside = nest(one.path);
      // What was pushed before a list's first action hangs on that.
      const from = ids.has(one.from) ? one.from : graph.nodes[0]?.id;
      return inside && from !== undefined ? [{ ...inside, from }] : [];
    });
    return { path, graph, title: path === MAIN ? '' : titleOf(actions), boxes };
  };
  const whole = nest(MAIN);
  return whole && place(whole);
}

const titleOf = (actions: readonly GraphAction[]): string => `Pushed: ${actions.length} ${actions.length === 1 ? 'action' : 'actions'}`;

/** What is marked on the picture. */
export type Scene = {
  readonly marks: ReadonlyMap<string, NodeMarks>; readonly counts: ReadonlyMap<string, number>; readonly extra: readonly PlacedEdge[];
  readonly newest: string | undefined; readonly cursor: string | undefined;
};

/** The key of a place in the picture; undefined where its frame is not known. */
export function keyOfPlace(places: ReadonlyMap<string, FramePlace>, { frame_id, action_id }: Place): string | undefined {
  const at = places.get(frame_id);
  return at && keyOf(at.path, action_id);
}

/** Where the cursor is: on an action, or on the marker of an end. */
const placeOf = ({ current, position }: State): Place => (current.step === 0 ? position : { frame_id: current.frame_id, action_id: current.action.id });

/** The marks of event `n` on a picture. */
export function sceneOf(track: Track, n: number, places: ReadonlyMap<string, FramePlace>, placed: Placed): Scene {
  const state = track.states[n];
  const marks = new Map<string, NodeMarks>();
  const mark = (key: string | undefined, more: NodeMarks): void => { if (key !== undefined) marks.set(key, { ...marks.get(key), ...more }); };
  if (!state) return { marks, counts: new Map(), extra: [], newest: undefined, cursor: undefined };
  const { counts, visits, ways, newest } = walked(track.hops, n, places, new Set(placed.edges.map(({ key }) => key)));
  for (const [key, times] of visits) mark(key, { visits: times });
  for (const row of track.rows) {
    if (row.n > n) break;
    if (row.left?.reason && (row.ended_at ?? 0) <= (state.tm_update ?? Infinity) && row.action) {
      mark(keyOfPlace(places, { frame_id: row.frame_id, action_id: row.action.id }), { trouble: `${row.left.result}: ${row.left.message ?? row.left.reason}` });
    }
  }
  const cursor = keyOfPlace(places, placeOf(state));
  mark(cursor, { cursor: state.status === 'running' && !state.paused ? 'moves' : 'rests' });
  if (state.forward) mark(outwards(state, state.forward, places, placed), { forward: true });
  for (const [key, count] of foldedOf(places, placed, n)) mark(key, { folded: count });
  return { marks, counts, extra: extraEdges(placed, ways), newest, cursor };
}

function walked(hops: readonly Hop[], n: number, places: ReadonlyMap<string, FramePlace>, known: ReadonlySet<string>) {
  const counts = new Map<string, number>();
  const visits = new Map<string, number>();
  const ways = new Map<string, Way>();
  const add = (map: Map<string, number>, key: string): void => { map.set(key, (map.get(key) ?? 0) + 1); };
  let newest: string | undefined;
  for (const hop of hops) {
    if (hop.n > n) break;
    const [from, to] = [keyOfPlace(places, hop.from), keyOfPlace(places, hop.to)];
    if (from === undefined || to === undefined) continue;
    if (hop === hops[0]) add(visits, from);
    add(visits, to);
    newest = wayOf(hop, from, to, places, known);
    add(counts, newest);
    if (!known.has(newest)) ways.set(newest, { from, to });
  }
  return { counts, visits, ways: ways.values(), newest };
}

/** The edge of a hop: into a pushed list, the one that leads to its box. */
function wayOf({ from: { frame_id }, to }: Hop, from: string, to_key: string, places: ReadonlyMap<string, FramePlace>, known: ReadonlySet<string>): string {
  const target = places.get(to.frame_id);
  if (target && target.parent !== null && to.frame_id !== frame_id) {
    const push = edgeIdOf(from, target.path);
    if (known.has(push)) return push;
  }
  return edgeIdOf(from, to_key);
}

/** The node that a forward leads to: looked up from its frame outwards, as the engine does. */
function outwards({ frames }: State, to: Place, places: ReadonlyMap<string, FramePlace>, placed: Placed): string | undefined {
  const keys = new Set(placed.nodes.map(({ key }) => key));
  for (let i = frames.findIndex(({ id }) => id === to.frame_id); i >= 0; i--) {
    const key = keyOfPlace(places, { frame_id: frames[i]?.id ?? '', action_id: to.action_id });
    if (key !== undefined && keys.has(key)) return key;
  }
  return undefined;
}

/** For each node, how many lists it has pushed that are not shown. */
export function foldedOf(places: ReadonlyMap<string, FramePlace>, placed: Placed, n: number): ReadonlyMap<string, number> {
  const shown = new Set(placed.boxes.map(({ key }) => key));
  const folded = new Map<string, Set<string>>();
  for (const { path, parent, from, since } of places.values()) {
    if (parent === null || since > n || shown.has(path)) continue;
    const key = keyOf(parent, from);
    folded.set(key, (folded.get(key) ?? new Set()).add(path));
  }
  return new Map([...folded].map(([key, paths]) => [key, paths.size]));
}

/** Whether an activeflow can be forwarded to a node of the picture: an action of a list that is on its stack. */
export function canForward(state: State, places: ReadonlyMap<string, FramePlace>, key: string): string | undefined {
  const action_id = key.slice(key.lastIndexOf('/') + 1);
  if (state.status !== 'running' || action_id === START_ID || action_id === FINISH_ID) return undefined;
  const on_stack = state.frames.some(({ id }) => { const at = places.get(id); return at !== undefined && keyOf(at.path, action_id) === key; });
  return on_stack ? action_id : undefined;
}
