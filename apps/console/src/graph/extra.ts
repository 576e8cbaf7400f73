// Ways that a run took though no edge of its flow says so: forwarded by somebody, back from a pushed list.
import { bend } from './bend.js';
import type { Placed, PlacedEdge, PlacedNode, Point } from './layout.js';
import { edgeIdOf } from './model.js';

/** A move from a node to another. */
export type Way = { readonly from: string; readonly to: string };

/** Edges for moves that the picture has none for; moves to or from what is not in it are left out. */
export function extraEdges(placed: Placed, ways: Iterable<Way>): readonly PlacedEdge[] {
  const known = new Set(placed.edges.map(({ key }) => key));
  const boxes = new Map(placed.boxes.map((box) => [box.key, box]));
  const nodes = new Map(placed.nodes.map((node) => [node.key, node]));
  const corner = ({ x, y, box }: Point & Pick<PlacedNode, 'box'>): Point => {
    const around = box === null ? undefined : boxes.get(box);
    if (around === undefined) return { x, y };
    const outer = corner(around);
    return { x: x + outer.x, y: y + outer.y };
  };
  return [...ways].flatMap(({ from, to }): PlacedEdge[] => {
    const key = edgeIdOf(from, to);
    const [a, b] = [nodes.get(from), nodes.get(to)];
    if (known.has(key) || a === undefined || b === undefined || from === to) return [];
    known.add(key);
    const points = bend(corner(a), a, corner(b), b);
    return [{ key, from, to, kind: 'moved', label: '', points, label_at: points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 } }];
  });
}
