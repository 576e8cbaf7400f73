// Who talks with whom: one document for a number of ours and somebody else's, which knows the run that is on, what waits in it, and what it has not read.
import { deriveId, type Address, type Instant } from '@activeflow/engine';
import type { Room } from '../call-document.js';
import type { Document, DocumentWrite } from '../../store/store.js';
import { plain } from './document.js';

/** A text that came in and that no action has read. */
export type Heard = { readonly message_id: string; readonly text: string; readonly source: Address; readonly destination: Address };

/** A `message.receive` that waits; the last of several gets what comes. */
export type Waiting = { readonly effect_id: string; readonly activeflow_id: string };

/** What is known of two who talk. */
export type ThreadData = {
  readonly number: string;
  readonly peer: string;
  /** The run that the next message belongs to, while it is on; `''` for none. */
  readonly activeflow_id: string;
  readonly waits: readonly Waiting[];
  /** What came while that run was busy, the oldest first. */
  readonly unread: readonly Heard[];
};

/** A thread as it is; version 0 where nobody has talked yet. */
export type Thread = Omit<Document, 'data'> & { readonly data: ThreadData };

/** Which thread. `number` is `''` where any number of ours will do. */
export type Pair = { readonly customer_id: string; readonly number: string; readonly peer: string };

/** Messages kept for a run that does not read them: the oldest are dropped beyond. */
const MOST_UNREAD = 100;

/** Reads a thread. */
export async function readThread({ host }: Room, { customer_id, number, peer }: Pair): Promise<Thread> {
  const id = deriveId(customer_id, `thread/${plain(number)}/${plain(peer)}`);
  const found = await host.document('message_thread', id);
  if (found) return found as unknown as Thread;
  const data = { number, peer, activeflow_id: '', waits: [], unread: [] };
  return { kind: 'message_thread', id, customer_id, parent: '', key: null, version: 0, tm_create: host.clock.now(), tm_update: null, tm_delete: null, data };
}

/** The next version of a thread; its write is refused where somebody was faster. */
export const nextThread = (thread: Thread, changes: Partial<ThreadData>, now: Instant): DocumentWrite =>
  ({ ...thread, version: thread.version + 1, tm_update: thread.version === 0 ? null : now, data: { ...thread.data, ...changes } });

/** A run takes the thread over: what another has not read is not for it. */
export const takenBy = ({ data }: Thread, activeflow_id: string): Partial<ThreadData> =>
  (data.activeflow_id === activeflow_id ? {} : { activeflow_id, unread: [] });

/** The waits without one. */
export const without = ({ data }: Thread, effect_id: string): readonly Waiting[] => data.waits.filter((wait) => wait.effect_id !== effect_id);

/** What has not been read, with one more. */
export const withHeard = ({ data }: Thread, heard: Heard): readonly Heard[] => [...data.unread, heard].slice(-MOST_UNREAD);

/** The run that is on in a thread; undefined where there is none. */
export async function runOn({ host }: Room, { data: { activeflow_id } }: Thread): Promise<string | undefined> {
  if (activeflow_id === '') return undefined;
  return (await host.activeflow(activeflow_id))?.status === 'running' ? activeflow_id : undefined;
}
