// Calls (wire.md §6): list, read, place, hang up, delete. Whoever drives calls writes their documents; here they are shown.
import { address, deriveId, isUuid, NONE_ID, parseActions, START_ACTION, type Action, type AddressInput, type Option, type State } from '@activeflow/engine';
import { randomUUID } from 'node:crypto';
import { Type } from 'typebox';
import type { Receipt as DoorReceipt, Refusal } from '../driver/doors.js';
import { ApiError, problemError } from '../problem.js';
import type { Document } from '../store/store.js';
import { AddressBody, CallAnswer } from './answers.js';
import { flowIdOf } from './flows.js';
import { carry } from './carry.js';
import type { Parts } from './parts.js';
import { showAction, showInstant, showTimes, textOf } from './present.js';
import { documentRoutes, findDocument, type Resource } from './resource.js';
import { route, type Call as Request, type Route } from './route.js';
import { Actions } from './schemas.js';
import { readVariables } from './variables.js';

const PlaceBody = Type.Object({
  source: Type.Optional(AddressBody), destinations: Type.Optional(Type.Array(AddressBody)), flow_id: Type.Optional(Type.String()), actions: Type.Optional(Actions),
  variables: Type.Optional(Type.Unknown({ description: 'an object of strings, set before the first action; placeholders in them are filled' })),
});

/** Calls as a resource. */
export const callResource = (parts: Parts): Resource =>
  ({ kind: 'call', plural: 'calls', noun: 'call', missing: 'CALL_NOT_FOUND', answer: CallAnswer, show: (document) => showCall(parts, document), told_deleted: 'call_deleted' });

/** The routes of calls. */
export function callRoutes(parts: Parts): readonly Route[] {
  const resource = callResource(parts);
  const [list, get, remove] = documentRoutes(parts, resource) as readonly [Route, Route, Route];
  return [
    list,
    route({
      method: 'POST', path: '/calls', operation: 'createCall', tag: 'calls', summary: 'Place calls, each with an activeflow of its own that begins when it is answered. They are dialled by an activeflow of one action.',
      body: PlaceBody, answer: Type.Object({ calls: Type.Array(CallAnswer), groupcalls: Type.Array(Type.Unknown()) }),
      reasons: ['INVALID_JSON_BODY', 'MISSING_REQUEST_PARAMETER', 'INVALID_ID', 'INVALID_ARGUMENT', 'INVALID_VARIABLES', 'FLOW_NOT_FOUND', 'STATE_INVALID',
        'INVALID_ACTION_TYPE', 'INVALID_ACTION_OPTION', 'INVALID_ACTION_TARGET', 'DUPLICATE_ACTION_ID'],
      handle: (call) => place(parts, call),
    }),
    get,
    route({
      method: 'POST', path: '/calls/{id}/hangup', operation: 'hangupCall', tag: 'calls', summary: 'Hang a call up; its activeflow ends with it. Once more changes nothing.',
      answer: CallAnswer, reasons: ['INVALID_ID', 'CALL_NOT_FOUND', 'STATE_INVALID'],
      handle: (call) => hangUp(parts, call),
    }),
    {
      ...remove,
      summary: 'Delete a call; one that is up is hung up first.',
      async handle(call) {
        await hangUp(parts, call);
        return remove.handle(call);
      },
    },
  ];
}

async function hangUp(parts: Parts, call: Pick<Request, 'params' | 'identity' | 'receipt'>): Promise<object> {
  const document = await findDocument(parts, callResource(parts), call);
  const { calls } = parts;
  if (!calls && document.data['status'] === 'hangup') return callShown(document, await activeflowOf(parts, document));
  if (!calls) throw new ApiError('STATE_INVALID', 'nothing here carries this call');
  return throughDoor(call.receipt, callShown, (receipt) => calls.hangup({ customer_id: document.customer_id, call_id: document.id }, 'local', 'normal', receipt));
}

/** Goes through a door: what it did is shown as its commit leaves it, and remembered in that commit. Throws what it was refused for. */
export async function throughDoor<T extends object>(receipt: Request['receipt'], show: (...done: Parameters<DoorReceipt>) => T, open: (receipt: DoorReceipt) => Promise<object>): Promise<T> {
  // A commit that was refused is made anew: the last one is the one that was written.
  const answers: T[] = [];
  const opened = await open((document, activeflow) => {
    const body = show(document, activeflow);
    answers.push(body);
    return receipt({ body });
  });
  if ('refused' in opened) {
    const { refused, message } = opened as Refusal;
    throw new ApiError(refused === 'CALL_ENDED' ? 'STATE_INVALID' : refused, message);
  }
  const answer = answers.at(-1);
  if (!answer) throw new Error('a door did something and wrote no receipt');
  return answer;
}

