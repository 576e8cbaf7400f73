// The body of a webhook delivery (wire.md §7): what it tells of, in its public form, made of the log whenever it is wanted.
import type { Projection } from '../runner/projection.js';
import type { Delivery } from '../runner/tell.js';
import type { StoredEffect } from '../store/store.js';
import type { PublicForm } from './public-form.js';

/** The body of a delivery, as JSON; undefined where what it tells of is no longer there. `reader`: see `Projection`. */
export type Bodies = (delivery: StoredEffect, reader: string) => Promise<string | undefined>;

/** Makes it of the two that know how an activeflow was, and how things are shown. */
export function createBodies(projection: Projection, form: PublicForm): Bodies {
  return async ({ activeflow_id, payload }, reader) => {
    const delivery = payload as Delivery;
    const data = 'document' in delivery ? await form.document(delivery.document) : await dataOf(activeflow_id, delivery.n, reader);
    return data === undefined ? undefined : `{"type":${JSON.stringify(delivery.type)},"data":${data}}`;
  };

  async function dataOf(activeflow_id: string, n: number, reader: string): Promise<string | undefined> {
    const projected = await projection.after(activeflow_id, n, reader);
    return projected && form.activeflow(projected);
  }
}
