// Moving through the past: a slider over the events, a step back and forth, and the way back to now.
import { Button, IconButton } from '../../ui/button.js';
import { spanText } from '../../ui/time.js';
import { rowAt, type Row } from '../../run/track.js';
import type { Shown } from '../../run/use-run.js';
import { rowLabel } from '../../run/words.js';

/** The slider. */
export function Scrubber({ rows, shown, events, ended }: { readonly rows: readonly Row[]; readonly shown: Shown; readonly events: number; readonly ended: boolean }) {
  const at = rowAt(rows, shown.n);
  const row = rows[at];
  const newest = events - 1;
  const since = row && rows[0] ? spanText((row.at - rows[0].at) / 1000) : '';
  const word = row ? `${row.kind === 'moved' ? `step ${row.step}, ` : ''}${rowLabel(row).title}, ${since} after the start` : '';
  const go = (index: number): void => { const to = rows[index]; if (to) shown.hold(to.n); };
  const missed = shown.behind === 0 ? '' : shown.behind.toLocaleString();
  return (
    <div className="run-scrubber">
      <IconButton icon="left" label="One back" disabled={at <= 0} onClick={() => { go(at - 1); }} />
      <input
        type="range" className="run-scrubber__range" aria-label="Event to look at" min={0} max={Math.max(0, newest)} value={Math.max(0, shown.n)} aria-valuetext={word}
        onChange={(event) => { shown.hold(Number(event.currentTarget.value)); }}
      />
      <IconButton icon="right" label="One on" disabled={at >= rows.length - 1} onClick={() => { go(at + 1); }} />
      <span className="run-scrubber__at">{row?.kind === 'moved' ? <>Step <strong>{row.step}</strong></> : row ? rowLabel(row).title : ''}<span className="soft"> {since === '' ? '' : `+${since}`}</span></span>
      {shown.held
        ? <Button small look="primary" icon={ended ? 'right' : 'play'} onClick={shown.live} title={ended ? 'Look at the end' : 'Follow again'}>{ended ? 'To the end' : missed === '' ? 'Live' : `Live · ${missed} new`}</Button>
        : !ended && <Button small icon="paused" onClick={() => { shown.hold(newest); }} title="Hold the picture still; the activeflow goes on">Hold</Button>}
    </div>
  );
}
