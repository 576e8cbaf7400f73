// Activeflows: list, start, read, stop, delete (wire.md §5).
import { randomUUID } from 'node:crypto';
import { Type } from 'typebox';
import {
  flowListId, isReserved, isUuid, NONE_ID, parseActions, REFERENCE_TYPES,
  type Birth, type Configuration, type Reference, type State, type StoredList,
} from '@activeflow/engine';
import type { ActiveflowQuery } from '../store/store.js';
import { ApiError, problemError } from '../problem.js';
import { uuidv7 } from '../uuid.js';
import { control, findActiveflow } from './control.js';
import { onCompleteOf } from './flows.js';
import { pageParameters, readPage, showPage } from './page.js';
import type { Parts } from './parts.js';
import { showActiveflow } from './present.js';
import { route, type Route } from './route.js';
import { Actions, ActiveflowAnswer, page } from './schemas.js';
import { readTime } from './time.js';
import { readVariables } from './variables.js';
import { readWebhook } from './webhook.js';

const StartBody = Type.Object({
  id: Type.Optional(Type.String({ description: 'chosen by the client; must be new' })),
  flow_id: Type.Optional(Type.String()), actions: Type.Optional(Actions),
  variables: Type.Optional(Type.Unknown({ description: 'an object of strings: at most 100, 32 KiB each, 64 KiB in all' })),
  webhook_uri: Type.Optional(Type.String()), webhook_method: Type.Optional(Type.String()), on_complete_flow_id: Type.Optional(Type.String()), name: Type.Optional(Type.String()),
});
/** What `POST /activeflows` takes. */
export type StartInput = {
  id?: string; flow_id?: string; actions?: unknown[]; variables?: unknown; webhook_uri?: string; webhook_method?: string; on_complete_flow_id?: string; name?: string;
};

const Filters = Type.Object({
  ...pageParameters,
  status: Type.Optional(Type.String({ description: '`running` or `ended`' })), reference_type: Type.Optional(Type.String()), reference_id: Type.Optional(Type.String()),
  flow_id: Type.Optional(Type.String()), created_after: Type.Optional(Type.String({ description: 'from this time on' })), created_before: Type.Optional(Type.String({ description: 'before this time' })),
}, { description: '`variable.<name>=<value>` filters by a variable. A search for what is rare is given up after some thousand activeflows: its page is short or empty, and its token goes on from there' });

const BAD_START = [
  'INVALID_ID', 'INVALID_ARGUMENT', 'INVALID_JSON_BODY', 'MISSING_REQUEST_PARAMETER', 'INVALID_VARIABLES', 'INVALID_WEBHOOK_URI', 'INVALID_WEBHOOK_METHOD', 'FLOW_NOT_FOUND',
  'INVALID_ACTION_TYPE', 'INVALID_ACTION_OPTION', 'INVALID_ACTION_TARGET', 'DUPLICATE_ACTION_ID',
] as const;

/** The routes that begin, show and end activeflows. */
export function activeflowRoutes(parts: Parts): readonly Route[] {
  return [
    route({
      method: 'GET', path: '/activeflows', operation: 'listActiveflows', tag: 'activeflows', summary: 'List activeflows, newest first.',
      query: Filters, answer: page(ActiveflowAnswer), reasons: ['INVALID_REQUEST_PARAMETER'],
      async handle({ identity, query }) {
        const { size, query: asked } = readPage(query);
        const { rows, stopped } = await parts.store.activeflows({ customer_id: identity.customer_id, ...asked, ...readFilters(query) });
        return showPage(rows, size, await Promise.all(rows.slice(0, size).map(({ row }) => showActiveflow(row, parts, false))), stopped);
      },
    }),
    route({
      method: 'POST', path: '/activeflows', operation: 'startActiveflow', tag: 'activeflows', summary: 'Start a flow, or actions. Answers with the activeflow as it stood before its first action.',
      body: StartBody, answer: ActiveflowAnswer, reasons: BAD_START,
      async handle({ body, identity, request_id, receipt }) {
        const { birth, lists } = await birthOf(parts, identity.customer_id, body, { type: 'api', id: '', activeflow_id: '' });
        const born = await parts.runner.start({ ...birth, cause: { by: 'api', ref: request_id } }, (state) => ({ lists, documents: receipt({ state }) }));
        if (!born) throw new ApiError('INVALID_ARGUMENT', 'the id is used already', { details: [{ pointer: '/id', reason: 'INVALID_ARGUMENT', message: 'is used already' }] });
        return showActiveflow(born, parts, true);
      },
    }),
    route({
      method: 'GET', path: '/activeflows/{id}', operation: 'getActiveflow', tag: 'activeflows', summary: 'Read an activeflow, with all it has executed.',
      answer: ActiveflowAnswer, reasons: ['INVALID_ID', 'ACTIVEFLOW_NOT_FOUND'],
      handle: async (call) => showActiveflow(await findActiveflow(parts, call), parts, true),
    }),
    route({
      method: 'DELETE', path: '/activeflows/{id}', operation: 'deleteActiveflow', tag: 'activeflows', summary: 'Delete an activeflow; a running one is stopped first.',
      answer: ActiveflowAnswer, reasons: ['INVALID_ID', 'ACTIVEFLOW_NOT_FOUND', 'VERSION_CONFLICT'],
      handle: (call) => control(parts, call, { type: 'delete' }),
    }),
    route({
      method: 'POST', path: '/activeflows/{id}/stop', operation: 'stopActiveflow', tag: 'activeflows', summary: 'Stop an activeflow; its call is hung up. Stopping an ended one changes nothing.',
      answer: ActiveflowAnswer, reasons: ['INVALID_ID', 'ACTIVEFLOW_NOT_FOUND', 'VERSION_CONFLICT'],
      handle: (call) => control(parts, call, { type: 'stop', reason: 'canceled' }),
    }),
  ];
}

