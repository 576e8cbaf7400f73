// The narrow interface to durability. No verb of the domain is here: the rules are in the engine, once.
import type { Action, Effect, EffectKind, Event, Instant, Option, ReferenceType, Result, State, StoredList } from '@activeflow/engine';

/** What one transition writes: the row by compare-and-set, and everything that belongs to the same commit. */
export type ActiveflowWrite = {
  /** The version the transition was decided on; 0 inserts a new row. */
  readonly expected_version: number;
  readonly state: State;
  readonly due_at: Instant | null;
  readonly events: readonly Event[];
  readonly effects: readonly Effect[];
  /** Effects nobody waits for any more: those not finished, by this commit or before, become `canceling`, due at once. */
  readonly cancels: readonly string[];
  readonly lists: readonly StoredList[];
};

/** Where an effect stands. `performing` is leased; `open` is performed and its report is awaited; the last four are final. */
export type EffectStatus = 'pending' | 'performing' | 'open' | 'canceling' | 'done' | 'failed' | 'dead' | 'canceled';

/**
 * What became of an effect. Fenced by the attempt where one is given: a node that lost its lease changes nothing. A final effect stays as it is,
 * one that is `canceling` can only stay so or become `canceled`, and `performing` renews a lease that is held.
 */
export type EffectWrite = {
  readonly id: string;
  readonly attempt?: number;
  readonly status: EffectStatus;
  /** When it is due again, or null: never by itself. */
  readonly due_at: Instant | null;
  readonly result?: Result;
  readonly error?: string;
  readonly at: Instant;
  /** It came to an answer, or to none in time: the tries of a queued effect count up. One that ended with its node is no try. */
  readonly tried?: true;
};

/**
 * An effect that no step asked for, added to the commit of what it tells of: nobody waits for it, no stop cancels it, no history shows it.
 * It is due once all that were added to its queue before are final.
 */
export type QueuedEffect = {
  /** Without a colon, which is how it is told from an activeflow's. */
  readonly id: string;
  readonly kind: EffectKind;
  readonly customer_id: string;
  /** What it tells of; the none id where that is no activeflow. */
  readonly activeflow_id: string;
  /** Effects of one queue are performed one after the other. */
  readonly queue: string;
  /** Effects of one lane go to one peer, and share a bound. */
  readonly lane: string;
  /** What it tells; a list can be filtered by it. */
  readonly label: string;
  readonly payload: Option;
  readonly at: Instant;
};

/** A resource that is not an activeflow: a flow, a call, a customer, a key. `data` is its JSON. */
export type Document = {
  readonly kind: string;
  readonly id: string;
  readonly customer_id: string;
  /** What it belongs to, for lists by owner; `""` for none. */
  readonly parent: string;
  /** A name unique within its kind among what is not deleted; null for none. */
  readonly key: string | null;
  readonly version: number;
  readonly tm_create: Instant;
  readonly tm_update: Instant | null;
  readonly tm_delete: Instant | null;
  readonly data: Option;
};

/** A document to write. `version` is the version it replaces plus one; 1 inserts. */
export type DocumentWrite = Document & {
  /** The type of the event that tells of it: the document, as it is then, is appended to the numbered log. */
  readonly told?: string;
};

/** One unit of a commit: all of it happens or none. */
export type Change = {
  readonly activeflow?: ActiveflowWrite;
  readonly effects?: readonly EffectWrite[];
  readonly documents?: readonly DocumentWrite[];
  /** Action lists that come with documents: the revision of a flow. */
  readonly lists?: readonly StoredList[];
  readonly queued?: readonly QueuedEffect[];
  /** Final queued effects that are to be performed once more, from the first try on, due at once. */
  readonly again?: readonly { readonly id: string; readonly at: Instant }[];
};

/** What became of a change: written, refused because something in it was stale or taken, or failed with an error of its own; then nothing of it is kept. */
export type Committed = 'ok' | 'conflict' | Error;

/** An effect as the dispatcher gets it. */
export type StoredEffect = Effect & {
  /** Of a queued effect: its place, and how often it has been tried. */
  readonly queued?: Pick<QueuedEffect, 'queue' | 'lane' | 'label'> & { readonly tries: number };
  readonly status: EffectStatus;
  readonly attempt: number;
  readonly due_at: Instant | null;
  readonly result: Result | null;
  readonly error: string;
  readonly tm_create: Instant;
  readonly tm_update: Instant;
};

/** A page of a list, newest first: rows before (tm, id) in the order (tm_create, id) descending. */
export type PageQuery = { readonly limit: number; readonly before?: { readonly tm: Instant; readonly ordinal?: number } };
/** A row with its place: among rows of one instant, the later has the higher ordinal. */
export type Placed<T> = { readonly ordinal: number; readonly row: T };

/** Filters of the list of activeflows; all given must hold. */
export type ActiveflowQuery = PageQuery & {
  readonly customer_id: string;
  readonly status?: 'running' | 'ended';
  readonly reference_type?: ReferenceType;
  readonly reference_id?: string;
  readonly flow_id?: string;
  readonly created_after?: Instant;
  readonly created_before?: Instant;
  readonly variables?: Readonly<Record<string, string>>;
};

/** A page, and where a search that was given up stopped: rows beyond that place have not been looked at. Null where the page is whole. */
export type Found<T> = { readonly rows: readonly Placed<T>[]; readonly stopped: Required<NonNullable<PageQuery['before']>> | null };

/** Filters of the list of documents of one kind; deleted ones are never in it. */
export type DocumentQuery = PageQuery & { readonly kind: string; readonly customer_id?: string; readonly parent?: string };

