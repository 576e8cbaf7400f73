// Numbers (wire.md §6): which flow an incoming call or message starts.
import { randomUUID } from 'node:crypto';
import { Type } from 'typebox';
import { NONE_ID } from '@activeflow/engine';
import { ANSWERS, POLICIES } from '../message-rules.js';
import { ApiError } from '../problem.js';
import type { Document } from '../store/store.js';
import { NumberAnswer } from './answers.js';
import { flowIdOf } from './flows.js';
import type { Parts } from './parts.js';
import { showTimes, textOf } from './present.js';
import { changeDocument, documentRoutes, findDocument, type Resource } from './resource.js';
import { route, type Call, type Route } from './route.js';

const MOST_CHARACTERS = 1_000;
const Answer = Type.Optional(Type.String());
const Messages = {
  message_policy: Type.Optional(Type.Enum([...POLICIES], { description: 'what a message does while the run of an earlier one is on; `wake` unless told' })),
  message_keywords: Type.Optional(Type.Boolean({ description: 'handle STOP, START and HELP before any flow sees them; true unless told' })),
  message_answers: Type.Optional(Type.Object({ stop: Answer, start: Answer, help: Answer }, { description: 'what is answered to them, at most 1,000 characters each; an empty text: nothing' })),
};
const FlowIds = { call_flow_id: Type.Optional(Type.String()), message_flow_id: Type.Optional(Type.String()) };
const Body = Type.Object({
  number: Type.Optional(Type.String({ description: 'at most 64 printable characters without spaces; unique within the customer' })),
  type: Type.Optional(Type.String()), name: Type.Optional(Type.String()), detail: Type.Optional(Type.String()), ...FlowIds, ...Messages,
});
type Answers = Partial<Record<'stop' | 'start' | 'help', string>>;
type NumberInput = {
  number?: string; type?: string; name?: string; detail?: string; call_flow_id?: string; message_flow_id?: string;
  message_policy?: string; message_keywords?: boolean; message_answers?: Answers;
};
/** What a body may leave out and a document then keeps. */
const KEPT = ['type', 'name', 'detail', 'message_policy', 'message_keywords'] as const;

const RESOURCE: Resource = { kind: 'number', plural: 'numbers', noun: 'number', missing: 'NUMBER_NOT_FOUND', answer: NumberAnswer, show: (document) => showNumber(document) };
const BAD = ['INVALID_JSON_BODY', 'INVALID_ARGUMENT', 'INVALID_ID', 'FLOW_NOT_FOUND', 'NUMBER_EXISTS', 'STATE_INVALID'] as const;

/** The routes of numbers. */
export function numberRoutes(parts: Parts): readonly Route[] {
  const [list, get, remove] = documentRoutes(parts, RESOURCE) as readonly [Route, Route, Route];
  return [
    list,
    route({
      method: 'POST', path: '/numbers', operation: 'createNumber', tag: 'numbers', summary: 'Bind a number to flows.',
      body: Body, answer: NumberAnswer, reasons: [...BAD, 'MISSING_REQUEST_PARAMETER'],
      handle: (call) => create(parts, call),
    }),
    get,
    ...(['/numbers/{id}', '/numbers/{id}/flow_ids'] as const).map((path) => route({
      method: 'PUT', path, operation: path === '/numbers/{id}' ? 'updateNumber' : 'updateNumberFlowIds', tag: 'numbers',
      summary: path === '/numbers/{id}' ? 'Change a number. Fields left out stay as they are.' : 'Change the flows of a number. Fields left out stay as they are.',
      body: path === '/numbers/{id}' ? Body : Type.Object(FlowIds), answer: NumberAnswer, reasons: [...BAD, 'NUMBER_NOT_FOUND'],
      handle: (call) => update(parts, call as Call<NumberInput>, path === '/numbers/{id}'),
    })),
    remove,
  ];
}

