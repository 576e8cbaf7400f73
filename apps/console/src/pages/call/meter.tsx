// How loud it is: a bar, and the same as a number for whoever listens.
import { useEffect, useRef } from 'react';

const EVERY_MS = 60;

/** A level meter. It reads its level by itself, many times a second, without drawing the page anew. */
export function Meter({ label, read }: { readonly label: string; readonly read: () => number }) {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(read);
  useEffect(() => { latest.current = read; });
  useEffect(() => {
    let shown = 0;
    const timer = setInterval(() => {
      const level = latest.current();
      // Up at once, down slowly: what is short can be seen.
      shown = Math.max(level, shown * 0.85);
      const percent = Math.round(shown * 100);
      const element = box.current;
      if (!element || element.getAttribute('aria-valuenow') === String(percent)) return;
      element.setAttribute('aria-valuenow', String(percent));
      element.style.setProperty('--level', String(percent / 100));
    }, EVERY_MS);
    return () => { clearInterval(timer); };
  }, []);
  return (
    <div className="call-meter">
      <span className="call-meter__label" aria-hidden="true">{label}</span>
      <div ref={box} className="call-meter__bar" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={0} />
    </div>
  );
}
