// Short notices at the edge: what was done, or why it was not. They are read out, and go by themselves unless they are bad.
import { useSyncExternalStore } from 'react';
import { IconButton } from './button.js';
import { Icon } from './icons.js';
import { sentenceOf } from './states.js';

type Toast = { readonly id: number; readonly look: 'good' | 'bad'; readonly text: string };

const SHOWN_MS = 8_000;
let toasts: readonly Toast[] = [];
let count = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

const dismiss = (id: number): void => { set(toasts.filter((toast) => toast.id !== id)); };

/** Says that something was done. */
export function tell(text: string): void {
  const id = ++count;
  set([...toasts.slice(-3), { id, look: 'good', text }]);
  setTimeout(() => { dismiss(id); }, SHOWN_MS);
}

/** Says that something failed, until somebody has seen it. */
export function tellError(error: unknown): void {
  set([...toasts.slice(-3), { id: ++count, look: 'bad', text: sentenceOf(error) }]);
}

/** Where the notices appear. */
export function Toasts() {
  const shown = useSyncExternalStore((listener) => { listeners.add(listener); return () => { listeners.delete(listener); }; }, () => toasts);
  return (
    <div className="toasts" role="region" aria-label="Notices" aria-live="polite">
      {shown.map(({ id, look, text }) => (
        <div key={id} className={`toast toast--${look}`} role={look === 'bad' ? 'alert' : 'status'}>
          <Icon name={look === 'bad' ? 'warning' : 'check'} /><span>{text}</span>
          <IconButton icon="cross" label="Dismiss" onClick={() => { dismiss(id); }} />
        </div>
      ))}
    </div>
  );
}
