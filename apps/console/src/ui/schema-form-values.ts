// Values as a draft may hold them, whatever the schema says.

/** The items of an array; of anything else, none. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);

/** True for an object that is neither null nor an array. */
export const isRecordValue = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value as a line of text: a text is itself, nothing is nothing, all else is JSON. */
export const lineOfText = (value: unknown): string => (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value));
