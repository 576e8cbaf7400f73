// Everything that happened, row by row. Only the rows in sight are drawn, however many there are.
import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { State } from '@activeflow/engine';
import { ActionIcon } from '../graph/action-icon.js';
import { Icon, type IconName } from '../ui/icons.js';
import { exactText, spanText } from '../ui/time.js';
import { rowAt, type Row } from './track.js';
import { causeWords, outcomeOf, rowLabel } from './words.js';
import './timeline.css';

/** The height of a row, in pixels. */
const ROW = 44;
const BEYOND = 6;

type Props = {
  readonly rows: readonly Row[]; readonly state: State | undefined;
  /** The event that is looked at; `live`: it is the newest, and the list keeps to its end. */
  readonly n: number; readonly live: boolean; readonly hold: (n: number) => void;
};

/** The timeline: a list to be walked with the arrow keys, where choosing a row looks at its event. */
export function Timeline({ rows, state, n, live, hold }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(480);
  const chosen = rowAt(rows, n);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => { setHeight(element.clientHeight); });
    observer.observe(element);
    return () => { observer.disconnect(); };
  }, []);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    if (live) element.scrollTop = element.scrollHeight;
    else if (chosen * ROW < element.scrollTop) element.scrollTop = chosen * ROW;
    else if ((chosen + 1) * ROW > element.scrollTop + element.clientHeight) element.scrollTop = (chosen + 1) * ROW - element.clientHeight;
  }, [live, chosen, rows.length, height]);

  const go = (index: number): void => { const row = rows[Math.max(0, Math.min(rows.length - 1, index))]; if (row) hold(row.n); };
  const page = Math.max(1, Math.floor(height / ROW) - 1);
  const walk = (event: KeyboardEvent): void => {
    const to = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, PageDown: chosen + page, PageUp: chosen - page, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  };
  const first = Math.max(0, Math.floor(top / ROW) - BEYOND);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW) + BEYOND);
  return (
    <div
      ref={box} className="run-timeline" role="listbox" tabIndex={0} aria-label="Timeline" aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
      onScroll={(event) => { setTop(event.currentTarget.scrollTop); }} onKeyDown={walk}
    >
      <div style={{ height: rows.length * ROW }} className="run-timeline__all" role="presentation">
        {rows.slice(first, last).map((row, i) => (
          <RowView key={row.n} id={`${id}-${first + i}`} row={row} at={first + i} of={rows.length} chosen={first + i === chosen} state={state} choose={hold} />
        ))}
      </div>
    </div>
  );
}

const KIND_ICONS: Readonly<Record<Exclude<Row['kind'], 'moved'>, IconName>> = {
  created: 'play', settled: 'check', variables_set: 'edit', forwarded: 'forward', pushed: 'plus', added: 'plus', configured: 'settings', paused: 'paused', resumed: 'running', ended: 'stopped', deleted: 'trash',
};

type RowProps = { readonly id: string; readonly row: Row; readonly at: number; readonly of: number; readonly chosen: boolean; readonly state: State | undefined; readonly choose: (n: number) => void };

function RowView({ id, row, at, of, chosen, state, choose }: RowProps) {
  const { title, detail } = rowLabel(row);
  const outcome = outcomeOf(row, state);
  const took = row.kind === 'moved' && row.ended_at !== undefined ? spanText((row.ended_at - row.at) / 1000) : '';
  return (
    <div
      id={id} className={`run-row run-row--${row.kind === 'moved' ? 'step' : 'done'}${chosen ? ' run-row--chosen' : ''}`} role="option" aria-selected={chosen} aria-posinset={at + 1} aria-setsize={of}
      style={{ transform: `translateY(${at * ROW}px)`, height: ROW }} data-n={row.n} onClick={() => { choose(row.n); }}
    >
      <span className="run-row__step">{row.kind === 'moved' ? row.step : ''}</span>
      <span className="run-row__icon">{row.kind === 'moved' ? <ActionIcon type={row.action?.type ?? ''} size={14} /> : <Icon name={KIND_ICONS[row.kind]} size={14} />}</span>
      <span className="run-row__text"><span className="run-row__title">{title}</span>{detail !== '' && <span className="run-row__detail">{detail}</span>}</span>
      <span className="run-row__facts" title={`${exactText(row.at / 1000)}, by ${causeWords(row.cause)}`}>
        {outcome && <span className={`run-row__outcome run-row__outcome--${outcome.tone}`}><Icon name={outcome.icon} size={13} />{outcome.word}</span>}
        <span className="run-row__took">{took !== '' ? took : clockText(row.at)}</span>
      </span>
    </div>
  );
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** The time of day. */
const clockText = (at: number): string => CLOCK.format(at / 1000);
