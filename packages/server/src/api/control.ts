// Control: what can be asked of a running activeflow (wire.md §5). Each is one command; the answer is the activeflow after it.
import { Type } from 'typebox';
import { isUuid, NONE_ID, type Ask, type State } from '@activeflow/engine';
import { ApiError } from '../problem.js';
import { onCompleteOf } from './flows.js';
import type { Parts } from './parts.js';
import { showActiveflow } from './present.js';
import { route, type Call, type Route } from './route.js';
import { Actions, ActiveflowAnswer, VariablesAnswer } from './schemas.js';
import { readWebhook } from './webhook.js';

type Asked = Pick<Call, 'params' | 'identity' | 'if_version' | 'request_id' | 'receipt'>;

/** The activeflow that a path names, of the customer who asks. */
export async function findActiveflow({ runner }: Parts, { params, identity }: Pick<Call, 'params' | 'identity'>): Promise<State> {
  const state = await runner.load(params['id'] ?? '');
  if (!state || state.customer_id !== identity.customer_id || state.tm_delete !== null) throw notFound();
  return state;
}

const notFound = () => new ApiError('ACTIVEFLOW_NOT_FOUND', 'no such activeflow');

/** Carries a command out. Throws what it was refused for. */
export async function command(parts: Parts, { params, identity, if_version, request_id, receipt }: Asked, ask: Ask): Promise<State> {
  const handled = await parts.runner.handle(params['id'] ?? '', ask, {
    cause: { by: 'api', ref: request_id }, customer_id: identity.customer_id, ...(if_version === undefined ? {} : { if_version }),
    also: (outcome) => (outcome.outcome === 'refused' ? [] : receipt({ state: outcome.state })),
  });
  if (!handled) throw notFound();
  if (handled.outcome === 'stale') throw new ApiError('STATE_INVALID', 'the same request is being carried out');
  if (handled.outcome === 'refused') throw refusal(handled);
  return handled.state;
}

function refusal({ reason, message, problems }: { readonly reason: ApiError['reason']; readonly message: string; readonly problems: ApiError['details'] }): ApiError {
  const reasons = new Set(problems.map((problem) => ('reason' in problem ? problem.reason : reason)));
  const [only] = reasons;
  return new ApiError(reasons.size === 1 && only ? (only as ApiError['reason']) : reason, message, { details: problems });
}

/** Carries a command out and shows the activeflow after it. */
export const control = async (parts: Parts, call: Asked, ask: Ask) => showActiveflow(await command(parts, call, ask), parts, false);

const BASE = ['INVALID_ID', 'INVALID_JSON_BODY', 'ACTIVEFLOW_NOT_FOUND', 'ACTIVEFLOW_ENDED', 'VERSION_CONFLICT'] as const;
const BAD_ACTIONS = ['INVALID_ARGUMENT', 'INVALID_ACTION_TYPE', 'INVALID_ACTION_OPTION', 'INVALID_ACTION_TARGET', 'DUPLICATE_ACTION_ID', 'STATE_INVALID'] as const;

