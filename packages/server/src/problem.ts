// Every error a client can get: one table (wire.md §2). Anything not in it is a bug and answers 500 INTERNAL.
import type { Problem } from '@activeflow/engine';

/** The HTTP code of each status. */
export const HTTP_STATUS = {
  INVALID_ARGUMENT: 400, UNAUTHENTICATED: 401, PERMISSION_DENIED: 403, NOT_FOUND: 404, METHOD_NOT_ALLOWED: 405, NOT_ACCEPTABLE: 406,
  FAILED_PRECONDITION: 409, ALREADY_EXISTS: 409, UNSUPPORTED_MEDIA_TYPE: 415, RESOURCE_EXHAUSTED: 429, UNAVAILABLE: 503, INTERNAL: 500,
} as const;
/** The coarse kind of an error. */
export type Status = keyof typeof HTTP_STATUS;

/** Each reason with its status and what it means. Clients branch on the reason. */
export const REASONS = {
  INVALID_ID: ['INVALID_ARGUMENT', 'an id is no UUID, or is reserved'],
  INVALID_JSON_BODY: ['INVALID_ARGUMENT', 'the body is no JSON, crosses a bound, or a known field has the wrong type'],
  INVALID_REQUEST_PARAMETER: ['INVALID_ARGUMENT', 'a query parameter cannot be read'],
  MISSING_REQUEST_PARAMETER: ['INVALID_ARGUMENT', 'a field that is needed is not there'],
  INVALID_VARIABLES: ['INVALID_ARGUMENT', 'variables that are no text, too large, or set by the system only'],
  INVALID_WEBHOOK_URI: ['INVALID_ARGUMENT', 'a webhook_uri that is no http or https URL'],
  INVALID_WEBHOOK_METHOD: ['INVALID_ARGUMENT', 'a webhook_method other than POST, PUT, GET, DELETE, PATCH'],
  INVALID_ACTION_TYPE: ['INVALID_ARGUMENT', 'an action of a type that does not exist'],
  INVALID_ACTION_OPTION: ['INVALID_ARGUMENT', 'an option of the wrong type, or outside its enumeration or range'],
  INVALID_ACTION_TARGET: ['INVALID_ARGUMENT', 'a target that names no action'],
  DUPLICATE_ACTION_ID: ['INVALID_ARGUMENT', 'two actions with one id'],
  INVALID_ANONYMOUS_VALUE: ['INVALID_ARGUMENT', 'an anonymous that is not auto, yes or no'],
  INVALID_ARGUMENT: ['INVALID_ARGUMENT', 'several things are wrong, or none of the other reasons fits: see details'],
  INVALID_SDP: ['INVALID_ARGUMENT', 'an SDP offer that cannot be read'],
  SDP_EXPECTED: ['UNSUPPORTED_MEDIA_TYPE', 'the body is no application/sdp'],
  SDP_NOT_ACCEPTABLE: ['NOT_ACCEPTABLE', 'an SDP offer of which nothing can be done here: no audio, or no common codec'],
  METHOD_NOT_ALLOWED: ['METHOD_NOT_ALLOWED', 'it takes no candidates: everything is in the offer and its answer'],
  AUTHENTICATION_REQUIRED: ['UNAUTHENTICATED', 'no credentials were sent'],
  INVALID_CREDENTIALS: ['UNAUTHENTICATED', 'the credentials are unknown, expired or forged'],
  PERMISSION_DENIED: ['PERMISSION_DENIED', 'the credentials do not allow this'],
  FLOW_NOT_FOUND: ['NOT_FOUND', 'no such flow'],
  REVISION_NOT_FOUND: ['NOT_FOUND', 'the flow has no such revision'],
  ACTIVEFLOW_NOT_FOUND: ['NOT_FOUND', 'no such activeflow'],
  LIST_NOT_FOUND: ['NOT_FOUND', 'no such list of actions in this activeflow'],
  CALL_NOT_FOUND: ['NOT_FOUND', 'no such call'],
  MESSAGE_NOT_FOUND: ['NOT_FOUND', 'no such message'],
  NUMBER_NOT_FOUND: ['NOT_FOUND', 'no such number'],
  RECORDING_NOT_FOUND: ['NOT_FOUND', 'no such recording'],
  RECORDINGFILE_NOT_FOUND: ['NOT_FOUND', 'the recording has no file: it is not over yet, or was played'],
  EXTENSION_NOT_FOUND: ['NOT_FOUND', 'no such extension'],
  TRUNK_NOT_FOUND: ['NOT_FOUND', 'no such trunk'],
  QUEUE_NOT_FOUND: ['NOT_FOUND', 'no such queue'],
  ACCESSKEY_NOT_FOUND: ['NOT_FOUND', 'no such access key'],
  WEBHOOK_DELIVERY_NOT_FOUND: ['NOT_FOUND', 'no such webhook delivery'],
  RESOURCE_NOT_FOUND: ['NOT_FOUND', 'it has been deleted'],
  ROUTE_NOT_FOUND: ['NOT_FOUND', 'no such route, or not with this method'],
  STATE_INVALID: ['FAILED_PRECONDITION', 'not possible in the present state'],
  ACTIVEFLOW_ENDED: ['FAILED_PRECONDITION', 'the activeflow has ended'],
  VERSION_CONFLICT: ['FAILED_PRECONDITION', 'it has another version than If-Match names'],
  IDEMPOTENCY_KEY_REUSED: ['ALREADY_EXISTS', 'the Idempotency-Key was used with another body'],
  NUMBER_EXISTS: ['ALREADY_EXISTS', 'the number is bound already'],
  EXTENSION_EXISTS: ['ALREADY_EXISTS', 'the customer has such an extension already'],
  RATE_LIMIT_EXCEEDED: ['RESOURCE_EXHAUSTED', 'too many requests: see Retry-After'],
  SERVICE_UNAVAILABLE: ['UNAVAILABLE', 'a dependency fails: see Retry-After'],
  INTERNAL: ['INTERNAL', 'a defect of the server; the request id finds it in the log'],
} as const satisfies Record<string, readonly [Status, string]>;
/** One of `REASONS`. */
export type Reason = keyof typeof REASONS;

/** Where and what, as `details` show it. */
export type Detail = Problem | { readonly limited_by: string };

/** An error to answer with. */
export class ApiError extends Error {
  readonly reason: Reason;
  readonly details: readonly Detail[];
  readonly retry_after_s: number | undefined;
  constructor(reason: Reason, message: string, more: { readonly details?: readonly Detail[]; readonly retry_after_s?: number } = {}) {
    super(message);
    this.name = 'ApiError';
    this.reason = reason;
    this.details = more.details ?? [];
    this.retry_after_s = more.retry_after_s;
  }
  get status(): Status { return REASONS[this.reason][0]; }
  get http_status(): number { return HTTP_STATUS[this.status]; }
}

/** The answer's body. */
export const errorBody = ({ status, reason, message, details }: ApiError, request_id: string) => ({ error: { status, reason, message, request_id, details } });

/** The error for problems of a definition: their common reason where they have one, `INVALID_ARGUMENT` where they differ. */
export function problemError(problems: readonly Problem[]): ApiError {
  const reasons = new Set(problems.map(({ reason }) => reason));
  const [only] = reasons;
  const reason = reasons.size === 1 && only !== undefined && only in REASONS ? (only as Reason) : 'INVALID_ARGUMENT';
  const [first] = problems;
  const message = problems.length === 1 && first ? `${first.pointer || 'the body'}: ${first.message}` : `${problems.length} problems: see details`;
  return new ApiError(reason, message, { details: problems });
}
