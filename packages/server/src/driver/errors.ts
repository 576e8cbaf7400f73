// The only two errors a driver may throw. Anything else is a programmer's error and is treated as Retryable, loudly.

/** The provider may do it later: the dispatcher retries with back-off, or after `retry_after_ms` if the provider said so. `reason` (`UPPER_SNAKE`) says what it answered, if anything. */
export class Retryable extends Error {
  readonly retry_after_ms: number | undefined;
  readonly reason: string;
  constructor(message: string, retry_after_ms?: number, reason = '') {
    super(message);
    this.name = 'Retryable';
    this.retry_after_ms = retry_after_ms;
    this.reason = reason;
  }
}

/** The provider will never do it: the effect fails at once with this reason (`UPPER_SNAKE`) and message. */
export class Permanent extends Error {
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.name = 'Permanent';
    this.reason = reason;
  }
}
