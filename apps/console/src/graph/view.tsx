// The picture of a flow, to be moved about, with marks on it. The same for a run, an editor and a played call.
import { Background, BackgroundVariant, MiniMap, Panel, ReactFlow, ReactFlowProvider, useReactFlow, useStoreApi, type Edge, type Node } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import './graph.css';
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { IconButton } from '../ui/button.js';
import { GraphActions } from './actions.js';
import { edgeTypes, Tips, type WayEdge } from './edge.js';
import type { Placed, PlacedEdge } from './layout.js';
import { nodeTypes, type ActionNode, type BoxNode, type NodeMarks } from './node.js';
import { neighbour, type Direction } from './walk.js';

/** What a graph shows. Keys are those of the picture. */
export type GraphViewProps = {
  readonly placed: Placed;
  /** What it is a picture of, for whoever listens. */
  readonly label: string;
  readonly marks?: ReadonlyMap<string, NodeMarks>;
  /** How often each edge was taken. */
  readonly counts?: ReadonlyMap<string, number>;
  /** Ways that were taken though no edge says so. */
  readonly extra?: readonly PlacedEdge[];
  /** The edge that was taken last. */
  readonly newest?: string | undefined;
  /** The node to be kept in sight. */
  readonly follow?: string | undefined;
  readonly open: (key: string, element: HTMLElement) => void;
  readonly fold?: (key: string) => void;
  readonly children?: ReactNode;
};

/** A graph with more nodes than this has a map beside it. */
const MAPPED = 30;
/** Above this, only what is in sight is drawn. */
const MOST_DRAWN = 250;

/** The picture. */
export function GraphView(props: GraphViewProps) {
  return <ReactFlowProvider><Inside {...props} /></ReactFlowProvider>;
}

function Inside({ placed, label, marks, counts, extra, newest, follow, open, fold, children }: GraphViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const [entry, setEntry] = useState<string>();
  const entered = entry !== undefined && placed.nodes.some(({ key }) => key === entry) ? entry : follow ?? placed.nodes[0]?.key;
  const nodes = useNodes(placed, marks, entered);
  const edges = useEdges(placed, counts, extra, newest);
  const { show, fit } = useCamera(placed, follow);
  const callbacks = useMemo(() => ({ open: (key: string, element: HTMLElement) => { setEntry(key); open(key, element); }, fold }), [open, fold]);
  const walk = (event: KeyboardEvent): void => {
    const direction = KEYS[event.key];
    const from = event.target instanceof HTMLElement ? event.target.dataset['key'] : undefined;
    if (direction === undefined || from === undefined) return;
    event.preventDefault();
    const to = neighbour(placed, from, direction);
    if (to === undefined) return;
    setEntry(to);
    show(to);
    focusSoon(box.current, to);
  };
  return (
    <GraphActions value={callbacks}>
      <div className="graph" ref={box} role="group" aria-label={label} onKeyDown={walk}>
        <Tips />
        <ReactFlow
          nodes={nodes} edges={edges} nodeTypes={nodeTypes} edgeTypes={edgeTypes} minZoom={0.05} maxZoom={2} zoomOnDoubleClick={false} proOptions={PRO}
          nodesDraggable={false} nodesConnectable={false} nodesFocusable={false} edgesFocusable={false} elementsSelectable={false} disableKeyboardA11y deleteKeyCode={null} selectionKeyCode={null}
          onlyRenderVisibleElements={nodes.length > MOST_DRAWN} panOnScroll
        >
          <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
          {nodes.length > MAPPED && <MiniMap pannable zoomable ariaLabel="Map of the graph" nodeClassName={mapClass} nodeBorderRadius={8} />}
          <Panel position="top-right"><Tools fit={fit} show={follow === undefined ? undefined : () => { show(follow); }} /></Panel>
          {children}
        </ReactFlow>
      </div>
    </GraphActions>
  );
}

const PRO = { hideAttribution: true };
const KEYS: Readonly<Record<string, Direction>> = { ArrowDown: 'down', ArrowUp: 'up', ArrowLeft: 'left', ArrowRight: 'right' };
const mapClass = ({ type, data }: Node): string => (type === 'box' ? 'gmap--box' : data['cursor'] ? 'gmap--cursor' : data['visits'] ? 'gmap--visited' : 'gmap--plain');

/** Focuses a node as soon as it is drawn. */
function focusSoon(box: HTMLElement | null, key: string, tries = 5): void {
  requestAnimationFrame(() => {
    const found = [...(box?.querySelectorAll<HTMLElement>('.gnode') ?? [])].find((element) => element.dataset['key'] === key);
    if (found) found.focus({ preventScroll: true });
    else if (tries > 0) focusSoon(box, key, tries - 1);
  });
}

function Tools({ fit, show }: { readonly fit: () => void; readonly show: (() => void) | undefined }) {
  const { zoomIn, zoomOut } = useReactFlow();
  return (
    <div className="graph__tools">
      <IconButton icon="plus" label="Zoom in" onClick={() => { void zoomIn(); }} />
      <IconButton icon="minus" label="Zoom out" onClick={() => { void zoomOut(); }} />
      <IconButton icon="fit" label="See all of it" onClick={fit} />
      {show && <IconButton icon="target" label="Go to the cursor" onClick={show} />}
    </div>
  );
}

const NOTHING: NodeMarks = {};

