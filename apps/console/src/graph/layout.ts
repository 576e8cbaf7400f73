// Where the nodes of a graph stand: in layers from top to bottom, lists that were pushed as boxes beside what pushed them.
import * as library from '@dagrejs/dagre';
import { FINISH_ID, START_ID } from '@activeflow/engine';
import { bend } from './bend.js';
import { edgeIdOf, type EdgeKind, type FlowGraph, type GraphEdge, type GraphNode } from './model.js';

// What is used of the library. Its own types name their files in a way that this compiler does not follow.
type Layered = {
  setGraph(settings: object): void; setDefaultEdgeLabel(label: () => object): void; setNode(id: string, size: object): void; setEdge(from: string, to: string, settings: object): void;
  graph(): Partial<Size>; node(id: string): Partial<Size & Point> | undefined; edge(from: string, to: string): (Partial<Point> & { readonly points?: readonly Point[] }) | undefined;
};
const { Graph, layout } = library as unknown as { readonly Graph: new () => Layered; readonly layout: (graph: Layered) => void };

/** A point of the picture. */
export type Point = { readonly x: number; readonly y: number };
type Size = { readonly width: number; readonly height: number };

/** A graph to place: its nodes are known as `<path>/<id>`, and boxes hang on the nodes that pushed them. */
export type Nest = { readonly path: string; readonly graph: FlowGraph; readonly title: string; readonly boxes: readonly (Nest & { readonly from: string })[] };

/** A node with its place, relative to the box it is in. `key` tells it apart in the whole picture. */
export type PlacedNode = Size & Point & { readonly key: string; readonly box: string | null; readonly node: GraphNode };
/** A box around a pushed list. */
export type PlacedBox = Size & Point & { readonly key: string; readonly box: string | null; readonly title: string };
/** An edge with its bends, in the coordinates of the whole picture. */
export type PlacedEdge = {
  readonly key: string; readonly from: string; readonly to: string; readonly kind: EdgeKind | 'push'; readonly label: string;
  readonly points: readonly Point[]; readonly label_at: Point;
};
/** A picture. Boxes come before what is in them. */
export type Placed = Size & { readonly nodes: readonly PlacedNode[]; readonly boxes: readonly PlacedBox[]; readonly edges: readonly PlacedEdge[] };

/** The size of an action's node. */
export const NODE: Size = { width: 228, height: 54 };
const MARKER: Size = { width: 92, height: 32 };
const PADDING = 20;
const TITLE = 30;
const GAP = { rank: 40, node: 36, edge: 16 };
/** Above this many nodes, layers would take too long: they stand in columns, in the order of the list. */
const MOST_LAYERED = 500;
const COLUMN = 25;
/** Up to this many nodes, every edge has its say in the layout. */
const FEW = 60;
/** Above that, an edge has if it leads on by no more than this many places. */
const NEAR = 12;
/** How many choices of one action stand beside each other. */
const MOST_BESIDE = 4;

/** The key of a node in a picture. */
export const keyOf = (path: string, id: string): string => `${path}/${id}`;

const sizeOf = (node: GraphNode): Size => (node.id === START_ID || node.id === FINISH_ID ? MARKER : NODE);

/** Places a graph and the boxes on it. The same input gives the same picture. */
export function place(nest: Nest): Placed {
  return placeNest(nest, null);
}

function placeNest(nest: Nest, box: string | null): Placed {
  const inner = nest.boxes.map((one) => ({ box: one, placed: placeNest(one, one.path) }));
  const g = nest.graph.nodes.length > MOST_LAYERED ? columns(nest, inner) : layers(nest, inner);
  const nodes = nest.graph.nodes.map((node): PlacedNode => ({ key: keyOf(nest.path, node.id), box, node, ...sizeOf(node), ...g.at(node.id) }));
  const boxes: PlacedBox[] = [];
  const edges: PlacedEdge[] = nest.graph.edges.map(({ from, to, kind, label }) => {
    const { points, label_at } = g.way(from, to);
    return { key: edgeIdOf(keyOf(nest.path, from), keyOf(nest.path, to)), from: keyOf(nest.path, from), to: keyOf(nest.path, to), kind, label, points, label_at };
  });
  for (const { box: one, placed } of inner) {
    const corner = g.at(one.path);
    const { points, label_at } = g.way(one.from, one.path);
    boxes.push({ key: one.path, box, title: one.title, width: placed.width + PADDING * 2, height: placed.height + PADDING + TITLE, ...corner });
    edges.push({ key: edgeIdOf(keyOf(nest.path, one.from), one.path), from: keyOf(nest.path, one.from), to: one.path, kind: 'push', label: '', points, label_at });
    boxes.push(...placed.boxes.map((deeper) => (deeper.box === one.path ? shifted(deeper, PADDING, TITLE) : deeper)));
    nodes.push(...placed.nodes.map((deeper) => (deeper.box === one.path ? shifted(deeper, PADDING, TITLE) : deeper)));
    // Edges are drawn over everything, so their bends are carried out to the whole picture, box by box.
    const carry = (point: Point): Point => ({ x: point.x + corner.x + PADDING, y: point.y + corner.y + TITLE });
    edges.push(...placed.edges.map((edge) => ({ ...edge, points: edge.points.map(carry), label_at: carry(edge.label_at) })));
  }
  return { width: g.width, height: g.height, nodes, boxes, edges };
}

const shifted = <T extends Point>(one: T, x: number, y: number): T => ({ ...one, x: one.x + x, y: one.y + y });

type Inner = readonly { readonly box: Nest & { readonly from: string }; readonly placed: Placed }[];
type Found = Size & { readonly at: (id: string) => Point; readonly way: (from: string, to: string) => { readonly points: readonly Point[]; readonly label_at: Point } };

