// What every call is, whoever carries it: a document of kind `call` (wire.md §6). Each carrier keeps something of its own beside the fields named here.
import { NONE_ID, type Address, type Instant, type Option } from '@activeflow/engine';
import type { Host } from './driver.js';
import type { Document, DocumentWrite } from '../store/store.js';

/** What makes calls and messages. `newId` makes the id of something that no effect asked for. */
export type Room = { readonly host: Host; readonly newId: () => string };

/** Where a call stands (wire.md §6). */
export type CallStatus = 'dialing' | 'ringing' | 'progressing' | 'terminating' | 'canceling' | 'hangup';
/** Why a call ended (wire.md §6). */
export type HangupReason = '' | 'normal' | 'failed' | 'busy' | 'cancel' | 'timeout' | 'noanswer' | 'dialout' | 'amd';
/** Who hung up: us (`local`) or the other side; `''` while nobody has, and where nobody did. */
export type HangupBy = '' | 'local' | 'remote';

/** The public data of a call's document; instants in microseconds, null where it has not happened. */
export type CallCommon = {
  readonly flow_id: string;
  readonly activeflow_id: string;
  readonly source: Address;
  readonly destination: Address;
  readonly status: CallStatus;
  readonly direction: 'incoming' | 'outgoing';
  readonly hangup_by: HangupBy;
  readonly hangup_reason: HangupReason;
  readonly recording_ids: readonly string[];
  readonly tm_ringing: Instant | null;
  readonly tm_progressing: Instant | null;
  readonly tm_hangup: Instant | null;
};

/** The document of a call. */
export type CallOf<D extends CallCommon> = Omit<DocumentWrite, 'data'> & { readonly data: D };

/** What every call begins with. */
export const NEW_CALL = {
  flow_id: NONE_ID, activeflow_id: NONE_ID, hangup_by: '', hangup_reason: '', recording_ids: [],
  tm_ringing: null, tm_progressing: null, tm_hangup: null,
} as const;

/** The first version of a document. */
export const newDocument = (kind: string, whose: Pick<Document, 'id' | 'customer_id' | 'parent'>, now: Instant, data: Option): DocumentWrite =>
  ({ kind, ...whose, key: null, version: 1, tm_create: now, tm_update: null, tm_delete: null, data });

/** The next version of a call's document; where its status is another, that is told. A write of it is refused where the call has changed meanwhile. */
export function nextCall<D extends CallCommon>({ told: _, ...call }: CallOf<D>, data: D, now: Instant): CallOf<D> {
  return { ...call, version: call.version + 1, tm_update: now, data, ...(data.status === call.data.status ? {} : { told: `call_${data.status}` }) };
}

/** True for a call that has ended. */
export const isOver = ({ data }: CallOf<CallCommon>): boolean => data.status === 'hangup';
