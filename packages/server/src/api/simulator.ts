// The simulator's door (wire.md §8): what played people do, and the clock that is moved by hand. Only where the simulator is on.
import { randomUUID } from 'node:crypto';
import { Type } from 'typebox';
import { isUuid, NONE_ID, parseActions, type Action, type AddressInput } from '@activeflow/engine';
import type { VirtualClock } from '../clock.js';
import type { Doors, Receipt as DoorReceipt } from '../driver/simulator/simulator.js';
import { ApiError, problemError } from '../problem.js';
import { AddressBody, CallAnswer, MessageAnswer } from './answers.js';
import { callResource, callShown, throughDoor } from './calls.js';
import { showMessage } from './messages.js';
import { findNumber } from './numbers.js';
import type { Parts } from './parts.js';
import { findDocument } from './resource.js';
import { route, type Call, type Route } from './route.js';
import { Actions } from './schemas.js';
import { readTime, showTime } from './time.js';
import { readVariables } from './variables.js';

const What = {
  flow_id: Type.Optional(Type.String()), number: Type.Optional(Type.String({ description: 'a number of the customer: its flow is started' })), actions: Type.Optional(Actions),
  source: Type.Optional(AddressBody), destination: Type.Optional(AddressBody),
};
type WhatInput = { readonly flow_id?: string; readonly number?: string; readonly actions?: unknown; readonly source?: AddressInput; readonly destination?: AddressInput };

const BAD = ['INVALID_JSON_BODY', 'INVALID_ID', 'INVALID_ARGUMENT', 'MISSING_REQUEST_PARAMETER', 'FLOW_NOT_FOUND', 'NUMBER_NOT_FOUND', 'STATE_INVALID',
  'INVALID_ACTION_TYPE', 'INVALID_ACTION_OPTION', 'INVALID_ACTION_TARGET', 'DUPLICATE_ACTION_ID'] as const;

/** The routes of the simulator; none where it is off. */
export function simulatorRoutes(parts: Parts): readonly Route[] {
  const { simulator, virtual } = parts;
  if (!simulator) return [];
  return [callDoor(parts, simulator), messageDoor(parts), ...callerDoors(parts, simulator), ...(virtual ? [clockDoor(parts, virtual)] : [])];
}

function callDoor(parts: Parts, doors: Doors): Route {
  return route({
    method: 'POST', path: '/simulator/calls', operation: 'simulateCall', tag: 'simulator', summary: 'A played caller calls. Prompts last as long as their text would be spoken, unless `auto_play` is false.',
    body: Type.Object({
      ...What, auto_play: Type.Optional(Type.Boolean()), machine: Type.Optional(Type.Boolean({ description: 'true: `amd` finds a machine' })),
      variables: Type.Optional(Type.Unknown({ description: 'an object of strings' })),
    }),
    answer: CallAnswer, reasons: [...BAD, 'INVALID_VARIABLES'],
    async handle({ body, identity: { customer_id }, receipt }) {
      const variables = readVariables(body.variables);
      const what = await runnable(parts, customer_id, body, 'call_flow_id');
      const { auto_play, machine } = body;
      const asked = { customer_id, variables, ...what, ...people(body), ...(auto_play === undefined ? {} : { auto_play }), ...(machine === undefined ? {} : { machine }) };
      return throughDoor(receipt, callShown, (slip) => doors.createCall(asked, slip));
    },
  });
}

function messageDoor(parts: Parts): Route {
  return route({
    method: 'POST', path: '/simulator/messages', operation: 'simulateMessage', tag: 'simulator', summary: 'A played sender sends a message.',
    body: Type.Object({ ...What, text: Type.Optional(Type.String()) }), answer: MessageAnswer, reasons: BAD,
    async handle({ body, identity: { customer_id }, receipt }) {
      const what = await runnable(parts, customer_id, body, 'message_flow_id');
      const { messages } = parts;
      if (!messages) throw new ApiError('STATE_INVALID', 'nothing here plays messages');
      // What a number does with a message is for the number to say.
      const by_number = body.number !== undefined && (body.flow_id ?? NONE_ID) === NONE_ID;
      return throughDoor(receipt, showMessage, (slip) => messages.receive({ customer_id, ...(by_number ? {} : what), ...people(body), text: body.text ?? '' }, slip));
    },
  });
}

