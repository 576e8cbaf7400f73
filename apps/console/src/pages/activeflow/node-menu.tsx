// What can be done with a node of the picture, beside it.
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { ActionIcon } from '../../graph/action-icon.js';
import { labelOf } from '../../graph/label.js';
import type { PlacedNode } from '../../graph/layout.js';
import type { NodeMarks } from '../../graph/node.js';
import { Button, IconButton } from '../../ui/button.js';
import type { Chosen } from '../../run/graph-panel.js';

type Props = {
  readonly chosen: Chosen; readonly placed: PlacedNode; readonly marks: NodeMarks | undefined;
  /** The events in which the cursor came here, oldest first, as far as they are looked at. */
  readonly visits: readonly number[];
  readonly see: (n: number) => void;
  /** Undefined where it cannot be forwarded there. */
  readonly forward: ((now: boolean) => void) | undefined;
  /** Opens the lists that it has pushed. */
  readonly unfold: (() => void) | undefined;
  readonly close: () => void;
};

/** A small dialog beside a node. Escape and a click elsewhere close it. */
export function NodeMenu({ chosen, placed, marks, visits, see, forward, unfold, close }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<{ readonly left: number; readonly top: number }>();
  const { title, detail } = labelOf(placed.node.action);
  useLayoutEffect(() => {
    const { left, right, top, bottom } = chosen.element.getBoundingClientRect();
    const { width, height } = box.current?.getBoundingClientRect() ?? { width: 280, height: 200 };
    const beside = right + 12 + width < window.innerWidth ? right + 12 : Math.max(8, Math.min(left, window.innerWidth - width - 8));
    const below = right + 12 + width < window.innerWidth ? top : bottom + 8;
    setAt({ left: beside, top: Math.max(8, Math.min(below, window.innerHeight - height - 8)) });
  }, [chosen]);
  // Only what is seen takes the focus: not before it has its place.
  useLayoutEffect(() => { if (at) box.current?.querySelector<HTMLElement>('button')?.focus({ preventScroll: true }); }, [at]);
  useEffect(() => {
    const outside = (event: PointerEvent): void => { if (event.target instanceof Node && !box.current?.contains(event.target)) close(); };
    document.addEventListener('pointerdown', outside);
    return () => { document.removeEventListener('pointerdown', outside); };
  }, [close]);
  const leave = (): void => { close(); chosen.element.focus({ preventScroll: true }); };
  const last = visits.at(-1);
  const options = Object.entries(placed.node.action.option ?? {});
  return (
    <div
      ref={box} className="run-menu" role="dialog" aria-label={`${title} ${detail}`} style={at ?? { left: 0, top: 0, visibility: 'hidden' }}
      onKeyDown={(event) => { if (event.key === 'Escape') { event.stopPropagation(); leave(); } }}
    >
      <div className="run-menu__head"><ActionIcon type={placed.node.action.type} marker={title === 'End' ? 'end' : 'start'} /><strong className="cut">{title}</strong><IconButton icon="cross" label="Close" onClick={leave} /></div>
      {marks?.trouble !== undefined && <p className="run-details__error">{marks.trouble}</p>}
      {options.length > 0 && <dl className="run-facts run-facts--values">{options.map(([name, value]) => <div key={name} className="run-facts__pair"><dt><code>{name}</code></dt><dd><code>{typeof value === 'string' ? value : JSON.stringify(value)}</code></dd></div>)}</dl>}
      <p className="soft">{visits.length === 0 ? 'The cursor has not been here.' : visits.length === 1 ? 'The cursor came here once.' : `The cursor came here ${visits.length} times.`}</p>
      <div className="run-menu__actions">
        {last !== undefined && <Button small icon="target" onClick={() => { see(last); leave(); }}>{visits.length === 1 ? 'See that step' : 'See the last of them'}</Button>}
        {unfold && <Button small icon="down" onClick={() => { unfold(); leave(); }}>Open what it pushed</Button>}
        {forward && <Button small icon="forward" look="primary" onClick={() => { forward(true); leave(); }}>Forward here now</Button>}
        {forward && <Button small icon="right" onClick={() => { forward(false); leave(); }}>Go here at the next move</Button>}
      </div>
    </div>
  );
}
