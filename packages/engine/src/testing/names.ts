// Ids that can be read: in tests, `@menu` stands for a UUID that spells "menu" in hexadecimal, and back.
import { FINISH_ID, isUuid, NONE_ID, START_ID } from '../ids.js';

const RESERVED = new Map([[NONE_ID, '@none'], [START_ID, '@start'], [FINISH_ID, '@finish']]);

/** The UUID that spells a name of at most 16 ASCII characters. */
export function uuid(name: string): string {
  const hex = [...name].map((char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('').padEnd(32, '0');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** What `uuid` was made of, with its `@`; undefined for any other id. */
export function nameOf(id: string): string | undefined {
  if (!isUuid(id)) return undefined;
  const spelled = id.replaceAll('-', '').replace(/(00)+$/, '');
  const name = (spelled.match(/../g) ?? []).map((byte) => String.fromCharCode(Number.parseInt(byte, 16))).join('');
  return RESERVED.get(id) ?? (/^[a-z0-9_]+$/.test(name) && uuid(name) === id ? `@${name}` : undefined);
}

/** Puts UUIDs for the `@names` that are whole strings in a JSON value; keys stay. */
export function withIds<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, item: unknown) => (typeof item === 'string' && /^@[a-z0-9_]+$/.test(item) ? uuid(item.slice(1)) : item)) as T;
}

/** A text with names for its ids. Ids that spell nothing (derived ones) become `#1`, `#2`, in the order of their first appearance. */
export function reader(): (text: string) => string {
  const met = new Map<string, string>();
  return (text) => text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
    const name = nameOf(id) ?? met.get(id) ?? `#${met.size + 1}`;
    if (name.startsWith('#')) met.set(id, name);
    return name;
  });
}
