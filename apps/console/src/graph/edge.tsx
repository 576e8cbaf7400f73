// An edge of the picture: along the bends that the layout found, with what it is taken for and how often it was.
import type { Edge, EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import type { PlacedEdge, Point } from './layout.js';

/** An edge for React Flow. `newest`: the cursor came along it last. */
export type WayEdge = Edge<{ readonly placed: PlacedEdge; readonly count: number; readonly newest: boolean }, 'way'>;

/** A line through the bends, without their corners. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  const middle = rest.slice(0, -1).map((point, i) => {
    const next = rest[i + 1] ?? last;
    const end = i === rest.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${round(point.x)} ${round(point.y)} ${round(end.x)} ${round(end.y)}`;
  });
  return `M${round(first.x)} ${round(first.y)}${middle.length > 0 ? middle.join('') : `L${round(last.x)} ${round(last.y)}`}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

function WayEdgeView({ data }: EdgeProps<WayEdge>) {
  if (!data) return null;
  const { placed: { points, kind, label, label_at }, count, newest } = data;
  const taken = count > 0;
  const text = [label, count > 1 ? `${count}×` : ''].filter(Boolean).join(' · ');
  return (
    <g className={`gway gway--${kind}${taken ? ' gway--taken' : ''}${newest ? ' gway--newest' : ''}`} data-count={count}>
      <path className="gway__line" d={pathOf(points)} markerEnd={`url(#gway-${newest ? 'newest' : taken ? 'taken' : 'plain'})`} />
      {text !== '' && <text className="gway__label" x={label_at.x} y={label_at.y} textAnchor="middle" dominantBaseline="central">{text}</text>}
    </g>
  );
}

/** How React Flow draws the edges. */
export const edgeTypes = { way: memo(WayEdgeView) } as const;

/** The tips of the arrows, once for a graph. */
export function Tips() {
  return (
    <svg className="gway__tips" aria-hidden="true">
      <defs>
        {['plain', 'taken', 'newest'].map((look) => (
          <marker key={look} id={`gway-${look}`} className={`gway__tip gway__tip--${look}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto">
            <path d="M0 0 8 4 0 8z" />
          </marker>
        ))}
      </defs>
    </svg>
  );
}
