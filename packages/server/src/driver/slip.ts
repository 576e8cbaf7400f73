// What is handed in at a door, to be written in the very commit that does what was asked: so that a repetition of the request is known.
import type { State } from '@activeflow/engine';
import type { CallCommon, CallOf, Room } from './call-document.js';
import type { Also } from './driver.js';
import type { Document, DocumentWrite } from '../store/store.js';
import type { Refusal } from './run.js';

/** Makes the documents that remember what was done: of the call or message, and of its activeflow, as the commit leaves them. */
export type Receipt = (document: Document, activeflow: State | undefined) => readonly DocumentWrite[];

/** A receipt on its way into one commit. */
export type Slip = {
  /** A call or message and its receipt, for a commit; more goes with them where there is more. */
  readonly with: (document: Document, more?: Also) => (activeflow: State | undefined) => Also;
  /** Writes the receipt alone: there is nothing to do. False where it has been handed in before. */
  readonly alone: (call: CallOf<CallCommon>) => Promise<boolean>;
  /** True where it has been handed in before, for the same request: then that is why the commit was refused. */
  readonly isSpent: () => Promise<boolean>;
};

/** Takes a receipt, if one is asked for. */
export function slipOf({ host }: Room, receipt?: Receipt): Slip {
  let written: readonly DocumentWrite[] = [];
  const make: Receipt = (document, activeflow) => (written = receipt?.(document, activeflow) ?? []);
  return {
    with: (document, more = {}) => (activeflow) => ({ ...more, documents: [document, ...make(document, activeflow)] }),
    async alone(call) {
      const documents = make(call, await host.activeflow(call.data.activeflow_id));
      return documents.length === 0 || host.write({ documents });
    },
    async isSpent() {
      const found = await Promise.all(written.map(async ({ kind, id, version }) => ((await host.document(kind, id))?.version ?? 0) >= version));
      return found.includes(true);
    },
  };
}

/** Why a door stays shut to a request that is being carried out. */
export const SPENT: Refusal = { refused: 'STATE_INVALID', message: 'the same request is being carried out' };