/** Nodes for React Flow. A node whose marks are the same stays the same object, so that it is not drawn again. */
function useNodes(placed: Placed, marks: ReadonlyMap<string, NodeMarks> | undefined, entered: string | undefined): Node[] {
  const before = useRef(new Map<string, ActionNode | BoxNode>());
  return useMemo(() => {
    const made = new Map<string, ActionNode | BoxNode>();
    for (const one of placed.boxes) {
      const old = before.current.get(one.key);
      made.set(one.key, old?.type === 'box' && old.data.placed === one ? old
        : { id: one.key, type: 'box', position: { x: one.x, y: one.y }, width: one.width, height: one.height, data: { placed: one }, ...(one.box === null ? {} : { parentId: one.box }) });
    }
    for (const one of placed.nodes) {
      const mark = marks?.get(one.key) ?? NOTHING;
      const entry = one.key === entered;
      const old = before.current.get(one.key);
      const same = old?.type === 'action' && old.data.placed === one && old.data.entry === entry && alike(old.data, mark);
      made.set(one.key, same ? old
        : { id: one.key, type: 'action', position: { x: one.x, y: one.y }, width: one.width, height: one.height, data: { ...mark, placed: one, entry }, ...(one.box === null ? {} : { parentId: one.box }) });
    }
    before.current = made;
    return [...made.values()];
  }, [placed, marks, entered]);
}

const MARKS = ['cursor', 'visits', 'trouble', 'forward', 'selected', 'folded'] as const;
const alike = (a: NodeMarks, b: NodeMarks): boolean => MARKS.every((name) => a[name] === b[name]);

function useEdges(placed: Placed, counts: ReadonlyMap<string, number> | undefined, extra: readonly PlacedEdge[] | undefined, newest: string | undefined): Edge[] {
  const before = useRef(new Map<string, WayEdge>());
  return useMemo(() => {
    const made = new Map<string, WayEdge>();
    for (const one of [...placed.edges, ...(extra ?? [])]) {
      const count = counts?.get(one.key) ?? 0;
      const old = before.current.get(one.key);
      const same = old?.data?.placed === one && old.data.count === count && old.data.newest === (one.key === newest);
      made.set(one.key, same ? old : { id: one.key, type: 'way', source: one.from, target: one.to, data: { placed: one, count, newest: one.key === newest } });
    }
    before.current = made;
    return [...made.values()];
  }, [placed, counts, extra, newest]);
}

/** What is seen: all of it where that can be read, else what matters. Keeps the followed node in sight without moving more than needed. */
function useCamera(placed: Placed, follow: string | undefined): { readonly show: (key: string) => void; readonly fit: () => void } {
  const flow = useReactFlow();
  const store = useStoreApi();
  const show = useCallback((key: string, only_if_hidden = false) => {
    const node = flow.getInternalNode(key);
    const { width, height, transform: [x, y, zoom] } = store.getState();
    if (!node || width === 0) return;
    const at = { x: node.internals.positionAbsolute.x + (node.width ?? 0) / 2, y: node.internals.positionAbsolute.y + (node.height ?? 0) / 2 };
    const seen = { x: at.x * zoom + x, y: at.y * zoom + y };
    const margin = { x: Math.min(120, width / 4), y: Math.min(60, height / 4) };
    if (only_if_hidden && seen.x > margin.x && seen.x < width - margin.x && seen.y > margin.y && seen.y < height - margin.y) return;
    void flow.setCenter(at.x, at.y, { zoom: zoom < LEGIBLE ? FIRST_ZOOM : zoom, duration: reduced() ? 0 : 180 });
  }, [flow, store]);
  const fit = useCallback(() => {
    const { width, height } = store.getState();
    const zoom = Math.max(0.05, zoomOf(placed, width, height));
    void flow.setViewport({ x: (width - placed.width * zoom) / 2, y: Math.max(MARGIN / 2, (height - placed.height * zoom) / 2), zoom });
  }, [placed, flow, store]);
  useEffect(() => { if (follow !== undefined) show(follow, true); }, [follow, placed, show]);
  const start = useRef({ fit, show, follow, placed });
  useEffect(() => { start.current = { fit, show, follow, placed }; });
  // At first and when the window changes its size: all of it where that can be read, else what is followed, else the beginning.
  useEffect(() => {
    let width = 0;
    const look = (size: { readonly width: number; readonly height: number }): void => {
      if (size.width === width || size.width === 0) return;
      width = size.width;
      const { current } = start;
      if (zoomOf(current.placed, size.width, size.height) > LEGIBLE) current.fit();
      else if (current.follow !== undefined) current.show(current.follow);
      else void flow.setViewport({ x: (size.width - current.placed.width * FIRST_ZOOM) / 2, y: MARGIN, zoom: FIRST_ZOOM });
    };
    look(store.getState());
    return store.subscribe(look);
  }, [flow, store]);
  return { show, fit };
}

/** Below this, a label cannot be read. */
const LEGIBLE = 0.5;
const FIRST_ZOOM = 0.8;
const MARGIN = 48;

/** How large all of a picture can be shown. */
const zoomOf = (placed: Placed, width: number, height: number): number => Math.min(1, (width - MARGIN) / placed.width, (height - MARGIN) / placed.height);

const reduced = (): boolean => window.matchMedia('(prefers-reduced-motion: reduce)').matches;
