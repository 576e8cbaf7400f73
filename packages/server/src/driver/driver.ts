// What performs effects. A driver reports facts and decides nothing.
import type { Birth, EffectKind, Instant, Option, Result, State, StoredList } from '@activeflow/engine';
import type { Clock } from '../clock.js';
import type { Document, DocumentWrite, StoredEffect } from '../store/store.js';

export { Permanent, Retryable } from './errors.js';
export { lastAttempt, retryDelay } from './retry.js';

/** What became of a `perform`. */
export type Performed =
  /** It is finished, with this result. `documents` are written in the commit that says so. */
  | { readonly done: Result; readonly documents?: readonly DocumentWrite[] }
  /** It goes on: the driver settles it later, and is asked again at `again_at`, if given, and after a restart. */
  | { readonly open: true; readonly again_at?: Instant; readonly documents?: readonly DocumentWrite[] };

/**
 * One way to the outside. `perform` may be asked again for the same effect (after a crash, a lost lease, or at `again_at`): the effect's id is
 * the idempotency key. It throws `Retryable` or `Permanent` and nothing else, and answers within two minutes: what lasts longer is `open`.
 * `signal` says that nobody listens any more.
 */
export type Driver = {
  readonly name: string;
  readonly kinds: readonly EffectKind[];
  perform(effect: StoredEffect, signal: AbortSignal): Promise<Performed>;
  /** Nobody waits for the effect any more: stop it, if it can be stopped. Idempotent. */
  cancel(effect: StoredEffect): Promise<void>;
  /** Effects of one lane share a bound of concurrency, so that one hanging peer delays no other. */
  lane?(effect: StoredEffect): string;
  /** Milliseconds before an effect is tried again that has failed `tried` times; undefined: no more. Without it, the schedule of `retry.ts`. */
  retry?(effect: StoredEffect, tried: number): number | undefined;
};

/** Part of a commit that goes with a command: documents, and lists that belong to them. */
export type Also = { readonly documents?: readonly DocumentWrite[]; readonly lists?: readonly StoredList[] };

/** The same, made of the activeflow as the commit leaves it, where there is one; of a new one, as it is before its first action. */
export type AlsoOf = Also | ((activeflow: State | undefined) => Also);

/** What a driver may ask of the engine room: report, and start or stop what its outside resources own. */
export type Host = {
  readonly clock: Clock;
  /** The result of an open effect. A late or repeated one changes nothing; false then. */
  settle(effect_id: string, result: Result, also?: AlsoOf): Promise<boolean>;
  /** The run may go on with this result although the driver is not through with the effect: it stays open, due at its `again_at`. */
  release(effect_id: string, result: Result): Promise<void>;
  /** The outside resource that an activeflow runs on has ended; false where something that goes with it was stale. */
  ended(activeflow_id: string, detail: string, also?: AlsoOf): Promise<boolean>;
  /** Stops an activeflow, as a user would; one that has ended stays as it is. */
  stop(activeflow_id: string, detail: string): Promise<void>;
  /** Moves an activeflow to an action of its frames at once, whatever it waits for; false where it has ended or has no such action any more. */
  forward(activeflow_id: string, action_id: string, also?: AlsoOf): Promise<boolean>;
  /** Starts an activeflow. Undefined where its id is taken already: it was started before. */
  start(birth: Omit<Birth, 'at' | 'cause'>, cause: Birth['cause'], also?: AlsoOf): Promise<State | undefined>;
  /** An activeflow as it stands, of any customer. */
  activeflow(id: string): Promise<State | undefined>;
  /** The newest revision of a flow, of one customer; undefined where there is none or it is deleted. */
  flow(customer_id: string, flow_id: string): Promise<{ readonly list_id: string; readonly revision: number; readonly on_complete_flow_id: string } | undefined>;
  document(kind: string, id: string): Promise<Document | undefined>;
  /** The document of a kind with a unique key, if it is not deleted. */
  find(kind: string, key: string): Promise<Document | undefined>;
  /** Documents of a kind that belong to `parent`, newest first, at most 100; of those made before an instant where one is given. */
  documentsOf(kind: string, parent: string, before?: Instant): Promise<readonly Document[]>;
  /** Effects of an activeflow that are not finished. */
  unfinished(activeflow_id: string): Promise<readonly StoredEffect[]>;
  /** Writes documents alone; false where one is stale. */
  write(also: Also): Promise<boolean>;
};

/** JSON that is an object. */
export type { Option };
