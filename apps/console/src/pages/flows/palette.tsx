// Choosing the type of a new action: by what it is called, or by what it does.
import { actions as register, type Definition } from '@activeflow/engine';
import { useId, useRef, useState, type KeyboardEvent } from 'react';
import { ActionIcon } from '../../graph/action-icon.js';
import { typeWords } from '../../graph/label.js';
import { Dialog } from '../../ui/dialog.js';

type Row = { readonly type: string; readonly words: string; readonly summary: string; readonly group: string };

const GROUPS: readonly (readonly [group: string, types: readonly string[]])[] = [
  ['Say and hear', ['talk', 'play', 'beep', 'digits_receive', 'digits_send', 'answer', 'hangup', 'mute', 'echo', 'stream_echo', 'amd']],
  ['Decide', ['branch', 'condition_variable', 'condition_datetime', 'condition_call_digits', 'condition_call_status', 'goto', 'stop', 'empty']],
  ['Connect', ['connect', 'call']],
  ['Wait', ['sleep', 'block', 'message_receive']],
  ['Send', ['message_send', 'email_send', 'conversation_send', 'webhook_send']],
  ['Data and other flows', ['variable_set', 'fetch', 'fetch_flow']],
  ['Record', ['recording_start', 'recording_stop']],
];
const LATER = 'Not supported yet: skipped where they stand';

/** Every type, in the order in which people look for them; a type that no group names comes after them. */
const ROWS: readonly Row[] = (() => {
  const definitions = Object.values(register) as unknown as readonly Definition[];
  const grouped = new Map(GROUPS.flatMap(([group, types]) => types.map((type) => [type, group] as const)));
  const order = [...grouped.keys()];
  const rows = definitions.map(({ type, summary, unsupported }): Row => ({ type, words: typeWords(type), summary, group: unsupported ? LATER : grouped.get(type) ?? 'More' }));
  const rank = ({ type, group }: Row): number => (group === LATER ? 1_000 : order.includes(type) ? order.indexOf(type) : 500);
  return rows.toSorted((a, b) => rank(a) - rank(b));
})();

function found(sought: string): readonly Row[] {
  const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
  const named = (row: Row): boolean => words.some((word) => row.type.includes(word));
  return ROWS.filter(({ type, summary }) => words.every((word) => type.includes(word) || type.replaceAll('_', ' ').includes(word) || summary.toLowerCase().includes(word)))
    // What is called so comes before what only speaks of it.
    .toSorted((a, b) => (words.length === 0 ? 0 : Number(named(b)) - Number(named(a))));
}

/** The dialog. `choose` gets the name of the type. */
export function Palette({ choose, close, where }: { readonly choose: (type: string) => void; readonly close: () => void; readonly where: string }) {
  const [sought, setSought] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const rows = found(sought);
  const to = (next: number): void => {
    const index = Math.max(0, Math.min(rows.length - 1, next));
    setAt(index);
    list.current?.querySelectorAll('[role=option]')[index]?.scrollIntoView({ block: 'nearest' });
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    const row = rows[at];
    if (step !== undefined) { event.preventDefault(); to(at + step); }
    if (event.key === 'Enter' && row) { event.preventDefault(); choose(row.type); }
  };
  return (
    <Dialog title={`Add an action ${where}`} close={close} wide>
      <input
        className="input" role="combobox" aria-label="Search actions" aria-expanded="true" aria-controls={`${id}-list`} aria-activedescendant={rows[at] ? `${id}-${rows[at].type}` : undefined} autoComplete="off" autoFocus
        placeholder="Say, wait, branch, webhook…" value={sought} onChange={({ target }) => { setSought(target.value); setAt(0); }} onKeyDown={press}
      />
      <div className="palette" id={`${id}-list`} ref={list} role="listbox" aria-label="Actions" tabIndex={-1}>
        {rows.map((row, index) => (
          <div key={row.type} role="presentation">
            {sought === '' && row.group !== rows[index - 1]?.group && <div className="palette__group" role="presentation">{row.group}</div>}
            <div id={`${id}-${row.type}`} role="option" aria-selected={index === at} className={`palette__row${row.group === LATER ? ' palette__row--later' : ''}`} onClick={() => { choose(row.type); }} onPointerMove={() => { setAt(index); }}>
              <span className="palette__icon"><ActionIcon type={row.type} /></span>
              <span className="palette__text"><strong>{row.words}</strong> <code className="soft">{row.type}</code><span className="palette__about">{row.summary}</span></span>
            </div>
          </div>
        ))}
        {rows.length === 0 && <p className="soft palette__none" role="status">No action does that.</p>}
      </div>
    </Dialog>
  );
}
