// Schemas that several actions share.
import { Type } from 'typebox';

/** Text; `default` where leaving it out means something. */
export const text = (description: string, fallback?: string) => Type.String({ description, ...(fallback === undefined ? {} : { default: fallback }) });
/** A yes or no, no where left out. */
export const flag = (description: string) => Type.Boolean({ description, default: false });
/** The id of an action to go to, or a placeholder that gives one. */
export const target = (description: string) => Type.String({ description });
/** A length of time in milliseconds. */
export const duration = (description: string, fallback?: number) =>
  Type.Integer({ minimum: 0, maximum: MAX_DURATION_MS, description, ...(fallback === undefined ? {} : { default: fallback }) });
/** One of a few words. */
export const oneOf = <const T extends string>(words: readonly T[], description: string, fallback: T) =>
  Type.Unsafe<T>(Type.Enum([...words], { description, default: fallback }));
/** Who is shown the caller's number. */
export const anonymous = oneOf(['', 'auto', 'yes', 'no'], 'whether the caller stays anonymous', '');

/** The longest that an option may ask to wait: as long as an activeflow may live. */
export const MAX_DURATION_MS = 30 * 24 * 3_600_000;
/** How long a call may last: the bound of waits that end with the call. */
export const CALL_MS = 24 * 3_600_000;
/** How long a driver may take over a request that it answers at once. */
export const PROMPT_ANSWER_MS = 30_000;
