// What happened, in words.
import type { Cause, State } from '@activeflow/engine';
import { labelOf, type Label } from '../graph/label.js';
import type { IconName } from '../ui/icons.js';
import type { Tone } from '../ui/status.js';
import type { Row } from './track.js';

const KINDS: Readonly<Record<Exclude<Row['kind'], 'moved'>, string>> = {
  created: 'Created', settled: 'Result kept', variables_set: 'Variables set', forwarded: 'Forwarded', pushed: 'Actions pushed', added: 'Actions added',
  configured: 'Configured', paused: 'Paused', resumed: 'Resumed', ended: 'Ended', deleted: 'Deleted',
};

/** The words of a row. */
export function rowLabel({ kind, action, detail }: Row): Label {
  return kind === 'moved' && action ? labelOf(action) : { title: KINDS[kind === 'moved' ? 'created' : kind], detail };
}

const BY: Readonly<Record<Cause['by'], string>> = { api: 'somebody, by the API', call: 'the call', message: 'a message', driver: 'the result of an effect', timer: 'time', activeflow: 'another activeflow' };

/** Who or what brought it about. */
export const causeWords = ({ by }: Cause): string => BY[by];

/** How a step came out: a word, with its icon. */
export function outcomeOf(row: Row, state: State | undefined): { readonly word: string; readonly tone: Tone; readonly icon: IconName } | undefined {
  if (row.kind !== 'moved') return undefined;
  switch (row.left?.result) {
    case 'done': return { word: 'done', tone: 'ok', icon: 'done' };
    case 'skipped': return row.left.reason === undefined ? { word: 'skipped', tone: 'idle', icon: 'canceled' } : { word: 'skipped', tone: 'wait', icon: 'warning' };
    case 'failed': return { word: 'failed', tone: 'bad', icon: 'failed' };
    case 'forwarded': return { word: 'forwarded', tone: 'wait', icon: 'forward' };
    case undefined: return state?.status === 'ended' ? { word: 'left', tone: 'idle', icon: 'stopped' } : { word: 'now', tone: 'run', icon: 'running' };
    default: return row.left?.result satisfies undefined;
  }
}
