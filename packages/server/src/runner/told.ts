// Which event of the API an entry of the numbered log is (wire.md §7): the one place that says it, for webhooks and for the feed.
import type { Event } from '@activeflow/engine';

/** The type under which an event of an activeflow is told; undefined where nobody is told. */
export function toldAs({ type }: Pick<Event, 'type'>): string | undefined {
  switch (type) {
    case 'created': return 'activeflow_created';
    case 'deleted': return 'activeflow_deleted';
    // It settles what is gone on with later: that will be told.
    case 'settled': return undefined;
    case 'moved': case 'variables_set': case 'forwarded': case 'pushed': case 'added': case 'configured': case 'paused': case 'resumed': case 'ended': return 'activeflow_updated';
    default: return type satisfies never;
  }
}
