// What the feed tells: events, each with its number, and the word that some are missing.
import type { ActiveflowError } from './error.js';
import type { Activeflow, Call, Message, Recording } from './types.js';

type Told<Type extends string, Data> = { readonly seq: number; readonly type: Type; readonly data: Data };

/** An activeflow was made, has moved or changed, or was deleted; `data` is how it was then. */
export type ActiveflowEvent = Told<'activeflow_created' | 'activeflow_updated' | 'activeflow_deleted', Activeflow>;
/** A call was made, has come further, or was deleted. */
export type CallEvent = Told<
  'call_created' | 'call_dialing' | 'call_ringing' | 'call_progressing' | 'call_terminating' | 'call_canceling' | 'call_hangup' | 'call_deleted', Call>;
/** A message was made, has come further, or was deleted. */
export type MessageEvent = Told<'message_created' | 'message_updated' | 'message_deleted', Message>;
/** A recording has begun, or is there. */
export type RecordingEvent = Told<'recording_started' | 'recording_finished', Recording>;
/** Something was missed that cannot be told any more: read anew what you show. What follows has numbers above `seq`. */
export type Resync = { readonly seq: number; readonly type: 'resync' };

/** What the feed tells. Of one activeflow, numbers only rise. */
export type FeedEvent = ActiveflowEvent | CallEvent | MessageEvent | RecordingEvent | Resync;

/** How a feed is connected: `retry_ms` is when it tries again after what went wrong; the error is missing where the server just ended. */
export type FeedState = { readonly connected: true } | { readonly connected: false; readonly retry_ms: number; readonly error?: ActiveflowError };

/** What a feed takes. `after`: begin with what came after this number. It ends where `signal` says so, without an error. */
export type FeedOptions = { readonly after?: number; readonly signal?: AbortSignal; readonly on_state?: (state: FeedState) => void };

/** Which topics: `activeflow`, `activeflow:<id>`, `customer_id:<id>`, `customer_id:<id>:call` and so on. */
export type Topics = { readonly topics: readonly string[] };
