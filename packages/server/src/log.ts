// The little of a logger that the rooms need; pino in the server, nothing in tests.

/** Writes one JSON line: fields first, then what happened. `warn`: look this week; `error`: look now. */
export type Log = Record<'debug' | 'info' | 'warn' | 'error', (fields: Readonly<Record<string, unknown>>, message: string) => void>;

const nothing = (): void => { /* silent */ };

/** A log that keeps nothing. */
export const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
