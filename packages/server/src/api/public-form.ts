// The public form of what the numbered log tells of, as JSON: the `data` of a frame, a server-sent event and a webhook.
import type { Projected } from '../runner/projection.js';
import type { Runner } from '../runner/runner.js';
import type { Document, Store } from '../store/store.js';
import { showCall } from './calls.js';
import { encode } from './encode.js';
import { showMessage } from './messages.js';
import { showActiveflow } from './present.js';
import { showRecording } from './recordings.js';

/** Shows what is told. */
export type PublicForm = {
  /** An activeflow as it was, its newest hundred executed actions in it. */
  activeflow(projected: Projected): Promise<string>;
  /** A call, message or recording as it was. Throws on any other kind: nobody is told of those. */
  document(document: Document): Promise<string>;
};

/** Makes it. */
export function createPublicForm({ runner, store }: { readonly runner: Runner; readonly store: Store }): PublicForm {
  return {
    activeflow: async ({ state, moves }) => encode(await showActiveflow(state, { runner: { ...runner, recent: async () => moves }, store }, false)),
    async document(document) {
      switch (document.kind) {
        case 'call': return encode(await showCall({ runner }, document));
        case 'message': return encode(showMessage(document));
        case 'recording': return encode(showRecording(document));
        default: throw new Error(`a ${document.kind} has no public form`);
      }
    },
  };
}