async function create(parts: Parts, { body, identity: { customer_id }, receipt }: Call<NumberInput>) {
  const number = checkNumber(body.number ?? '');
  if (number === '') throw new ApiError('MISSING_REQUEST_PARAMETER', '/number: is needed', { details: [{ pointer: '/number', reason: 'MISSING_REQUEST_PARAMETER', message: 'is needed' }] });
  const flows = await flowIds(parts, customer_id, body);
  const { type = '', name = '', detail = '', message_policy = 'wake', message_keywords = true, message_answers } = body;
  const data = { number, type: type || 'normal', name, detail, call_flow_id: NONE_ID, message_flow_id: NONE_ID, message_policy, message_keywords, message_answers: checkAnswers(message_answers), ...flows };
  const at = parts.clock.now();
  const document: Document = { kind: 'number', id: randomUUID(), customer_id, parent: '', key: numberKey(customer_id, number), version: 1, tm_create: at, tm_update: null, tm_delete: null, data };
  const answer = showNumber(document);
  if ((await parts.committer.submit({ documents: [document, ...receipt({ body: answer })] })) !== 'ok') throw exists(number);
  return answer;
}

async function update(parts: Parts, call: Call<NumberInput>, whole: boolean) {
  const { body, identity: { customer_id } } = call;
  const flows = await flowIds(parts, customer_id, body);
  const given = whole ? Object.fromEntries(KEPT.flatMap((field) => (body[field] === undefined ? [] : [[field, body[field]]]))) : {};
  const answers = whole && body.message_answers ? checkAnswers(body.message_answers) : undefined;
  const number = whole ? checkNumber(body.number ?? '') : '';
  const changed = await changeDocument(parts, () => findDocument(parts, RESOURCE, call), async ({ id, key, data }) => {
    const merged = { ...data, ...given, ...flows, ...(answers ? { message_answers: { ...(data['message_answers'] as Answers | undefined), ...answers } } : {}) };
    if (number === '') return { data: merged };
    const taken = await parts.store.find('number', numberKey(customer_id, number));
    if (taken && taken.id !== id) throw exists(number);
    return { key: key === null ? null : numberKey(customer_id, number), data: { ...merged, number } };
  });
  return showNumber(changed);
}

/** Unique within the customer, so that nobody learns which numbers another one has. */
const numberKey = (customer_id: string, number: string): string => `${customer_id}/${number}`;

/** The number that was called, of one customer. */
export const findNumber = ({ store }: Parts, customer_id: string, number: string): Promise<Document | undefined> =>
  (FORM.test(number) ? store.find('number', numberKey(customer_id, number)) : Promise.resolve(undefined));

const exists = (number: string): ApiError => new ApiError('NUMBER_EXISTS', `the number ${number} is bound already`);

/** The answers of a body, checked; what is no answer is ignored, as every unknown field is. */
function checkAnswers({ stop, start, help }: Answers = {}): Answers {
  const answers: Answers = { ...(stop === undefined ? {} : { stop }), ...(start === undefined ? {} : { start }), ...(help === undefined ? {} : { help }) };
  const long = Object.entries(answers).find(([, text]) => text.length > MOST_CHARACTERS);
  if (!long) return answers;
  const [pointer, message] = [`/message_answers/${long[0]}`, `at most ${MOST_CHARACTERS} characters`];
  throw new ApiError('INVALID_ARGUMENT', `${pointer}: ${message}`, { details: [{ pointer, reason: 'INVALID_ARGUMENT', message }] });
}

const FORM = /^[\x21-\x7e]{1,64}$/;

function checkNumber(number: string): string {
  if (number === '' || FORM.test(number)) return number;
  const message = 'must be 1 to 64 printable ASCII characters without spaces';
  throw new ApiError('INVALID_ARGUMENT', `/number: ${message}`, { details: [{ pointer: '/number', reason: 'INVALID_ARGUMENT', message }] });
}

/** The flows that a body names, checked to exist. */
async function flowIds(parts: Parts, customer_id: string, body: NumberInput): Promise<Partial<Record<'call_flow_id' | 'message_flow_id', string>>> {
  const entries = await Promise.all((['call_flow_id', 'message_flow_id'] as const).map(async (field) => {
    const given = body[field];
    return given === undefined ? [] : [[field, await flowIdOf(parts, customer_id, given, field)] as const];
  }));
  return Object.fromEntries(entries.flat());
}

function showNumber(number: Document) {
  const text = (name: string): string => textOf(number.data, name);
  return {
    id: number.id, customer_id: number.customer_id, number: text('number'), type: text('type'), name: text('name'), detail: text('detail'),
    call_flow_id: text('call_flow_id') || NONE_ID, message_flow_id: text('message_flow_id') || NONE_ID,
    message_policy: text('message_policy') || 'wake', message_keywords: number.data['message_keywords'] !== false,
    message_answers: { ...ANSWERS, ...(number.data['message_answers'] as Answers | undefined) }, ...showTimes(number),
  };
}
