// What can be done to the actions of a draft. Each gives new ones; where an id changes, every reference to it follows.
import { definitionOf, isUuid, NONE_ID, pointerToken, type Option } from '@activeflow/engine';
import { isRecord, keyOf, type DraftAction } from './draft.js';

type Actions = readonly DraftAction[];

/** A new id. Not `crypto.randomUUID`, which a page served over plain HTTP from another machine has not. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Puts a new action of a type in at a place. */
export const addAction = (actions: Actions, at: number, type: string, option: Option = {}, id = newId()): Actions => actions.toSpliced(at, 0, { id, type, option });

/** Puts a copy, with an id of its own, after an action. */
export function copyAction(actions: Actions, at: number, id = newId()): Actions {
  const action = actions[at];
  return action === undefined ? actions : actions.toSpliced(at + 1, 0, { ...action, id });
}

/** Takes an action out. What led to it leads nowhere until somebody says where. */
export const removeAction = (actions: Actions, at: number): Actions => actions.toSpliced(at, 1);

/** Moves an action to another place. */
export function moveAction(actions: Actions, from: number, to: number): Actions {
  const action = actions[from];
  return action === undefined || to < 0 || to >= actions.length ? actions : actions.toSpliced(from, 1).toSpliced(to, 0, action);
}

/** Changes one action. */
export const changeAction = (actions: Actions, at: number, change: Partial<DraftAction>): Actions =>
  actions.map((action, index) => (index === at ? { ...action, ...change } : action));

/** Gives an action another id, in every place that names it. */
export function renameId(actions: Actions, at: number, id: string): Actions {
  const action = actions[at];
  if (action === undefined) return actions;
  const old = keyOf(action, at);
  return actions.map((one, index) => mapTargets(index === at ? { ...one, id } : one, (target) => (sameId(target, old) ? id : target)));
}

/** Why an id will not do; undefined where it will. */
export function wrongId(actions: Actions, at: number, id: string): string | undefined {
  if (id.trim() === '') return 'An action needs an id.';
  if (id !== id.trim()) return 'No spaces around it.';
  if (id.includes('${')) return 'An id holds no placeholder.';
  return actions.some((action, index) => index !== at && action.id !== undefined && sameId(action.id, id)) ? 'Another action has this id.' : undefined;
}

/** The actions, each with a UUID, so that what the server runs of them can be found again; `drafted` leads from each to the key it had. */
export function withUuids(actions: Actions): { readonly actions: Actions; readonly drafted: ReadonlyMap<string, string> } {
  const drafted = new Map<string, string>();
  let changed = actions;
  for (const [index, action] of actions.entries()) {
    const key = keyOf(action, index);
    const id = action.id !== undefined && isUuid(action.id) && action.id !== NONE_ID ? action.id : newId();
    if (id !== action.id) changed = renameId(changed, index, id);
    drafted.set(id.toLowerCase(), key);
  }
  return { actions: changed, drafted };
}

/** A place that names an action: its JSON pointer within the actions, and the id. */
export type Reference = { readonly index: number; readonly pointer: string; readonly id: string };

/** Every place that names an action. */
export function references(actions: Actions): readonly Reference[] {
  return actions.flatMap((action, index) => {
    const found: Reference[] = [];
    mapTargets(action, (id, at) => { found.push({ index, pointer: `/${index}${at}`, id }); return id; });
    return found;
  });
}

/** True where two ids name one action: UUIDs whatever their case. */
export const sameId = (a: string, b: string): boolean => a === b || (isUuid(a) && a.toLowerCase() === b.toLowerCase());

/** Reads and rewrites each id that an action names, with its JSON pointer within the action. What is unset or a placeholder stays. */
export function mapTargets(action: DraftAction, map: (id: string, pointer: string) => string): DraftAction {
  const one = (value: unknown, at: string): unknown => (typeof value === 'string' && value !== '' && value !== NONE_ID && !value.includes('${') ? map(value, at) : value);
  const { next_id, option, ...rest } = action;
  const names: readonly string[] = definitionOf(action.type)?.targets ?? [];
  const mapped = option && Object.fromEntries(Object.entries(option).map(([name, value]) => {
    if (!names.includes(name)) return [name, value];
    const at = `/option/${name}`;
    if (!isRecord(value)) return [name, one(value, at)];
    return [name, Object.fromEntries(Object.entries(value).map(([key, id]) => [key, one(id, `${at}/${pointerToken(key)}`)]))];
  }));
  return { ...rest, ...(mapped === undefined ? {} : { option: mapped }), ...(next_id === undefined ? {} : { next_id: one(next_id, '/next_id') as string }) };
}