/** A layered layout: what leads to something stands above it, as far as there is no circle. */
function layers({ graph }: Nest, inner: Inner): Found {
  const g = new Graph();
  g.setGraph({ rankdir: 'TB', ranksep: GAP.rank, nodesep: GAP.node, edgesep: GAP.edge, marginx: 0, marginy: 0, ranker: graph.nodes.length > FEW ? 'tight-tree' : 'network-simplex' });
  g.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) g.setNode(node.id, { ...sizeOf(node) });
  const sizes = new Map(graph.nodes.map((node) => [node.id, sizeOf(node)]));
  const choices = new Map<string, number>();
  for (const { from, kind } of graph.edges) if (kind === 'choice') choices.set(from, (choices.get(from) ?? 0) + 1);
  const seen = new Map<string, number>();
  for (const { from, to, label, kind } of laidOf(graph)) {
    // A menu of many choices stands in several rows: one would be too wide to be read.
    const rows = Math.ceil((choices.get(from) ?? 1) / MOST_BESIDE);
    const nth = kind === 'choice' ? seen.get(from) ?? 0 : 0;
    if (kind === 'choice') seen.set(from, nth + 1);
    g.setEdge(from, to, { weight: kind === 'choice' ? 6 : kind === 'next' ? 4 : 1, minlen: 1 + (nth % rows), width: label === '' ? 0 : 12 + label.length * 6, height: label === '' ? 0 : 16, labelpos: 'c' });
  }
  for (const { box, placed } of inner) {
    g.setNode(box.path, { width: placed.width + PADDING * 2, height: placed.height + PADDING + TITLE });
    g.setEdge(box.from, box.path, { weight: 1, minlen: 1, width: 0, height: 0 });
  }
  layout(g);
  const { width = 0, height = 0 } = g.graph();
  const corner = (id: string): Point => {
    const found = g.node(id);
    return { x: (found?.x ?? 0) - (found?.width ?? 0) / 2, y: (found?.y ?? 0) - (found?.height ?? 0) / 2 };
  };
  return {
    width, height, at: corner,
    way(from, to) {
      const edge = g.edge(from, to);
      const points = edge ? anchored(edge.points ?? [], g.node(from), g.node(to)) : bend(corner(from), sizes.get(from) ?? NODE, corner(to), sizes.get(to) ?? NODE);
      const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 };
      return { points, label_at: { x: edge?.x ?? middle.x, y: edge?.y ?? middle.y } };
    },
  };
}

/** The edges that decide where nodes stand: of a long list, those that lead back or far do not, since each would take room in every layer between. */
function laidOf({ nodes, edges }: FlowGraph): readonly GraphEdge[] {
  if (nodes.length <= FEW) return edges;
  const at = new Map(nodes.map(({ id }, i) => [id, i]));
  const reached = new Set<string>();
  const span = ({ from, to }: GraphEdge): number => (at.get(to) ?? 0) - (at.get(from) ?? 0);
  const near = edges.filter((edge) => span(edge) > 0 && (edge.kind === 'next' || span(edge) <= NEAR));
  for (const { to } of near) reached.add(to);
  // What nothing near leads to still stands below something.
  return [...near, ...edges.filter((edge) => span(edge) > NEAR && edge.kind !== 'next' && !reached.has(edge.to) && reached.add(edge.to))];
}

/** Downwards, an edge leaves at the middle of the bottom and arrives at the middle of the top; upwards, it stays as the layout found it. */
function anchored(points: readonly Point[], from: Partial<Size & Point> | undefined, to: Partial<Size & Point> | undefined): readonly Point[] {
  const start = { x: from?.x ?? 0, y: (from?.y ?? 0) + (from?.height ?? 0) / 2 };
  const end = { x: to?.x ?? 0, y: (to?.y ?? 0) - (to?.height ?? 0) / 2 };
  return end.y > start.y && points.length > 1 ? [start, ...points.slice(1, -1), end] : points;
}

/** For lists without measure: columns in the order of the list, boxes below. */
function columns({ graph }: Nest, inner: Inner): Found {
  const corners = new Map<string, Point>();
  const sizes = new Map<string, Size>();
  graph.nodes.forEach((node, i) => {
    const size = sizeOf(node);
    sizes.set(node.id, size);
    corners.set(node.id, { x: Math.floor(i / COLUMN) * (NODE.width + GAP.node * 2) + (NODE.width - size.width) / 2, y: (i % COLUMN) * (NODE.height + GAP.rank) });
  });
  let y = Math.min(graph.nodes.length, COLUMN) * (NODE.height + GAP.rank);
  let width = Math.ceil(graph.nodes.length / COLUMN) * (NODE.width + GAP.node * 2) - GAP.node * 2;
  for (const { box, placed } of inner) {
    const size = { width: placed.width + PADDING * 2, height: placed.height + PADDING + TITLE };
    sizes.set(box.path, size);
    corners.set(box.path, { x: 0, y });
    y += size.height + GAP.rank;
    width = Math.max(width, size.width);
  }
  const at = (id: string): Point => corners.get(id) ?? { x: 0, y: 0 };
  return {
    width, height: y - GAP.rank, at,
    way(from, to) {
      const [a, b, size, to_size] = [at(from), at(to), sizes.get(from) ?? NODE, sizes.get(to) ?? NODE];
      const [start, end] = [{ x: a.x + size.width / 2, y: a.y + size.height }, { x: b.x + to_size.width / 2, y: b.y }];
      return { points: [start, end], label_at: { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 } };
    },
  };
}
