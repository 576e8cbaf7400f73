// Flows and their revisions (wire.md §4). A change makes a revision; what runs keeps the one it began with.
import { Type } from 'typebox';
import { randomUUID } from 'node:crypto';
import { flowListId, isUuid, NONE_ID, parseActions, type Action, type Problem } from '@activeflow/engine';
import type { Document } from '../store/store.js';
import { ApiError, problemError } from '../problem.js';
import type { Parts } from './parts.js';
import { PageParameters, readPage, showPage } from './page.js';
import { readFlow, showFlow } from './present.js';
import { changeDocument, MOST_TRIES } from './resource.js';
import { route, type Call, type Route } from './route.js';
import { Actions, FlowAnswer, page, Validation } from './schemas.js';

const Body = Type.Object({
  name: Type.Optional(Type.String()), detail: Type.Optional(Type.String()), actions: Type.Optional(Actions), on_complete_flow_id: Type.Optional(Type.String()),
});
type FlowBody = { name?: string; detail?: string; actions?: unknown[]; on_complete_flow_id?: string };
type FlowData = { readonly name: string; readonly detail: string; readonly on_complete_flow_id: string; readonly revision: number };

const BAD_ACTIONS = ['INVALID_JSON_BODY', 'INVALID_ARGUMENT', 'INVALID_ACTION_TYPE', 'INVALID_ACTION_OPTION', 'INVALID_ACTION_TARGET', 'DUPLICATE_ACTION_ID', 'INVALID_ID', 'FLOW_NOT_FOUND'] as const;

/** The routes of flows. */
export function flowRoutes(parts: Parts): readonly Route[] {
  const { store, runner, limits } = parts;
  const parse = (actions: unknown) => parseActions(actions, { newId: randomUUID, limits });

  return [
    route({
      method: 'GET', path: '/flows', operation: 'listFlows', tag: 'flows', summary: 'List flows, newest first.',
      query: PageParameters, answer: page(FlowAnswer), reasons: ['INVALID_REQUEST_PARAMETER'],
      async handle({ identity, query }) {
        const { size, query: asked } = readPage(query);
        const rows = await store.documents({ kind: 'flow', customer_id: identity.customer_id, ...asked });
        return showPage(rows, size, await Promise.all(rows.slice(0, size).map(({ row }) => readFlow(row, runner))));
      },
    }),
    route({
      method: 'POST', path: '/flows', operation: 'createFlow', tag: 'flows', summary: 'Register a flow.',
      body: Body, answer: FlowAnswer, reasons: BAD_ACTIONS,
      async handle({ body, identity, receipt }) {
        const actions = checked(parse(body.actions ?? []));
        const data = await settingsOf(parts, identity.customer_id, body, { name: '', detail: '', on_complete_flow_id: NONE_ID, revision: 0 });
        const at = parts.clock.now();
        const flow: Document = { kind: 'flow', id: randomUUID(), customer_id: identity.customer_id, parent: '', key: null, version: 1, tm_create: at, tm_update: null, tm_delete: null, data };
        const saved = await save(parts, flow, actions, receipt);
        if (!saved) throw changedMeanwhile();
        return saved;
      },
    }),
    route({
      method: 'POST', path: '/flows/validate', operation: 'validateFlow', tag: 'flows', summary: 'Check a flow without storing it.',
      body: Body, answer: Validation, reasons: ['INVALID_JSON_BODY'],
      async handle({ body, identity }) {
        const { problems, warnings } = parse(body.actions ?? []);
        const of_flow = await settingsOf(parts, identity.customer_id, body, EMPTY).then(() => [], (error: unknown) => asProblems(error));
        const errors = [...problems, ...of_flow];
        return { valid: errors.length === 0, errors, warnings };
      },
    }),
    route({
      method: 'GET', path: '/flows/{id}', operation: 'getFlow', tag: 'flows', summary: 'Read a flow.', answer: FlowAnswer, reasons: ['INVALID_ID', 'FLOW_NOT_FOUND'],
      handle: async (call) => readFlow(await findFlow(parts, call), runner),
    }),
    route({
      method: 'PUT', path: '/flows/{id}', operation: 'updateFlow', tag: 'flows', summary: 'Change a flow: a new revision. Fields left out stay as they are.',
      body: Body, answer: FlowAnswer, reasons: [...BAD_ACTIONS, 'VERSION_CONFLICT', 'STATE_INVALID'],
      handle: (call) => update(parts, call),
    }),
    route({
      method: 'DELETE', path: '/flows/{id}', operation: 'deleteFlow', tag: 'flows', summary: 'Delete a flow. What runs goes on.', answer: FlowAnswer, reasons: ['INVALID_ID', 'FLOW_NOT_FOUND', 'STATE_INVALID'],
      async handle(call) {
        const at = parts.clock.now();
        return readFlow(await changeDocument(parts, () => findFlow(parts, call), () => ({ tm_update: at, tm_delete: at })), runner);
      },
    }),
    ...revisionRoutes(parts),
  ];
}

