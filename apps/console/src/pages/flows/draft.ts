// A flow while it is being written: less strict than the server, which says what is wrong with it, and nothing is lost that we do not know.
import { NONE_ID, type Option } from '@activeflow/engine';
import type { Flow, FlowInput } from '@activeflow/client';
import { nodeIdOf } from '../../graph/model.js';

/** An action as somebody writes it. Whatever else stands in it is kept. */
export type DraftAction = { readonly id?: string; readonly next_id?: string; readonly type: string; readonly option?: Option };

/** A flow as somebody writes it. */
export type Draft = { readonly name: string; readonly detail: string; readonly on_complete_flow_id: string; readonly actions: readonly DraftAction[] };

/** A place in a draft (JSON pointer) and what is wrong there. */
export type Misplaced = { readonly pointer: string; readonly message: string };

/** A flow with nothing in it. */
export const EMPTY_DRAFT: Draft = { name: '', detail: '', on_complete_flow_id: '', actions: [] };

/** The draft of a stored flow: without what the server fills in. */
export function draftOf({ name, detail, on_complete_flow_id, actions }: Pick<Flow, 'name' | 'detail' | 'on_complete_flow_id' | 'actions'>): Draft {
  return { name, detail, on_complete_flow_id: on_complete_flow_id === NONE_ID ? '' : on_complete_flow_id, actions: actions.map(({ tm_execute: _, ...action }) => tidy(action)) };
}

/** What the API takes for a draft. */
export const inputOf = ({ actions, ...rest }: Draft): FlowInput => ({ ...rest, actions });

/** An action without what says nothing, in the order in which people read it. */
export function tidy({ id = '', type, option = {}, next_id = '', ...rest }: DraftAction): DraftAction {
  return {
    ...(id === '' || id === NONE_ID ? {} : { id }), type, ...(Object.keys(option).length === 0 ? {} : { option }),
    ...(next_id === '' || next_id === NONE_ID ? {} : { next_id }), ...rest,
  };
}

/** True where two drafts come to the same flow. */
export const sameDraft = (a: Draft, b: Draft): boolean => JSON.stringify(tidied(a)) === JSON.stringify(tidied(b));

const tidied = ({ name, detail, on_complete_flow_id, actions, ...rest }: Draft) => ({ name, detail, on_complete_flow_id, actions: actions.map(tidy), ...rest });

/** Reads JSON as a draft; where its shape is too far off to be drawn, the first place of that. */
export function readDraft(value: unknown): Draft | Misplaced {
  if (!isRecord(value)) return { pointer: '', message: 'must be an object with "name" and "actions"' };
  for (const name of ['name', 'detail', 'on_complete_flow_id']) {
    if (value[name] !== undefined && typeof value[name] !== 'string') return { pointer: `/${name}`, message: 'must be a text' };
  }
  const { actions = [] } = value;
  if (!Array.isArray(actions)) return { pointer: '/actions', message: 'must be an array of actions' };
  for (const [index, action] of (actions as readonly unknown[]).entries()) {
    const wrong = shapeOf(action);
    if (wrong) return { pointer: `/actions/${index}${wrong.pointer}`, message: wrong.message };
  }
  return { ...EMPTY_DRAFT, ...(value as Partial<Draft>), actions: actions as readonly DraftAction[] };
}

function shapeOf(action: unknown): Misplaced | undefined {
  if (!isRecord(action)) return { pointer: '', message: 'must be an action: an object with "type" and "option"' };
  if (typeof action['type'] !== 'string') return { pointer: action['type'] === undefined ? '' : '/type', message: 'needs a "type": the name of an action' };
  for (const name of ['id', 'next_id']) if (action[name] !== undefined && typeof action[name] !== 'string') return { pointer: `/${name}`, message: 'must be a text' };
  return action['option'] === undefined || isRecord(action['option']) ? undefined : { pointer: '/option', message: 'must be an object' };
}

/** True for an object that is neither null nor an array. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an action is known by on the page: its id, or its place where it has none. */
export const keyOf = (action: DraftAction, index: number): string => nodeIdOf(action, index);

/** The actions, each with an id to be known by: where it has none, or one that another has before it, its place. */
export function keyed(actions: readonly DraftAction[]): readonly (DraftAction & { readonly id: string; readonly option: Option })[] {
  const seen = new Set<string>();
  return actions.map((action, index) => {
    const key = keyOf(action, index);
    const id = seen.has(key) ? `#${index}` : key;
    seen.add(id);
    return { ...action, id, option: action.option ?? {} };
  });
}
