// A field that a request got wrong.
import { ApiError, type Reason } from '../problem.js';

/** The error for one field of a body: its JSON pointer, and what it must be. */
export const wrongField = (pointer: string, message: string, reason: Reason = 'INVALID_ARGUMENT'): ApiError =>
  new ApiError(reason, `${pointer}: ${message}`, { details: [{ pointer, reason, message }] });

/** Checks a text of a body. Throws where it has another form; an absent one is `undefined`. */
export function checkText(pointer: string, text: string | undefined, form: RegExp, message: string): string | undefined {
  if (text === undefined || form.test(text)) return text;
  throw wrongField(pointer, message);
}
