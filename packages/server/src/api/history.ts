// What happened to an activeflow, step by step, and where it stands (wire.md §5).
import { START_ID, NONE_ID, FINISH_ID, type Event, type Left, type State } from '@activeflow/engine';
import type { StoredEffect } from '../store/store.js';
import { ApiError } from '../problem.js';
import { findActiveflow } from './control.js';
import { PageParameters, readPageSize } from './page.js';
import type { Parts } from './parts.js';
import { ahead, showAction } from './present.js';
import { route, type Route } from './route.js';
import { HistoryEntry, page, StackAnswer } from './schemas.js';
import { NEVER, showTime } from './time.js';

/** The routes that look into an activeflow. */
export function historyRoutes(parts: Parts): readonly Route[] {
  return [
    route({
      method: 'GET', path: '/activeflows/{id}/history', operation: 'getHistory', tag: 'activeflows', summary: 'Everything that happened, oldest first.',
      query: PageParameters, answer: page(HistoryEntry), reasons: ['INVALID_ID', 'ACTIVEFLOW_NOT_FOUND', 'INVALID_REQUEST_PARAMETER'],
      async handle(call) {
        const state = await findActiveflow(parts, call);
        const after = readToken(call.query.page_token);
        const events = await parts.store.events(state.id, after, readPageSize(call.query.page_size));
        const effects = events.length > 0 ? await parts.store.effects(state.id) : [];
        const outcomes = await outcomesOf(parts, state, events);
        const result = events.filter((event) => !isFinish(event)).map((event) => entry(event, outcomes.get(event.n), effects));
        return { result, next_page_token: events.length > 0 ? String(events.at(-1)?.n ?? '') : '' };
      },
    }),
    route({
      method: 'GET', path: '/activeflows/{id}/stack', operation: 'getStack', tag: 'activeflows', summary: 'The frames, the cursor, what is still to come, and how much of each limit is used.',
      answer: StackAnswer, reasons: ['INVALID_ID', 'ACTIVEFLOW_NOT_FOUND'],
      handle: async (call) => showStack(await findActiveflow(parts, call), parts),
    }),
  ];
}

function readToken(token: string | undefined): number {
  if (!token) return -1;
  if (!/^\d{1,15}$/.test(token)) throw new ApiError('INVALID_REQUEST_PARAMETER', `page_token must be the next_page_token of a page before, got "${token.slice(0, 60)}"`);
  return Number(token);
}

/** The finish marker is no step: the end has an entry of its own. */
const isFinish = (event: Event): boolean => event.type === 'moved' && event.entered.action_id === FINISH_ID;

type Outcome = { readonly left: Left; readonly at: number };

/** How each step of the page came out: told by the next event in which the cursor left it, which may be past the page. */
async function outcomesOf({ store }: Parts, { id }: State, events: readonly Event[]): Promise<Map<number, Outcome>> {
  const outcomes = new Map<number, Outcome>();
  let open: number | undefined;
  const see = (event: Event): void => {
    if ((event.type === 'moved' || event.type === 'ended') && event.left && open !== undefined) outcomes.set(open, { left: event.left, at: event.at });
    if (event.type === 'moved') open = event.n;
    if (event.type === 'ended') open = undefined;
  };
  events.forEach(see);
  const last = events.at(-1);
  for (let after = last?.n; after !== undefined && open !== undefined && !outcomes.has(open);) {
    const more = await store.events(id, after, 16);
    const waiting: number = open;
    for (const event of more) if (!outcomes.has(waiting)) see(event);
    if (more.length < 16) break;
    after = more.at(-1)?.n;
  }
  return outcomes;
}

function entry(event: Event, outcome: Outcome | undefined, effects: readonly StoredEffect[]) {
  const base = {
    number: event.n, kind: event.type === 'moved' ? 'step' : event.type, step: 0, frame_id: NONE_ID, action: null, began: showTime(event.at), ended: showTime(event.at),
    result: '', cause: { by: event.cause.by, ref: event.cause.ref ?? '' }, variables: {}, error: null, detail: '', effects: [],
  };
  switch (event.type) {
    case 'moved': return {
      ...base, step: event.entered.step, frame_id: event.entered.frame_id, action: showAction(event.entered.action, event.at), ended: outcome ? showTime(outcome.at) : NEVER,
      result: outcome?.left.result ?? '', variables: outcome?.left.variables ?? {},
      error: outcome?.left.reason ? { reason: outcome.left.reason, message: outcome.left.message ?? '' } : null,
      effects: effects.filter(({ step }) => step === event.entered.step).map(showEffect),
    };
    case 'variables_set': return { ...base, variables: event.variables };
    case 'forwarded': return { ...base, frame_id: event.to.frame_id, detail: `to ${event.to.action_id}` };
    case 'pushed': return { ...base, frame_id: event.frame.id };
    case 'added': return { ...base, frame_id: event.frame_id, detail: `${event.action_ids.length} actions` };
    case 'settled': return { ...base, detail: event.result.ok ? 'a result came while paused' : `${event.result.reason}: ${event.result.message}` };
    case 'configured': return { ...base, detail: Object.entries(event.configuration).filter(([, value]) => value !== '' && value !== NONE_ID).map(([key]) => key).join(', ') };
    case 'ended': return { ...base, result: event.reason, detail: [event.detail, completion(event)].filter(Boolean).join('; '), effects: effects.filter(({ kind }) => kind === 'activeflow.start').map(showEffect) };
    case 'created': case 'paused': case 'resumed': case 'deleted': return base;
    default: return event satisfies never;
  }
}

function completion({ on_complete }: Extract<Event, { type: 'ended' }>): string {
  if (!on_complete) return '';
  return 'refused' in on_complete ? `on-complete flow not started: ${on_complete.refused}` : `on-complete activeflow ${on_complete.activeflow_id}`;
}

const showEffect = ({ id, kind, status, attempt, result, error, tm_create, tm_update }: StoredEffect) =>
  ({ id, kind, status, attempt, result, error, tm_create: showTime(tm_create), tm_update: showTime(tm_update) });

async function showStack(state: State, parts: Parts) {
  const { runner, limits } = parts;
  const { frames, position, current, forward } = state;
  const shown = await Promise.all(frames.map(async ({ id, list_id, return_to, gotos }) => ({
    id, actions: (await runner.list(list_id)).actions.map((action) => showAction(action)),
    return_frame_id: return_to?.frame_id ?? NONE_ID, return_action_id: return_to?.action_id ?? NONE_ID, gotos,
  })));
  return {
    frames: shown, cursor: position.action_id === START_ID && current.step > 0 ? { ...position } : position, current_action: showAction(current.action, current.began_at),
    forward_action_id: forward?.action_id ?? NONE_ID, pending_actions: (await ahead(state, runner)).map((action) => showAction(action)),
    limits: {
      executed_actions: { used: current.step, limit: limits.executed_actions }, frames: { used: frames.length, limit: limits.frames },
      chain: { used: state.chain, limit: limits.chain }, variables_bytes: { used: state.variables_bytes, limit: limits.variables_bytes },
      age_ms: { used: Math.floor((parts.clock.now() - state.tm_create) / 1000), limit: limits.age_ms },
      burst_actions: { used: 0, limit: limits.burst_actions },
    },
  };
}
