// Answers as JSON text. Actions are most of an answer and never change, so each is encoded once.
import type { Action, Event, Instant } from '@activeflow/engine';
import { showTime } from './time.js';

/** An answer some of whose fields are JSON text already. They come last. */
export class PartlyReady {
  constructor(readonly fields: object, readonly ready: Readonly<Record<string, string>>) {}
}

const actions = new WeakMap<Action, string>();

/** All of an action but the time at which it was executed, and the brace that closes it. */
function open(action: Action): string {
  const known = actions.get(action);
  if (known !== undefined) return known;
  const { id, next_id, type, option } = action;
  const text = `${JSON.stringify({ id, next_id, type, option }).slice(0, -1)},"tm_execute":`;
  actions.set(action, text);
  return text;
}

/** An action as the wire shows it, as JSON; `at` is when it was executed, null for not yet. */
export const encodeAction = (action: Action, at: Instant | null): string => `${open(action)}"${at === null ? '' : showTime(at)}"}`;

const entered = new WeakMap<Event, string>();

/** The action that a move entered, as JSON: once for each event, since the newest are shown again with every answer. */
export function encodeEntered(event: Event): string {
  const known = entered.get(event);
  if (known !== undefined) return known;
  if (event.type !== 'moved') throw new Error(`event ${event.n} entered no action`);
  const text = encodeAction(event.entered.action, event.at);
  entered.set(event, text);
  return text;
}

/** An answer as JSON: like JSON.stringify, but for what is ready in it or in the rows of its `result`. */
export function encode(value: unknown): string {
  if (value instanceof PartlyReady) {
    const ready = Object.entries(value.ready).map(([name, json]) => `,"${name}":${json}`);
    return `${JSON.stringify(value.fields).slice(0, -1)}${ready.join('')}}`;
  }
  if (isList(value) && value.result[0] instanceof PartlyReady) {
    // A list: its rows first, as everywhere.
    return `{"result":[${value.result.map(encode).join(',')}],${JSON.stringify({ ...value, result: undefined }).slice(1)}`;
  }
  return JSON.stringify(value);
}

const isList = (value: unknown): value is { readonly result: readonly unknown[]; readonly next_page_token: string } =>
  typeof value === 'object' && value !== null && 'result' in value && Array.isArray(value.result) && 'next_page_token' in value;
