// A node of the picture: a button with what the action does, where the cursor has been, and where it is.
import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import { FINISH_ID } from '@activeflow/engine';
import { memo, use } from 'react';
import { Icon } from '../ui/icons.js';
import { ActionIcon } from './action-icon.js';
import { GraphActions } from './actions.js';
import { labelOf } from './label.js';
import type { PlacedBox, PlacedNode } from './layout.js';

/** What a node shows beside its action. */
export type NodeMarks = {
  /** The cursor is on it; `rests` where it will move no more. */
  readonly cursor?: 'moves' | 'rests' | undefined;
  readonly visits?: number; readonly trouble?: string | undefined; readonly forward?: boolean; readonly selected?: boolean;
  /** How many lists it has pushed that are not in the picture. */
  readonly folded?: number;
  /** Whether Tab leads to it: one node of a graph at a time. */
  readonly entry?: boolean;
};
/** A node for React Flow. */
export type ActionNode = Node<NodeMarks & { readonly placed: PlacedNode }, 'action'>;
/** A box for React Flow. */
export type BoxNode = Node<{ readonly placed: PlacedBox }, 'box'>;

function ActionNodeView({ data }: NodeProps<ActionNode>) {
  const { placed, cursor, visits = 0, trouble, forward = false, selected = false, folded = 0, entry = false } = data;
  const { open } = use(GraphActions);
  const { action, index } = placed.node;
  const { title, detail } = labelOf(action);
  const look = ['gnode', index < 0 && 'gnode--marker', visits > 0 && 'gnode--visited', cursor && `gnode--cursor gnode--${cursor}`, trouble && 'gnode--trouble', selected && 'gnode--selected'];
  const said = [`${title} ${detail}`.trim(), cursor && 'the cursor is here', visits > 0 && `${visits === 1 ? 'once' : `${visits} times`} here`, trouble, forward && 'the next move goes here', folded > 0 && `${folded} pushed ${folded === 1 ? 'list' : 'lists'} not shown`, placed.node.open && 'where it leads is decided as it runs'];
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <button
        type="button" className={look.filter(Boolean).join(' ')} data-key={placed.key} tabIndex={entry ? 0 : -1} aria-current={cursor ? 'step' : undefined}
        aria-haspopup="dialog" aria-expanded={selected} title={detail === '' ? title : `${title}: ${detail}`}
        onClick={(event) => { open(placed.key, event.currentTarget); }} onContextMenu={(event) => { event.preventDefault(); open(placed.key, event.currentTarget); }}
      >
        <span className="only-read">{said.filter(Boolean).join(', ')}</span>
        <span className="gnode__icon" aria-hidden="true"><ActionIcon type={action.type} marker={placed.node.id === FINISH_ID ? 'end' : 'start'} /></span>
        <span className="gnode__text" aria-hidden="true"><span className="gnode__title">{title}</span>{detail !== '' && <span className="gnode__detail">{detail}</span>}</span>
        {trouble !== undefined && <span className="gnode__trouble" aria-hidden="true"><Icon name="warning" size={14} /></span>}
        {folded > 0 && <span className="gnode__tag" aria-hidden="true" title={`${folded} pushed ${folded === 1 ? 'list' : 'lists'}, not shown`}>⧉ {folded}</span>}
        {placed.node.open && <span className="gnode__tag" aria-hidden="true" title="Where it leads is decided as it runs">?</span>}
        {visits > 1 && <span className="gnode__tag" aria-hidden="true">{visits}×</span>}
        {forward && <span className="gnode__flag" aria-hidden="true">next</span>}
        {cursor && <span className="gnode__flag gnode__flag--here" aria-hidden="true">here</span>}
      </button>
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  );
}

function BoxNodeView({ data }: NodeProps<BoxNode>) {
  const { fold } = use(GraphActions);
  const { title, key } = data.placed;
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <div className="gbox">
        <span className="gbox__title">{title}</span>
        {fold && <button type="button" className="gbox__fold" aria-label={`Fold ${title}`} title="Fold" onClick={() => { fold(key); }}><Icon name="up" size={14} /></button>}
      </div>
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  );
}

/** How React Flow draws the nodes. */
export const nodeTypes = { action: memo(ActionNodeView), box: memo(BoxNodeView) } as const;
