// The keys of a phone, for mouse, finger and keyboard.
import { useEffect, useRef, type KeyboardEvent } from 'react';
import './phone.css';


const KEYS: readonly (readonly [key: string, letters: string])[] = [
  ['1', ''], ['2', 'ABC'], ['3', 'DEF'], ['4', 'GHI'], ['5', 'JKL'], ['6', 'MNO'], ['7', 'PQRS'], ['8', 'TUV'], ['9', 'WXYZ'], ['*', ''], ['0', '+'], ['#', ''],
];

/** Keys that a keyboard has, too: pressed anywhere inside an element with this handler, but for what is typed into a field. */
export const typedKeys = (press: (key: string) => void) => (event: KeyboardEvent): void => {
  if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-9*#A-Da-d]$/.test(event.key) || (event.target instanceof Element && event.target.closest('input, select, textarea'))) return;
  event.preventDefault();
  press(event.key.toUpperCase());
};

/** The keypad. While it is `on` it takes the focus once, and again for another `session`: whoever has called wants to press keys next. */
export function Keypad({ on, session, pressed, press }: { readonly on: boolean; readonly session: string | undefined; readonly pressed: string; readonly press: (key: string) => void }) {
  const pad = useRef<HTMLDivElement>(null);
  useEffect(() => { if (on) pad.current?.focus({ preventScroll: true }); }, [on, session]);
  return (
    <div className="keypad" ref={pad} role="group" aria-label="Keypad: type 0 to 9, star and hash" tabIndex={on ? 0 : -1}>
      <output className="keypad__digits mono" aria-label="Keys that were pressed">{pressed}</output>
      {KEYS.map(([key, letters]) => (
        <button key={key} type="button" className="keypad__key" aria-label={key === '*' ? 'star' : key === '#' ? 'hash' : undefined} disabled={!on} onClick={() => { press(key); }}>{key}{' '}<span>{letters}</span></button>
      ))}
    </div>
  );
}