function callerDoors(parts: Parts, doors: Doors): readonly Route[] {
  const door = <B extends ReturnType<typeof Type.Object>>(name: string, summary: string, body: B, open: (which: { customer_id: string; call_id: string }, body: Readonly<Record<string, unknown>>, slip: DoorReceipt) => ReturnType<Doors['hangup']>) =>
    route({
      method: 'POST', path: `/simulator/calls/{id}/${name}`, operation: `simulate${name.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}`, tag: 'simulator', summary, body, answer: CallAnswer,
      reasons: ['INVALID_ID', 'INVALID_JSON_BODY', 'INVALID_ARGUMENT', 'CALL_NOT_FOUND', 'STATE_INVALID'],
      async handle(call: Call<unknown>) {
        const { id, customer_id } = await findDocument(parts, callResource(parts), call);
        return throughDoor(call.receipt, callShown, (slip) => open({ customer_id, call_id: id }, call.body as Record<string, unknown>, slip));
      },
    });
  const ActionId = Type.Object({ action_id: Type.Optional(Type.String()) });
  return [
    door('digits', 'The caller presses keys.', Type.Object({ digits: Type.Optional(Type.String({ description: '0-9, A-D, * and #' })) }), (which, { digits = '' }, slip) => doors.digits(which, digits as string, slip)),
    door('media_done', 'The prompt that is played ends now.', ActionId, (which, { action_id }, slip) => doors.mediaDone(which, (action_id as string | undefined)?.toLowerCase(), slip)),
    door('hangup', 'The caller hangs up.', Type.Object({}), (which, _, slip) => doors.hangup(which, 'remote', 'normal', slip)),
    door('fail', 'The action that the call stands on fails.', ActionId, (which, { action_id = '' }, slip) => doors.failEffect(which, (action_id as string).toLowerCase(), slip)),
  ];
}

function clockDoor({ committer }: Parts, virtual: VirtualClock): Route {
  // One after the other: what a move is told of must be what it does.
  let turn = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => { const done = turn.then(work); turn = done.then(() => undefined, () => undefined); return done; };
  return route({
    method: 'POST', path: '/simulator/clock', operation: 'setClock', tag: 'simulator', summary: 'Move the virtual clock: on by milliseconds, or to a time, backwards too.',
    body: Type.Object({ advance_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_153_600_000_000 })), set: Type.Optional(Type.String()) }),
    answer: Type.Object({ now: Type.String() }), reasons: ['INVALID_JSON_BODY', 'INVALID_ARGUMENT'],
    handle: ({ body: { advance_ms, set }, receipt }) => inTurn(async () => {
      const from = set === undefined ? virtual.now() : readClock(set);
      const to = advance_ms === undefined ? from : within(from + advance_ms * 1000);
      const answer = { now: showTime(to) };
      // A clock that is moved by hand is in memory and cannot fail: it is moved once it is remembered that it was.
      const documents = receipt({ body: answer });
      if (documents.length > 0 && (await committer.submit({ documents })) !== 'ok') throw new ApiError('STATE_INVALID', 'the same request is being carried out');
      virtual.set(to);
      return answer;
    }),
  });
}

const NO_TIME = (message: string) => new ApiError('INVALID_ARGUMENT', `/set: ${message}`, { details: [{ pointer: '/set', reason: 'INVALID_ARGUMENT', message }] });

function readClock(set: string): number {
  const at = readTime(set);
  if (at === undefined) throw NO_TIME('must be a time, `YYYY-MM-DD HH:MM:SS` or RFC 3339');
  return within(at);
}

/** Years 1971 to 2199: room on both sides for what is reckoned from it. */
function within(at: number): number {
  if (at < Date.UTC(1971) * 1000 || at >= Date.UTC(2200) * 1000) throw NO_TIME('the clock goes from 1971 to 2199');
  return at;
}

/** What is to run: a flow, the flow of a number, or actions. */
async function runnable(parts: Parts, customer_id: string, { flow_id = '', number, actions }: WhatInput, field: 'call_flow_id' | 'message_flow_id'): Promise<{ flow_id: string } | { actions: readonly Action[] }> {
  const wrong = (reason: 'INVALID_ID' | 'MISSING_REQUEST_PARAMETER' | 'NUMBER_NOT_FOUND', pointer: string, message: string) =>
    new ApiError(reason, `${pointer}: ${message}`, { details: [{ pointer, reason, message }] });
  if (flow_id !== '' && flow_id !== NONE_ID) {
    if (!isUuid(flow_id)) throw wrong('INVALID_ID', '/flow_id', 'must be a UUID');
    return { flow_id: flow_id.toLowerCase() };
  }
  if (number !== undefined) {
    const found = await findNumber(parts, customer_id, number);
    if (!found) throw wrong('NUMBER_NOT_FOUND', '/number', 'no such number');
    const of_number = found.data[field];
    if (typeof of_number !== 'string' || of_number === NONE_ID) throw wrong('MISSING_REQUEST_PARAMETER', '/number', `has no ${field}`);
    return { flow_id: of_number };
  }
  if (actions === undefined) throw wrong('MISSING_REQUEST_PARAMETER', '/flow_id', 'flow_id, number or actions is needed');
  const parsed = parseActions(actions, { newId: randomUUID, limits: parts.limits });
  if (parsed.problems.length > 0) throw problemError(parsed.problems);
  return { actions: parsed.actions };
}

const people = ({ source, destination, number }: WhatInput) =>
  ({ ...(source ? { source } : {}), ...(destination ? { destination } : {}), ...(number === undefined ? {} : { number }) });