function revisionRoutes(parts: Parts): readonly Route[] {
  const { store, runner } = parts;
  return [
    route({
      method: 'GET', path: '/flows/{id}/revisions', operation: 'listFlowRevisions', tag: 'flows', summary: 'List the revisions of a flow, newest first.',
      query: PageParameters, answer: page(FlowAnswer), reasons: ['INVALID_ID', 'FLOW_NOT_FOUND', 'INVALID_REQUEST_PARAMETER'],
      async handle(call) {
        const flow = await findFlow(parts, call);
        const { size, query } = readPage(call.query);
        const rows = await store.documents({ kind: 'flow_revision', parent: flow.id, customer_id: flow.customer_id, ...query });
        return showPage(rows, size, await Promise.all(rows.slice(0, size).map(({ row }) => readFlow(row, runner))));
      },
    }),
    route({
      method: 'GET', path: '/flows/{id}/revisions/{n}', operation: 'getFlowRevision', tag: 'flows', summary: 'Read one revision of a flow.',
      answer: FlowAnswer, reasons: ['INVALID_ID', 'FLOW_NOT_FOUND', 'REVISION_NOT_FOUND'],
      async handle(call) {
        const flow = await findFlow(parts, call);
        const revision = await store.document('flow_revision', `${flow.id}:${call.params['n'] ?? ''}`);
        if (!revision) throw new ApiError('REVISION_NOT_FOUND', `the flow has no revision ${(call.params['n'] ?? '').slice(0, 20)}`);
        return readFlow(revision, runner);
      },
    }),
  ];
}

/** Without If-Match the last writer wins: whoever was faster is read again. */
async function update(parts: Parts, call: Call<FlowBody>) {
  const { body, identity: { customer_id }, if_version, receipt } = call;
  const given = body.actions === undefined ? undefined : checked(parseActions(body.actions, { newId: randomUUID, limits: parts.limits }));
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const flow = await findFlow(parts, call);
    const old = flow.data as FlowData;
    if (if_version !== undefined && if_version !== old.revision) throw new ApiError('VERSION_CONFLICT', `the flow is at revision ${old.revision}`);
    const actions = given ?? (await parts.runner.list(flowListId(flow.id, old.revision))).actions;
    const data = await settingsOf(parts, customer_id, body, old);
    const saved = await save(parts, { ...flow, data, version: flow.version + 1, tm_update: parts.clock.now() }, actions, receipt);
    if (saved) return saved;
  }
  throw changedMeanwhile();
}

const EMPTY: FlowData = { name: '', detail: '', on_complete_flow_id: NONE_ID, revision: 0 };

const changedMeanwhile = () => new ApiError('STATE_INVALID', 'the flow was changed by someone else at the same time; read it again');

function checked({ actions, problems }: { readonly actions: readonly Action[]; readonly problems: readonly Problem[] }): readonly Action[] {
  if (problems.length > 0) throw problemError(problems);
  return actions;
}

const asProblems = (error: unknown): readonly Problem[] => {
  if (!(error instanceof ApiError)) throw error;
  return error.details.filter((detail): detail is Problem => 'pointer' in detail);
};

/** The flow that a path names, of the customer who asks. */
export async function findFlow({ store }: Parts, { params, identity }: Pick<Call, 'params' | 'identity'>): Promise<Document> {
  const flow = await store.document('flow', params['id'] ?? '');
  if (!flow || flow.customer_id !== identity.customer_id || flow.tm_delete !== null) throw new ApiError('FLOW_NOT_FOUND', 'no such flow');
  return flow;
}

/** The on-complete flow that a body names, checked to exist. */
export const onCompleteOf = (parts: Parts, customer_id: string, given: string): Promise<string> => flowIdOf(parts, customer_id, given, 'on_complete_flow_id');

/** The flow that a field of a body names, checked to exist; the none id for none. */
export async function flowIdOf({ store }: Parts, customer_id: string, given: string, field: string): Promise<string> {
  if (given === '' || given === NONE_ID) return NONE_ID;
  const pointer = `/${field}`;
  if (!isUuid(given)) throw new ApiError('INVALID_ID', `${pointer} must be a UUID`, { details: [{ pointer, reason: 'INVALID_ID', message: 'must be a UUID' }] });
  const flow = await store.document('flow', given.toLowerCase());
  if (!flow || flow.customer_id !== customer_id || flow.tm_delete !== null) {
    throw new ApiError('FLOW_NOT_FOUND', `${pointer}: no such flow`, { details: [{ pointer, reason: 'FLOW_NOT_FOUND', message: 'no such flow' }] });
  }
  return flow.id;
}

async function settingsOf(parts: Parts, customer_id: string, body: FlowBody, old: FlowData): Promise<FlowData> {
  const on_complete_flow_id = body.on_complete_flow_id === undefined ? old.on_complete_flow_id : await onCompleteOf(parts, customer_id, body.on_complete_flow_id);
  return { name: body.name ?? old.name, detail: body.detail ?? old.detail, on_complete_flow_id, revision: old.revision + 1 };
}

/** The flow, its new revision and that revision's list, in one commit; undefined where somebody else was faster. */
async function save(parts: Parts, flow: Document, actions: readonly Action[], receipt: Call['receipt']) {
  const { revision } = flow.data as FlowData;
  const pinned: Document = { ...flow, kind: 'flow_revision', id: `${flow.id}:${revision}`, parent: flow.id, version: 1, tm_create: flow.tm_update ?? flow.tm_create };
  const list = { id: flowListId(flow.id, revision), actions };
  const body = showFlow(flow, actions);
  const committed = await parts.committer.submit({ documents: [flow, pinned, ...receipt({ body })], lists: [list] });
  return committed === 'ok' ? body : undefined;
}