/** What a start asks for, checked: the birth, and the list of actions given inline. Also used by the simulator's door. */
export async function birthOf(parts: Parts, customer_id: string, body: StartInput, reference: Reference): Promise<{
  readonly birth: Omit<Birth, 'at' | 'cause'>; readonly lists: readonly StoredList[];
}> {
  const id = readNewId(body.id);
  const variables = readVariables(body.variables);
  const what = await whatToRun(parts, customer_id, body, id);
  const configuration: Configuration = {
    ...readWebhook(body),
    on_complete_flow_id: body.on_complete_flow_id ? await onCompleteOf(parts, customer_id, body.on_complete_flow_id) : what.on_complete_flow_id,
  };
  const { flow_id, flow_revision, list_id, lists } = what;
  return { birth: { id, customer_id, name: body.name ?? '', flow_id, flow_revision, list_id, reference, configuration, variables }, lists };
}

/** A flow by id, or the actions of the request itself. */
async function whatToRun({ store, limits }: Parts, customer_id: string, { flow_id = '', actions }: StartInput, id: string) {
  if (flow_id !== '' && flow_id !== NONE_ID) {
    if (!isUuid(flow_id)) throw invalid('INVALID_ID', '/flow_id', 'must be a UUID');
    const flow = await store.document('flow', flow_id.toLowerCase());
    if (!flow || flow.customer_id !== customer_id || flow.tm_delete !== null) throw invalid('FLOW_NOT_FOUND', '/flow_id', 'no such flow');
    const flow_revision = flow.data['revision'] as number;
    return { flow_id: flow.id, flow_revision, list_id: flowListId(flow.id, flow_revision), lists: [], on_complete_flow_id: flow.data['on_complete_flow_id'] as string };
  }
  if (actions === undefined) throw invalid('MISSING_REQUEST_PARAMETER', '/flow_id', 'flow_id or actions is needed');
  const parsed = parseActions(actions, { newId: randomUUID, limits });
  if (parsed.problems.length > 0) throw problemError(parsed.problems);
  const list_id = `${id}:0`;
  return { flow_id: NONE_ID, flow_revision: 0, list_id, lists: [{ id: list_id, actions: parsed.actions }], on_complete_flow_id: NONE_ID };
}

const invalid = (reason: 'INVALID_ID' | 'INVALID_ARGUMENT' | 'FLOW_NOT_FOUND' | 'MISSING_REQUEST_PARAMETER', pointer: string, message: string) =>
  new ApiError(reason, `${pointer}: ${message}`, { details: [{ pointer, reason, message }] });

function readNewId(given: string | undefined): string {
  if (given === undefined || given === '' || given === NONE_ID) return uuidv7();
  if (!isUuid(given) || isReserved(given)) throw invalid('INVALID_ID', '/id', 'must be a UUID, and none of the reserved ones');
  return given.toLowerCase();
}

type FilterQuery = Readonly<Record<string, string | undefined>>;

function readFilters(query: FilterQuery): Partial<ActiveflowQuery> {
  const bad = (name: string, wanted: string) => new ApiError('INVALID_REQUEST_PARAMETER', `${name} must be ${wanted}`);
  const { status, reference_type, reference_id, flow_id } = query;
  if (status && status !== 'running' && status !== 'ended') throw bad('status', 'running or ended');
  const type = REFERENCE_TYPES.find((known) => known === reference_type);
  if (reference_type && type === undefined) throw bad('reference_type', `one of ${REFERENCE_TYPES.slice(1).join(', ')}`);
  const time = (name: string) => {
    const text = query[name];
    const at = text ? readTime(text) : undefined;
    if (text && at === undefined) throw bad(name, 'a time, `YYYY-MM-DD HH:MM:SS.ffffff` or RFC 3339');
    return at;
  };
  const variables = Object.fromEntries(Object.entries(query).flatMap(([name, value]) => (name.startsWith('variable.') && typeof value === 'string' ? [[name.slice(9), value]] : [])));
  const filters = {
    status: status as State['status'] | undefined, reference_type: reference_type ? type : undefined, reference_id: reference_id?.toLowerCase(), flow_id: flow_id?.toLowerCase(),
    created_after: time('created_after'), created_before: time('created_before'), variables: Object.keys(variables).length > 0 ? variables : undefined,
  };
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined && value !== ''));
}
