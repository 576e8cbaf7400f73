// What is told of an entry of the log: which event of the API it is, and the resource as it was after it.
import type { Entry, Heading } from '../../runner/feed-index.js';
import type { Tells } from '../../runner/feed.js';
import type { Projection } from '../../runner/projection.js';
import { toldAs } from '../../runner/told.js';
import type { LoggedEvent } from '../../store/store.js';
import type { PublicForm } from '../public-form.js';

/** Makes it of the two that know how an activeflow was, and how things are shown. */
export function createTells(projection: Projection, form: PublicForm): Tells {
  return {
    heading: headingOf,
    async tell(logged, heading, past): Promise<Entry> {
      if (logged.event === undefined) return { ...heading, data: await form.document(logged.told.document), ended: false };
      const { activeflow_id, event } = logged;
      const projected = await projection.after(activeflow_id, event.n, past ? 'past' : 'feed');
      if (!projected) throw new Error(`activeflow ${activeflow_id} has no event ${event.n}`);
      return { ...heading, data: await form.activeflow(projected), ended: event.type === 'ended' || event.type === 'deleted' };
    },
  };
}

function headingOf(logged: LoggedEvent): Heading | undefined {
  const { seq, customer_id } = logged;
  if (logged.event === undefined) return { seq, customer_id, resource: logged.told.document.kind, id: logged.told.document.id, type: logged.told.type };
  const type = toldAs(logged.event);
  return type === undefined ? undefined : { seq, customer_id, resource: 'activeflow', id: logged.activeflow_id, type };
}
