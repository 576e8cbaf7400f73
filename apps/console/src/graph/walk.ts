// Moving about in a picture by arrow keys.
import type { Placed, PlacedNode } from './layout.js';

/** Where to. */
export type Direction = 'up' | 'down' | 'left' | 'right';

/** The nearest node in a direction, what is straight ahead before what is aside; undefined at the edge of the picture. */
export function neighbour({ nodes, boxes }: Placed, from: string, direction: Direction): string | undefined {
  const corners = new Map(boxes.map((box) => [box.key, box]));
  const middle = (node: PlacedNode): readonly [number, number] => {
    let [x, y] = [node.x + node.width / 2, node.y + node.height / 2];
    for (let box = node.box === null ? undefined : corners.get(node.box); box !== undefined; box = box.box === null ? undefined : corners.get(box.box)) { x += box.x; y += box.y; }
    return [x, y];
  };
  const start = nodes.find(({ key }) => key === from);
  if (!start) return undefined;
  const [x, y] = middle(start);
  const along = direction === 'up' || direction === 'down';
  const sign = direction === 'up' || direction === 'left' ? -1 : 1;
  let best: { readonly key: string; readonly far: number } | undefined;
  for (const node of nodes) {
    const [other_x, other_y] = middle(node);
    const ahead = sign * (along ? other_y - y : other_x - x);
    const aside = Math.abs(along ? other_x - x : other_y - y);
    if (node.key === from || ahead < 4) continue;
    const far = ahead + aside * 2;
    if (best === undefined || far < best.far) best = { key: node.key, far };
  }
  return best?.key;
}