/** Filters of the list of queued effects; all given must hold. */
export type QueuedQuery = PageQuery & { readonly customer_id: string; readonly status?: EffectStatus; readonly label?: string; readonly activeflow_id?: string };

/** What is told of a document: the type of the event, and the document as it was then. */
export type Told = { readonly type: string; readonly document: Document };

/** One entry of the numbered log of the whole store: an event of an activeflow, or what is told of a document. */
export type LoggedEvent = { readonly seq: number; readonly customer_id: string } & (
  { readonly activeflow_id: string; readonly event: Event; readonly told?: undefined } | { readonly told: Told; readonly event?: undefined }
);

/** An activeflow as the store keeps it: its state, and what stands beside it. */
export type Kept = { readonly state: State; readonly version: number; readonly due_at: Instant | null };

/** Something `doctor` found wrong. */
export type Finding = { readonly promise: string; readonly activeflow_id: string; readonly message: string };

/** A failure of the store itself: disk full, database away. What was asked is not done; trying again later may work. */
export class StoreUnavailable extends Error {}

/** Where everything durable lives. Every method but `commit` and `claim` only reads. */
export type Store = {
  readonly name: string;
  /** Writes changes in one transaction, each whole or not at all; a failing one fails alone. Resolves after the promised durability. */
  commit(changes: readonly Change[]): Promise<readonly Committed[]>;
  /** The state by id, of any customer. */
  load(id: string): Promise<State | undefined>;
  /** A stored action list. */
  list(list_id: string): Promise<readonly Action[] | undefined>;
  /** Leases effects that are due, oldest first: they become `performing`, attempt + 1, due again at `until`. */
  claim(query: { readonly now: Instant; readonly until: Instant; readonly limit: number }): Promise<readonly StoredEffect[]>;
  /**
   * Leases queued effects that are due, at most `limit`, and of each lane, the one that is due first first, at most as many as `room` says there
   * is room for. A lane without room costs nothing, however much is due in it.
   */
  claimQueued(query: { readonly now: Instant; readonly until: Instant; readonly limit: number; readonly room: (lane: string) => number }): Promise<readonly StoredEffect[]>;
  /** Makes everything that a dead node left `performing`, `open` or `canceling` due at once. Gives their number. */
  recover(now: Instant): Promise<number>;
  /** Ids of running activeflows whose instant has come, the most overdue first. */
  due(now: Instant, limit: number): Promise<readonly string[]>;
  /** The earliest instant at which an activeflow or an effect is due; null for none. Given `room`, queued effects of a lane without any do not count. */
  nextDue(room?: (lane: string) => number): Promise<Instant | null>;
  /**
   * A filter alone is served by an index. Where several are given, or variables, rows may be compared one by one, without keeping others
   * waiting; after many, the search is given up, and the page is short or empty.
   */
  activeflows(query: ActiveflowQuery): Promise<Found<State>>;
  /** All activeflows, of all customers, the deleted among them, with an ordinal above `after`, in its order: what `doctor` reads. */
  walk(after: number, limit: number): Promise<readonly Placed<Kept>[]>;
  /** Events of one activeflow with `n` above `after`, oldest first. */
  events(id: string, after: number, limit: number): Promise<readonly Event[]>;
  /** The newest `limit` events with `n` below `before` in which the cursor moved, oldest first, so that lists need not read a whole history. */
  moves(id: string, before: number, limit: number): Promise<readonly Event[]>;
  /** What is logged of all with `seq` above `after`, in order and without a gap: what a feed reads. */
  feed(after: number, limit: number): Promise<readonly LoggedEvent[]>;
  /** The `seq` of the newest of them; 0 where nothing is logged. */
  last(): Promise<number>;
  /** All effects that the steps of an activeflow asked for, oldest first. */
  effects(id: string): Promise<readonly StoredEffect[]>;
  /** One effect by id, a queued one too. */
  effect(effect_id: string): Promise<StoredEffect | undefined>;
  /** Queued effects, newest first; served by an index whatever the filters. */
  queued(query: QueuedQuery): Promise<readonly Placed<StoredEffect>[]>;
  document(kind: string, id: string): Promise<Document | undefined>;
  /** The document of a kind with a unique key, if it is not deleted. */
  find(kind: string, key: string): Promise<Document | undefined>;
  documents(query: DocumentQuery): Promise<readonly Placed<Document>[]>;
  /** Counts for metrics: by status of activeflows and effects. Small even where the tables are not. */
  counts(): Promise<{ readonly running: number; readonly effects_due: number; readonly effects_dead: number }>;
  /** Removes for good documents of a kind, not those marked as deleted, created before an instant: the oldest, at most `limit`. Gives their number. */
  expire(kind: string, before: Instant, limit: number): Promise<number>;
  /** Removes for good queued effects that became `status`, a final one, before an instant: the oldest, at most `limit`. Gives their number. */
  expireQueued(status: EffectStatus, before: Instant, limit: number): Promise<number>;
  close(): Promise<void>;
};

/** The kinds of documents there are. */
export const DOCUMENT_KINDS = ['flow', 'flow_revision', 'call', 'message', 'number', 'recording', 'customer', 'accesskey', 'idempotency', 'user',
  'leg', 'extension', 'trunk', 'queue', 'queuecall', 'queueplace', 'queueagent', 'message_thread', 'message_receipt', 'message_optout', 'message_cap', 'message_part', 'email'] as const;
/** One of `DOCUMENT_KINDS`. */
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];
/** The effect kinds, for stores that keep them as text. */
export type { EffectKind };
