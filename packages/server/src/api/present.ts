// The public form of what the engine keeps (wire.md §4, §5).
import { flowListId, NONE_ID, pending, START_ACTION, type Action, type Instant, type State } from '@activeflow/engine';
import type { Runner } from '../runner/runner.js';
import type { Document, Store } from '../store/store.js';
import { encodeAction, encodeEntered, PartlyReady } from './encode.js';
import { NEVER, showTime } from './time.js';

/** How many actions an answer shows of what was executed, a single GET apart, and of what is ahead. */
const SHOWN = 100;

/** An action as the wire shows it; `at` is when it was executed. */
export const showAction = ({ id, next_id, type, option }: Action, at: Instant | null = null) =>
  ({ id, next_id, type, option, tm_execute: at === null ? '' : showTime(at) });

/** The activeflow as the wire shows it; `all` its executed actions, or the newest hundred. Its lists of actions are JSON already. */
export async function showActiveflow(state: State, { runner, store }: { readonly runner: Runner; readonly store: Store }, all: boolean) {
  const { current, configuration, reference, wait, forward } = state;
  const fields = {
    id: state.id, customer_id: state.customer_id, name: state.name, flow_id: state.flow_id, flow_revision: state.flow_revision,
    status: state.status, paused: state.paused,
    reference_type: reference.type, reference_id: reference.id || NONE_ID, reference_activeflow_id: reference.activeflow_id || NONE_ID,
    on_complete_flow_id: configuration.on_complete_flow_id, webhook_uri: configuration.webhook_uri, webhook_method: configuration.webhook_method,
    current_action: showAction(current.action, current.step === 0 ? null : current.began_at), forward_action_id: forward?.action_id ?? NONE_ID,
    waiting_for: wait && wait.result === undefined ? { kind: wait.kind, action_id: current.action.id, until: showTime(wait.until) } : null,
    end_reason: state.end_reason, end_detail: state.end_detail, version: state.version,
    tm_create: showTime(state.tm_create), tm_update: showTime(state.tm_update), tm_delete: showTime(state.tm_delete),
  };
  const executed_actions = list(await executed(state, runner, all ? store : undefined));
  const pending_actions = list((await ahead(state, runner)).map((action) => encodeAction(action, null)));
  return new PartlyReady(fields, { executed_actions, pending_actions });
}

const list = (items: readonly string[]): string => `[${items.join(',')}]`;

/** What has been completed, oldest first, the start marker first, the current action never inside: all, read from the store, or the newest. */
async function executed(state: State, runner: Runner, store: Store | undefined): Promise<readonly string[]> {
  const { id, current, events, tm_create } = state;
  if (current.step === 0) return [];
  const moves = store && current.step > SHOWN ? await store.moves(id, events, current.step) : await runner.recent(state);
  const left = moves.slice(0, -1).map(encodeEntered);
  const whole = left.length < current.step - 1 ? left : [encodeAction(START_ACTION, tm_create), ...left];
  return store ? whole : whole.slice(-SHOWN);
}

/** What is still ahead by array order, options as written. */
export async function ahead({ status, frames, position }: State, runner: Runner): Promise<readonly Action[]> {
  if (status === 'ended') return [];
  const lists = await Promise.all(frames.map(({ list_id }) => runner.list(list_id)));
  const byId = new Map(lists.map((list) => [list.id, list]));
  const at = (list_id: string) => byId.get(list_id) as NonNullable<ReturnType<typeof byId.get>>;
  return pending(frames, at, position, SHOWN).map(({ depth, index }) => lists[depth]?.actions[index] ?? START_ACTION);
}

/** A flow, or one of its revisions, as the wire shows it. */
export function showFlow(document: Document, actions: readonly Action[]) {
  const { data } = document;
  return {
    id: document.kind === 'flow' ? document.id : document.parent, customer_id: document.customer_id, type: 'flow', name: data['name'] as string, detail: data['detail'] as string,
    actions: actions.map((action) => showAction(action)), on_complete_flow_id: data['on_complete_flow_id'] as string, revision: data['revision'] as number,
    ...showTimes(document),
  };
}

/** The same, its actions read from the store. */
export async function readFlow(document: Document, runner: Runner) {
  const flow_id = document.kind === 'flow' ? document.id : document.parent;
  return showFlow(document, (await runner.list(flowListId(flow_id, document.data['revision'] as number))).actions);
}

/** The three times of a document. */
export const showTimes = ({ tm_create, tm_update, tm_delete }: Pick<Document, 'tm_create' | 'tm_update' | 'tm_delete'>) =>
  ({ tm_create: showTime(tm_create), tm_update: showTime(tm_update), tm_delete: showTime(tm_delete) });

/** An instant kept in a document's data, shown; `NEVER` where it is not there. */
export const showInstant = (value: unknown): string => (typeof value === 'number' ? showTime(value) : NEVER);

/** A text kept in a document's data; `""` where it is not there. */
export const textOf = (data: Document['data'], name: string): string => { const value = data[name]; return typeof value === 'string' ? value : ''; };
