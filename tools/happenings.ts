// What each event says, in words. The compiler keeps the list whole: an event without a line, or a line without an event, does not build.
import type { Event } from '@activeflow/engine';

/** When each type of event happens. */
export const HAPPENINGS: Readonly<Record<Event['type'], string>> = {
  created: 'it was started; it stands at the start marker',
  moved: 'the cursor left an action, with its result, and entered the next; one for each executed action',
  settled: 'a result came while it was paused, and is kept for later',
  variables_set: 'somebody set or removed variables from outside',
  forwarded: 'somebody said where the next move goes',
  pushed: 'actions were pushed from outside, as a frame of their own',
  added: 'actions were inserted after the current one from outside',
  configured: 'its webhook or its on-complete flow was changed',
  paused: 'it was paused',
  resumed: 'it was resumed',
  ended: 'it ended, with a reason; what follows on its end is part of it',
  deleted: 'it was deleted; it is in no list any more',
};
