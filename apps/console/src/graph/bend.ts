// A way around: for edges that the layout did not see.
import type { Point } from './layout.js';

type Size = { readonly width: number; readonly height: number };

/** Beside what lies between: out at the side, and in at the side. */
export function bend(a: Point, { width, height }: Size, b: Point, to: Size): readonly Point[] {
  const right = Math.max(a.x + width, b.x + to.width);
  const start = { x: a.x + width, y: a.y + height / 2 };
  const end = { x: b.x + to.width, y: b.y + to.height / 2 };
  const out = right + 24 + Math.min(60, Math.abs(end.y - start.y) / 12);
  return [start, { x: out, y: start.y }, { x: out, y: (start.y + end.y) / 2 }, { x: out, y: end.y }, end];
}
