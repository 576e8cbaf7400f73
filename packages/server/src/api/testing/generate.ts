// Requests made of the description: right ones, wrong ones, and ones that are nearly right. Chance is a seed, so that a failure can be repeated.
import type { JsonSchema } from '../action-schemas.js';

/** Chance with a seed: the same seed gives the same row of numbers (mulberry32). */
export type Chance = { readonly next: () => number; readonly below: (count: number) => number; readonly often: (share: number) => boolean; readonly one: <T>(of: readonly T[]) => T };

/** Chance from a seed and a name. */
export function chance(seed: number, name = ''): Chance {
  let state = [...name].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193), seed ^ 0x811c9dc5) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return { next, below, often: (share) => next() < share, one: <T>(of: readonly T[]) => of[below(of.length)] as T };
}

/** What a generator works with: the named schemas, and ids that exist. */
export type Source = { readonly chance: Chance; readonly schemas: Readonly<Record<string, JsonSchema>>; readonly ids: readonly string[] };

const UUIDS = ['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000001', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '6F18AE1C-DDF8-413B-9572-AD30574604EF'];
const TEXTS = [
  '', ' ', 'x', 'menu', 'here', '0', '-1', '1.5', 'true', 'null', '${a}', '${voipbin.call.digits}', '${', '\0', 'a\0b', '\ud800', '😀', '\u202e', '"', '\\', "' OR 1=1 --", '%', '%s%n', '../../etc/passwd',
  '<script>', 'x'.repeat(300), 'y'.repeat(70_000), '2023-04-02 13:43:30.576077', '2026-01-05T09:00:00Z', '9999-01-01 00:00:00.000000', '1e400', 'NaN', '__proto__', 'constructor', 'toString', 'voipbin.x',
  'http://127.0.0.1:1/', 'https://user:pass@localhost/', 'javascript:alert(1)', 'POST', 'running', 'ended', 'call', '+15550100', 'a@b', 'sip:x', '12#', 'en-US', 'next', '=', '!=', '>',
];
const NUMBERS = [0, 1, -1, 2, 5, 100, 1_000, 0.5, -0, 2 ** 31, 2 ** 53, -(2 ** 53), 1e21, 1e308, 5e-324];

/** Any JSON at all. */
export function anything({ chance: c, ids }: Source, depth = 0): unknown {
  const kinds = [() => c.one(TEXTS), () => c.one(NUMBERS), () => null, () => c.often(0.5), () => c.one([...UUIDS, ...ids]),
    () => Array.from({ length: c.below(4) }, () => anything({ chance: c, ids, schemas: {} }, depth + 1)),
    () => Object.fromEntries(Array.from({ length: c.below(4) }, () => [c.one(TEXTS).slice(0, 50).replace(/^(__proto__|constructor)$/, 'k'), anything({ chance: c, ids, schemas: {} }, depth + 1)]))];
  return c.one(depth > 3 ? kinds.slice(0, 5) : kinds)();
}

/** A value that the schema describes; now and then, with a share of `wrong`, one that it does not. */
export function fromSchema(source: Source, schema: JsonSchema, wrong: number, depth = 0): unknown {
  const { chance: c, schemas, ids } = source;
  if (c.often(wrong)) return anything(source, depth);
  const { $ref, type, enum: values, const: only, anyOf, oneOf, items, properties, additionalProperties, format } = schema;
  const inner = (one: unknown): unknown => fromSchema(source, one as JsonSchema, wrong, depth + 1);
  if (typeof $ref === 'string') return depth > 8 ? {} : inner(schemas[$ref.split('/').at(-1) ?? '']);
  if (only !== undefined) return only;
  if (Array.isArray(values)) return c.one(values);
  const several = anyOf ?? oneOf;
  if (Array.isArray(several)) return inner(c.one(several));
  switch (type) {
    case 'string': return format === 'uuid' || c.often(0.4) ? c.one([...ids, ...UUIDS]) : c.one(TEXTS);
    case 'integer': return c.often(0.7) ? c.below(50) : Math.trunc(c.one(NUMBERS));
    case 'number': return c.one(NUMBERS);
    case 'boolean': return c.often(0.5);
    case 'null': return null;
    case 'array': return Array.from({ length: depth > 4 ? 0 : c.below(5) }, () => inner(items ?? {}));
    case 'object': {
      const required = new Set((schema['required'] ?? []) as string[]);
      const known = Object.entries((properties ?? {}) as Record<string, JsonSchema>).filter(([name]) => required.has(name) || c.often(0.6)).map(([name, one]) => [name, inner(one)]);
      const extra = typeof additionalProperties === 'object' ? Array.from({ length: c.below(3) }, () => [c.one(['a', 'b', '1', 'who']), inner(additionalProperties)]) : c.often(0.1) ? [['unknown_field', anything(source, depth + 1)]] : [];
      return Object.fromEntries([...known, ...extra] as [string, unknown][]);
    }
    default: return anything(source, depth);
  }
}