/** The routes that control a running activeflow. */
export function controlRoutes(parts: Parts): readonly Route[] {
  return [
    route({
      method: 'PUT', path: '/activeflows/{id}', operation: 'configureActiveflow', tag: 'activeflows', summary: 'Change the configuration of a running activeflow.',
      body: Type.Object({ on_complete_flow_id: Type.Optional(Type.String()), webhook_uri: Type.Optional(Type.String()), webhook_method: Type.Optional(Type.String()) }),
      answer: ActiveflowAnswer, reasons: [...BASE, 'INVALID_WEBHOOK_URI', 'INVALID_WEBHOOK_METHOD', 'FLOW_NOT_FOUND'],
      async handle(call) {
        const { body, has, identity } = call;
        const state = await findActiveflow(parts, call);
        const webhook = has('webhook_uri') || has('webhook_method') ? readWebhook({ ...state.configuration, ...body }) : {};
        const on_complete = body.on_complete_flow_id === undefined ? {} : { on_complete_flow_id: await onCompleteOf(parts, identity.customer_id, body.on_complete_flow_id) };
        return control(parts, call, { type: 'configure', configuration: { ...webhook, ...on_complete } });
      },
    }),
    route({
      method: 'POST', path: '/activeflows/{id}/continue', operation: 'continueActiveflow', tag: 'activeflows', summary: 'Wake a `block`.',
      body: Type.Object({ current_action_id: Type.Optional(Type.String()) }), answer: ActiveflowAnswer, reasons: [...BASE, 'STATE_INVALID', 'MISSING_REQUEST_PARAMETER'],
      handle: async (call) => control(parts, call, { type: 'continue', action_id: actionId(call.body.current_action_id, 'current_action_id') }),
    }),
    route({
      method: 'PUT', path: '/activeflows/{id}/forward_action_id', operation: 'forwardActiveflow', tag: 'activeflows', summary: 'Have the next move go to an action; with `forward_now` at once.',
      body: Type.Object({ forward_action_id: Type.Optional(Type.String()), forward_now: Type.Optional(Type.Boolean()) }),
      answer: ActiveflowAnswer, reasons: [...BASE, 'INVALID_ACTION_TARGET', 'MISSING_REQUEST_PARAMETER'],
      handle: async (call) => control(parts, call, { type: 'forward', action_id: actionId(call.body.forward_action_id, 'forward_action_id'), now: call.body.forward_now ?? false }),
    }),
    ...(['push_actions', 'add_actions'] as const).map((type) => route({
      method: 'POST', path: `/activeflows/{id}/${type}`, operation: type === 'push_actions' ? 'pushActions' : 'addActions', tag: 'activeflows',
      summary: type === 'push_actions' ? 'Run actions first, in a frame of their own, at the next move.' : 'Insert actions after the current one.',
      body: Type.Object({ actions: Actions }), answer: ActiveflowAnswer, reasons: [...BASE, ...BAD_ACTIONS],
      handle: async (call) => control(parts, call, { type, actions: call.body.actions }),
    })),
    ...(['pause', 'resume'] as const).map((type) => route({
      method: 'POST', path: `/activeflows/{id}/${type}`, operation: `${type}Activeflow`, tag: 'activeflows',
      summary: type === 'pause' ? 'Pause: results are kept, nothing moves, deadlines go on.' : 'Go on where it was paused.',
      answer: ActiveflowAnswer, reasons: BASE, handle: async (call) => control(parts, call, { type }),
    })),
    ...variableRoutes(parts),
  ];
}

function variableRoutes(parts: Parts): readonly Route[] {
  return [
    route({
      method: 'GET', path: '/activeflows/{id}/variables', operation: 'getVariables', tag: 'activeflows', summary: 'Read the variables.',
      answer: VariablesAnswer, reasons: ['INVALID_ID', 'ACTIVEFLOW_NOT_FOUND'],
      handle: async (call) => ({ variables: (await findActiveflow(parts, call)).variables }),
    }),
    route({
      method: 'PUT', path: '/activeflows/{id}/variables', operation: 'setVariables', tag: 'activeflows', summary: 'Merge variables in; null removes one.',
      body: Type.Object({ variables: Type.Optional(Type.Unknown({ description: 'names to strings, or to null' })) }), answer: VariablesAnswer, reasons: [...BASE, 'INVALID_VARIABLES'],
      async handle(call) {
        const given = call.body.variables ?? {};
        if (typeof given !== 'object' || Array.isArray(given)) throw new ApiError('INVALID_VARIABLES', '/variables: must be an object of strings', { details: [{ pointer: '/variables', reason: 'INVALID_VARIABLES', message: 'must be an object of strings' }] });
        return { variables: (await command(parts, call, { type: 'set_variables', variables: given as Record<string, unknown> })).variables };
      },
    }),
  ];
}

function actionId(given: string | undefined, field: string): string {
  const details = (reason: string, message: string) => ({ details: [{ pointer: `/${field}`, reason, message }] });
  if (given === undefined || given === '' || given === NONE_ID) throw new ApiError('MISSING_REQUEST_PARAMETER', `${field} is needed`, details('MISSING_REQUEST_PARAMETER', 'is needed'));
  if (!isUuid(given)) throw new ApiError('INVALID_ID', `${field} must be a UUID`, details('INVALID_ID', 'must be a UUID'));
  return given.toLowerCase();
}
