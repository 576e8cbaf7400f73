// The end of a list that goes on.
import { Button } from './button.js';

/** Fetches what comes next; nothing where that was all. */
export function More({ more, busy }: { readonly more: (() => void) | undefined; readonly busy: boolean }) {
  return more ? <div className="more"><Button small icon="down" busy={busy} onClick={more}>Show more</Button></div> : null;
}
