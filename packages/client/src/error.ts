// What goes wrong with a request, in one shape.

/** Where and what, as the API's `details` show it: a `pointer` into the request's body, or what limits. */
export type Detail = Readonly<Record<string, unknown>> & { readonly pointer?: string; readonly reason?: string; readonly message?: string };

/**
 * A request that failed. Branch on `reason`. `http_status` is 0 where no answer came: then the reason is `UNREACHABLE`, `TIMEOUT` or
 * `ABORTED`; it is `INVALID_ANSWER` where one came that is none of the API's.
 */
export class ActiveflowError extends Error {
  readonly status: string;
  readonly reason: string;
  readonly details: readonly Detail[];
  readonly request_id: string;
  readonly http_status: number;
  constructor(fields: { status: string; reason: string; message: string; http_status: number; details?: readonly Detail[]; request_id?: string }, options?: ErrorOptions) {
    super(fields.message, options);
    this.name = 'ActiveflowError';
    this.status = fields.status;
    this.reason = fields.reason;
    this.details = fields.details ?? [];
    this.request_id = fields.request_id ?? '';
    this.http_status = fields.http_status;
  }
}

/** The error that an answer holds. */
export function errorOfAnswer(http_status: number, body: unknown): ActiveflowError {
  const error = isRecord(body) && isRecord(body['error']) ? body['error'] : undefined;
  const text = (name: string): string => (typeof error?.[name] === 'string' ? error[name] : '');
  if (error === undefined || text('reason') === '') {
    return new ActiveflowError({ status: 'INTERNAL', reason: 'INVALID_ANSWER', message: `the answer (HTTP ${http_status}) is not the API's: is this the right address?`, http_status });
  }
  const details = Array.isArray(error['details']) ? (error['details'] as readonly Detail[]) : [];
  return new ActiveflowError({ status: text('status'), reason: text('reason'), message: text('message'), details, request_id: text('request_id'), http_status });
}

/** The error of a request that no answer came to. */
export function errorOfFailure(failure: unknown, origin: string, timeout_ms: number): ActiveflowError {
  const { name, message } = failure as Error;
  const made = (reason: string, sentence: string) => new ActiveflowError({ status: 'UNAVAILABLE', reason, message: sentence, http_status: 0 }, { cause: failure });
  if (name === 'TimeoutError') return made('TIMEOUT', `the server at ${origin} did not answer within ${timeout_ms} ms`);
  if (name === 'AbortError') return made('ABORTED', 'the request was aborted');
  return made('UNREACHABLE', `the server at ${origin} cannot be reached: ${causeOf(failure) ?? message}`);
}

/** What is behind a `fetch failed`: the code, or the sentence, of its cause. */
function causeOf(failure: unknown): string | undefined {
  const { cause } = failure as { cause?: { code?: unknown; message?: unknown } };
  return [cause?.code, cause?.message].find((text): text is string => typeof text === 'string' && text !== '');
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
