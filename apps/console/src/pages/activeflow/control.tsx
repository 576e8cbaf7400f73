// Taking control, without overwriting anybody: each command names the version that was seen, and a conflict says what has changed since.
import { useCallback, useState } from 'react';
import { ActiveflowError } from '@activeflow/client';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { relativeText, useNow } from '../../ui/time.js';
import { tell, tellError } from '../../ui/toast.js';
import type { Run } from '../../run/run.js';
import type { Row, Track } from '../../run/track.js';
import { causeWords, rowLabel } from '../../run/words.js';

/** Something to be asked of the activeflow, at the version that it must have. */
export type Ask = {
  /** What it is, as a button says it. */
  readonly what: string; readonly done: string; readonly send: (if_match: number) => Promise<unknown>;
  /** Whether what has changed since does not concern it: then it is sent again by itself. */
  readonly harmless?: ((seen: Track, now: Track) => boolean) | undefined;
};

type Conflict = { readonly ask: Ask; readonly version: number };

/** Sends what is asked. `busy` is what is on its way; `conflict` what was refused because somebody was faster. */
export function useControl(run: Run) {
  const [busy, setBusy] = useState('');
  const [conflict, setConflict] = useState<Conflict>();
  /** Gives whether it was done. */
  const send = useCallback(async (ask: Ask, seen: Track): Promise<boolean> => {
    const version = versionOf(seen);
    setBusy(ask.what);
    setConflict(undefined);
    try {
      await ask.send(version);
      tell(ask.done);
      await run.look();
      return true;
    } catch (error) {
      if (!(error instanceof ActiveflowError) || error.reason !== 'VERSION_CONFLICT') { tellError(error); return false; }
      await run.look();
      const now = run.known().track;
      if (ask.harmless?.(seen, now) === true && versionOf(now) !== version) {
        // Once: a run that moves all the time is for a person to decide about.
        return await ask.send(versionOf(now)).then(async () => { tell(ask.done); await run.look(); return true; }, () => { setConflict({ ask, version }); return false; });
      }
      setConflict({ ask, version });
      return false;
    } finally {
      setBusy('');
    }
  }, [run]);
  return { busy, conflict, send, forget: useCallback(() => { setConflict(undefined); }, []) };
}

/** The version of the newest state that is known. */
export const versionOf = ({ states }: Track): number => states.at(-1)?.version ?? 0;

/** The most changes that a conflict lists. */
const MOST_CHANGES = 8;

/** Somebody was faster: what they did, and whether it is still wanted. */
export function ConflictDialog({ conflict: { ask, version }, track, busy, send, close }: {
  readonly conflict: Conflict; readonly track: Track; readonly busy: boolean; readonly send: (ask: Ask, seen: Track) => Promise<boolean>; readonly close: () => void;
}) {
  const now_ms = useNow();
  const changes = track.rows.filter((row) => row.version > version);
  const ended = track.states.at(-1)?.status === 'ended';
  return (
    <Dialog
      title="Someone else moved it" close={close}
      footer={<><Button onClick={close}>Leave it</Button>{!ended && <Button look="primary" busy={busy} onClick={() => { void send(ask, track); }}>{`${ask.what} all the same`}</Button>}</>}
    >
      <p>“{ask.what}” was not done: it was asked for at version {version}, and the activeflow is at version {versionOf(track)} by now. Here is what changed.</p>
      <ul className="run-conflict">{changes.slice(-MOST_CHANGES).map((row) => <Change key={row.n} row={row} now_ms={now_ms} />)}</ul>
      {changes.length > MOST_CHANGES && <p className="soft">And {changes.length - MOST_CHANGES} before these.</p>}
      {ended && <p>It has ended, so there is nothing left to ask of it.</p>}
    </Dialog>
  );
}

function Change({ row, now_ms }: { readonly row: Row; readonly now_ms: number }) {
  const { title, detail } = rowLabel(row);
  return <li><strong>{row.kind === 'moved' ? `Step ${row.step}: ${title}` : title}</strong> <span>{detail}</span> <span className="soft">{relativeText(row.at / 1000, Math.max(now_ms, row.at / 1000))}, by {causeWords(row.cause)}</span></li>;
}
