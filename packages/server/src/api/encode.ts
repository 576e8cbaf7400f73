// Answers as JSON text. Actions are most of an answer and never change, so each is encoded once.
import type { Action, Instant } from '@activeflow/engine';
import { showTime } from './time.js';

/** JSON text that is ready, where an answer has a value. */
export class Ready {
  constructor(readonly json: string) {}
}

const encoded = new WeakMap<Action, string>();

/** All of an action but the time at which it was executed, and the brace that closes it. */
function open(action: Action): string {
  const known = encoded.get(action);
  if (known !== undefined) return known;
  const { id, next_id, type, option } = action;
  const text = `${JSON.stringify({ id, next_id, type, option }).slice(0, -1)},"tm_execute":`;
  encoded.set(action, text);
  return text;
}

/** Actions as the wire shows them, each with its time, `null` for none. */
export const readyActions = (actions: readonly { readonly action: Action; readonly at: Instant | null }[]): Ready =>
  new Ready(`[${actions.map(({ action, at }) => `${open(action)}"${at === null ? '' : showTime(at)}"}`).join(',')}]`);

/** An answer as JSON: like JSON.stringify, but for what is ready among its fields, or among those of the rows of its `result`. */
export function encode(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  const fields: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    const text = field instanceof Ready ? field.json : name === 'result' && Array.isArray(field) ? `[${field.map(encode).join(',')}]` : JSON.stringify(field);
    if (text !== undefined) fields.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${fields.join(',')}}`;
}
