// The log of an activeflow as the engine wrote it, and the lists of actions that it names: whoever has both can fold the state, at any event, with
// the engine itself.
import { Type } from 'typebox';
import type { Event, State } from '@activeflow/engine';
import { ApiError } from '../problem.js';
import type { Store } from '../store/store.js';
import { findActiveflow } from './control.js';
import { encodeAction, PartlyReady } from './encode.js';
import type { Parts } from './parts.js';
import { route, type Route } from './route.js';
import { ListAnswer, LogAnswer } from './schemas.js';

/** The most, and the usual, number of events on a page of a log. */
const LOG_PAGE_SIZE = 1_000;
/** Read at once from the store; a page ends after the first of these that makes it too large. */
const CHUNK = 100;
/** How large a page may grow, in characters of its JSON, before it ends early. */
const PAGE_CHARACTERS = 2 ** 20;

/** The routes to the log of an activeflow. */
export function logRoutes(parts: Parts): readonly Route[] {
  return [
    route({
      method: 'GET', path: '/activeflows/{id}/log', operation: 'getLog', tag: 'activeflows', summary: 'The events of an activeflow as the engine wrote them, oldest first: its state is the fold of them.',
      query: Type.Object({
        after: Type.Optional(Type.String({ description: 'the number of the last event that is known; without it, from the first' })),
        page_size: Type.Optional(Type.String({ description: `1 to ${LOG_PAGE_SIZE}; anything else means ${LOG_PAGE_SIZE}. A page of large events ends earlier` })),
      }),
      answer: LogAnswer, reasons: ['INVALID_ID', 'ACTIVEFLOW_NOT_FOUND', 'INVALID_REQUEST_PARAMETER'],
      async handle(call) {
        const after = readAfter(call.query.after);
        const size = readSize(call.query.page_size);
        const { id, events } = await findActiveflow(parts, call);
        return new PartlyReady({ events }, { result: `[${(await readEvents(parts.store, id, after, size)).join(',')}]` });
      },
    }),
    route({
      method: 'GET', path: '/activeflows/{id}/lists/{list}', operation: 'getList', tag: 'activeflows', summary: 'A list of actions that a frame of the activeflow runs, or has run, as written.',
      answer: ListAnswer, reasons: ['INVALID_ID', 'ACTIVEFLOW_NOT_FOUND', 'LIST_NOT_FOUND'],
      async handle(call) {
        const state = await findActiveflow(parts, call);
        const list_id = call.params['list'] ?? '';
        const actions = (await isNamed(parts.store, state, list_id)) ? await parts.store.list(list_id) : undefined;
        if (!actions) throw new ApiError('LIST_NOT_FOUND', 'no such list of actions in this activeflow');
        return new PartlyReady({ id: list_id }, { actions: `[${actions.map((action) => encodeAction(action, null)).join(',')}]` });
      },
    }),
  ];
}

function readAfter(text: string | undefined): number {
  if (text === undefined || text === '') return -1;
  if (!/^(-1|\d{1,15})$/.test(text)) throw new ApiError('INVALID_REQUEST_PARAMETER', `after must be the number of an event, got "${text.slice(0, 40)}"`);
  return Number(text);
}

function readSize(text: string | undefined): number {
  if (text === undefined || text === '') return LOG_PAGE_SIZE;
  if (!/^[+-]?\d{1,18}$/.test(text)) throw new ApiError('INVALID_REQUEST_PARAMETER', `page_size must be an integer, got "${text.slice(0, 40)}"`);
  const size = Number(text);
  return size >= 1 && size <= LOG_PAGE_SIZE ? size : LOG_PAGE_SIZE;
}

/** Events above `after` as JSON, at most `size`, fewer where they are large. */
async function readEvents(store: Store, id: string, after: number, size: number): Promise<readonly string[]> {
  const read: string[] = [];
  let characters = 0;
  for (let last = after; read.length < size && characters < PAGE_CHARACTERS;) {
    const limit = Math.min(CHUNK, size - read.length);
    const chunk = await store.events(id, last, limit);
    for (const event of chunk) {
      const text = JSON.stringify(event);
      read.push(text);
      characters += text.length;
      if (characters >= PAGE_CHARACTERS) return read;
    }
    if (chunk.length < limit) break;
    last = chunk.at(-1)?.n ?? last;
  }
  return read;
}

/** Whether a frame of the activeflow runs or has run the list: those it stored itself carry its id, those of flows are named by its events. */
async function isNamed(store: Store, { id, frames }: State, list_id: string): Promise<boolean> {
  if (list_id.startsWith(`${id}:`) || frames.some((frame) => frame.list_id === list_id)) return true;
  for (let after = -1; ;) {
    const events = await store.events(id, after, CHUNK);
    if (events.some((event) => listOf(event).includes(list_id))) return true;
    const last = events.at(-1);
    if (events.length < CHUNK || last === undefined) return false;
    after = last.n;
  }
}

/** The lists that an event names. */
function listOf(event: Event): readonly string[] {
  switch (event.type) {
    case 'created': return event.state.frames.map(({ list_id }) => list_id);
    case 'pushed': return [event.frame.list_id];
    case 'added': return [event.list_id];
    case 'moved': case 'ended': return event.left?.frame ? [event.left.frame.list_id] : [];
    case 'settled': case 'variables_set': case 'forwarded': case 'configured': case 'paused': case 'resumed': case 'deleted': return [];
    default: return event satisfies never;
  }
}
