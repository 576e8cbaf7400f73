// What the clients know: what they asked for, and what was acknowledged. It outlives every server.

/** A command that was acknowledged. `ref` is the request id it was sent with, under which the history tells of it. */
export type Promised =
  | { readonly kind: 'set'; readonly ref: string; readonly name: string; readonly value: string }
  | { readonly kind: 'continue'; readonly ref: string }
  | { readonly kind: 'stop'; readonly ref: string };

/** A run that was asked for. */
export type Run = {
  /** Names it in the list, also where its id is not known. */
  readonly name: string;
  /** Chosen by the client, or told by the server; undefined until then. */
  id: string | undefined;
  readonly request: { readonly body: Readonly<Record<string, unknown>>; readonly headers: Readonly<Record<string, string>> };
  /** True once a start was acknowledged. */
  started: boolean;
  /** Seen as ended: nothing is asked of it any more. */
  ended: boolean;
  deleted: 'no' | 'asked' | 'acknowledged';
  readonly promised: Promised[];
  /** Request ids of all commands, answered or not: none may have been carried out twice. */
  readonly refs: Set<string>;
};

/** What happened in a round. */
export type Tally = { acknowledged: number; unanswered: number; starts: number; sets: number; continues: number; stops: number; deletes: number };

/** A tally of nothing. */
export const emptyTally = (): Tally => ({ acknowledged: 0, unanswered: 0, starts: 0, sets: 0, continues: 0, stops: 0, deletes: 0 });

/** The book of all rounds; `touched` are the runs to look at after the next restart. */
export type Book = { readonly runs: Run[]; readonly touched: Set<Run>; tally: Tally; readonly violations: string[] };

/** An empty book. */
export const createBook = (): Book => ({ runs: [], touched: new Set(), tally: emptyTally(), violations: [] });
