// Whether an option fits the schema of its action: asked when a flow is read, and again once placeholders have been filled.
import { Value } from 'typebox/value';
import type { TSchema } from 'typebox';
import type { Registered } from './action.js';
import type { Option } from './state.js';
import { pointerToken } from './variables.js';

/** A value in an option that does not fit: where (JSON pointer into the option), what stands there, what would be right. */
export type Misfit = { readonly pointer: string; readonly value: unknown; readonly message: string };

/** What in an option does not fit; properties that the schema does not know, fit. */
export function misfits(definition: Registered, option: Option): readonly Misfit[] {
  if (Value.Check(definition.loose, option)) return [];
  // Property by property: the library stops after eight errors, and those of one property must not hide another's.
  return Object.entries(definition.option.properties as Record<string, TSchema>).flatMap(([name, schema]) => {
    if (!Object.hasOwn(option, name)) return [];
    const value = option[name];
    const at = `/${pointerToken(name)}`;
    const places = new Map(Value.Errors(schema, value).map((error) => [error.instancePath, error.message]));
    return [...places].map(([path, message]) => ({ pointer: at + path, value: valueAt(value, path), message: (path === '' ? expectation(schema) : undefined) ?? message }));
  });
}

function valueAt(root: unknown, pointer: string): unknown {
  return pointer.split('/').slice(1).reduce<unknown>((value, token) => {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  }, root);
}

/** What a property should be, in words; undefined where the schema says too little. */
function expectation(schema: { type?: string; enum?: unknown[]; minimum?: number; maximum?: number }): string | undefined {
  if (schema.enum) return `must be one of ${schema.enum.map((value) => `"${String(value)}"`).join(', ')}`;
  const range = [schema.minimum === undefined ? '' : ` of at least ${schema.minimum}`, schema.maximum === undefined ? '' : ` of at most ${schema.maximum}`].filter(Boolean).join(' and');
  return schema.type ? `must be ${/^[aeiou]/.test(schema.type) ? 'an' : 'a'} ${schema.type}${range}` : undefined;
}
