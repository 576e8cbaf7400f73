// Reading a request's body: JSON within bounds (promises.md, "Input"), or a sentence that says which bound was crossed.
import { isUtf8 } from 'node:buffer';
import { pointerToken } from '@activeflow/engine';
import { ApiError } from '../problem.js';

/** Bounds of a body. */
export const BODY_LIMITS = { bytes: 1024 * 1024, depth: 64, keys: 1_000, items: 10_000 } as const;

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor']);

const refuse = (message: string, pointer = ''): ApiError =>
  new ApiError('INVALID_JSON_BODY', message, { details: [{ pointer, reason: 'INVALID_JSON_BODY', message }] });

/** The body as a JSON value; an empty one is an empty object. Throws `INVALID_JSON_BODY`. */
export function readJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  if (!isUtf8(body)) throw refuse('the body is not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw refuse(`the body is not JSON: ${error instanceof Error ? error.message.slice(0, 120) : 'it cannot be parsed'}`);
  }
  checkBounds(value);
  return value;
}

/** Walks without recursion: the depth is the client's to choose until it is checked. */
function checkBounds(root: unknown): void {
  if (typeof root !== 'object' || root === null) return;
  const stack: { readonly value: object; readonly depth: number; readonly pointer: () => string }[] = [{ value: root, depth: 1, pointer: () => '' }];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const { value, depth, pointer } = at;
    if (depth > BODY_LIMITS.depth) throw refuse(`the body is nested deeper than ${BODY_LIMITS.depth} levels`);
    if (Array.isArray(value) && value.length > BODY_LIMITS.items) throw refuse(`an array may have ${BODY_LIMITS.items} items`, pointer());
    const keys = Object.keys(value);
    if (!Array.isArray(value)) checkKeys(keys, pointer);
    for (const key of keys) {
      const child = (value as Record<string, unknown>)[key];
      if (typeof child === 'object' && child !== null) stack.push({ value: child, depth: depth + 1, pointer: () => `${pointer()}/${pointerToken(key)}` });
    }
  }
}

function checkKeys(keys: readonly string[], pointer: () => string): void {
  if (keys.length > BODY_LIMITS.keys) throw refuse(`an object may have ${BODY_LIMITS.keys} keys`, pointer());
  const bad = keys.find((key) => FORBIDDEN_KEYS.has(key));
  if (bad !== undefined) throw refuse(`the key "${bad}" is not allowed`, `${pointer()}/${bad}`);
}
