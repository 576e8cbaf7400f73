// The document of a call that is carried for real. It says where the call stands and what must be known after a crash; what is open on it is in
// memory (`line.ts`), and gone with its leg.
import type { Instant } from '@activeflow/engine';
import { newDocument, nextCall, type CallCommon, type CallOf } from '../call-document.js';
import { Permanent } from '../driver.js';
import type { Run } from '../run.js';
import type { DocumentWrite } from '../../store/store.js';
import type { Floor } from './line.js';

/** How a call that is dialled goes on once somebody answers. Null on calls that came in. */
export type Dial = {
  /** What it runs; null for a leg that is to be bridged. */
  readonly run: Run | null;
  readonly early_execution: boolean;
  /** The `call.connect` effect that rings it; `''` for none. */
  readonly connect_id: string;
};

/** What is a carried call's own; it is no part of the public form. */
export type Carried = {
  /** The call whose run dialled this one; `''` for none. */
  readonly master_call_id: string;
  /** Calls that end with this one. */
  readonly chained_calls: readonly string[];
  readonly dial: Dial | null;
};

/** The data of a carried call's document. `carrier` is the name of the legs that carry it. */
export type CallData = CallCommon & { readonly carrier: string; readonly carried: Carried };

/** The document of a carried call. */
export type Call = CallOf<CallData>;

/** What every carried call begins with. */
export const NEW_CARRIED: Carried = { master_call_id: '', chained_calls: [], dial: null };

/** A carried call by id, of any customer; undefined where there is none, it is deleted or another driver's. */
export async function readCall({ host }: Pick<Floor, 'host'>, id: string): Promise<Call | undefined> {
  const document = await host.document('call', id);
  return document === undefined || document.tm_delete !== null || typeof document.data['carrier'] !== 'string' ? undefined : (document as unknown as Call);
}

/** A new call's document, of which is told. */
export const newCall = (id: string, customer_id: string, now: Instant, data: CallData): Call =>
  ({ ...newDocument('call', { id, customer_id, parent: data.carried.master_call_id }, now, data), data, told: 'call_created' });

/** What marks a call as carried by this process: whatever of it is found at a start and is not up any more, is lost. Removed with the leg. */
export const legDocument = ({ legs }: Pick<Floor, 'legs'>, { id, customer_id }: Pick<Call, 'id' | 'customer_id'>, now: Instant): DocumentWrite =>
  newDocument('leg', { id, customer_id, parent: legs.name }, now, {});

/** The removal of a leg's document. */
export const legRemoved = (leg: DocumentWrite, now: Instant): DocumentWrite => ({ ...leg, version: leg.version + 1, tm_update: now, tm_delete: now });

/** Changes a call, deciding again where it has changed meanwhile. Gives the call as it is then; undefined where there is none. */
export async function changeCall(floor: Pick<Floor, 'host'>, id: string, change: (data: CallData) => CallData): Promise<Call | undefined> {
  for (;;) {
    const call = await readCall(floor, id);
    if (call === undefined) return undefined;
    const data = change(call.data);
    if (data === call.data) return call;
    const next = nextCall(call, data, floor.host.clock.now());
    if (await floor.host.write({ documents: [next] })) return next;
  }
}

/** The call as it is once answered; as it is where it was, or has ended. */
export const answered = (data: CallData, now: Instant): CallData =>
  (data.status === 'dialing' || data.status === 'ringing' ? { ...data, status: 'progressing', tm_ringing: data.tm_ringing ?? now, tm_progressing: now } : data);

/** The call as it is once it rings; as it is where it did. */
export const ringing = (data: CallData, now: Instant): CallData => (data.status === 'dialing' ? { ...data, status: 'ringing', tm_ringing: now } : data);

/** The error of an effect on a call that is not there. */
export const callNotFound = (call_id: string): Permanent => new Permanent('CALL_NOT_FOUND', `no call ${call_id.slice(0, 64)}`);
/** The error of an effect on a call that has ended. */
export const callEnded = (call_id: string): Permanent => new Permanent('CALL_ENDED', `call ${call_id} has ended`);