type PlaceInput = { readonly source?: AddressInput; readonly destinations?: readonly AddressInput[]; readonly flow_id?: string; readonly actions?: unknown; readonly variables?: unknown };

const MOST_DESTINATIONS = 100;

async function place(parts: Parts, call: Request<PlaceInput>) {
  const { body: { source = {}, destinations = [], flow_id = '', actions, variables }, identity: { customer_id } } = call;
  if (destinations.length === 0) throw wrong('MISSING_REQUEST_PARAMETER', '/destinations', 'is needed');
  if (destinations.length > MOST_DESTINATIONS) throw wrong('INVALID_ARGUMENT', '/destinations', `at most ${MOST_DESTINATIONS}`);
  const runs = await whatTheyRun(parts, customer_id, flow_id, actions, readVariables(variables));
  const at = parts.clock.now();
  const { activeflow_id, effect_id, send } = carry(parts, call, 'POST /calls', { type: 'call', option: { source, destinations, ...runs }, by: parts.calls });
  // A driver of calls names those that an effect dials after the effect.
  const calls = await Promise.all(destinations.map((destination, i): Promise<object> => showCall(parts, {
    kind: 'call', id: deriveId(activeflow_id, `${effect_id}/call/${i}`), customer_id, parent: '', key: null, version: 1, tm_create: at, tm_update: null, tm_delete: null,
    data: { flow_id: runs.flow_id, activeflow_id: NONE_ID, source: address(source), destination: address(destination), status: 'dialing', direction: 'outgoing' },
  })));
  const answer = { calls, groupcalls: [] };
  await send(answer);
  return answer;
}

/** The flow or the actions of the new calls; variables are set by actions in front. */
async function whatTheyRun(parts: Parts, customer_id: string, flow_id: string, actions: unknown, variables: Readonly<Record<string, string>>) {
  const { limits } = parts;
  const known = await flowIdOf(parts, customer_id, flow_id, 'flow_id');
  if (known === NONE_ID && actions === undefined) throw wrong('MISSING_REQUEST_PARAMETER', '/flow_id', 'flow_id or actions is needed');
  const parsed = parseActions(known === NONE_ID ? actions : [], { newId: randomUUID, limits });
  if (parsed.problems.length > 0) throw problemError(parsed.problems);
  const action = (type: string, option: Option): Action => ({ id: randomUUID(), next_id: NONE_ID, type, option });
  const sets = Object.entries(variables).map(([key, value]) => action('variable_set', { key, value }));
  if (known === NONE_ID) return { flow_id: NONE_ID, actions: [...sets, ...parsed.actions] };
  return sets.length === 0 ? { flow_id: known, actions: [] } : { flow_id: NONE_ID, actions: [...sets, action('fetch_flow', { flow_id: known })] };
}

const wrong = (reason: 'MISSING_REQUEST_PARAMETER' | 'INVALID_ARGUMENT', pointer: string, message: string) =>
  new ApiError(reason, `${pointer}: ${message}`, { details: [{ pointer, reason, message }] });

/** A call as the wire shows it; its action is the one its activeflow stands on. */
export const showCall = async (parts: Pick<Parts, 'runner'>, call: Document) => callShown(call, await activeflowOf(parts, call));

async function activeflowOf({ runner }: Pick<Parts, 'runner'>, { data }: Document): Promise<State | undefined> {
  const id = textOf(data, 'activeflow_id');
  return isUuid(id) && id !== NONE_ID ? runner.load(id) : undefined;
}

/** The same, with its activeflow at hand. */
export function callShown(call: Document, activeflow: State | undefined) {
  const { data } = call;
  const current = activeflow?.current;
  return {
    id: call.id, customer_id: call.customer_id, flow_id: textOf(data, 'flow_id') || NONE_ID, activeflow_id: textOf(data, 'activeflow_id') || NONE_ID,
    source: address(data['source'] as AddressInput), destination: address(data['destination'] as AddressInput),
    status: textOf(data, 'status'), direction: textOf(data, 'direction'),
    action: current ? showAction(current.action, current.step === 0 ? null : current.began_at) : showAction(START_ACTION),
    hangup_by: textOf(data, 'hangup_by'), hangup_reason: textOf(data, 'hangup_reason'), recording_ids: (data['recording_ids'] as string[] | undefined) ?? [],
    tm_ringing: showInstant(data['tm_ringing']), tm_progressing: showInstant(data['tm_progressing']), tm_hangup: showInstant(data['tm_hangup']), ...showTimes(call),
  };
}
