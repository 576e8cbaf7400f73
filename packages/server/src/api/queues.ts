// Queues: where callers wait for one of several agents.
import { randomUUID } from 'node:crypto';
import { Type } from 'typebox';
import { address, NONE_ID, type AddressInput } from '@activeflow/engine';
import { ApiError } from '../problem.js';
import type { Document } from '../store/store.js';
import { AddressBody } from './answers.js';
import { QueueAnswer, ROUTING } from './answers-phones.js';
import { flowIdOf } from './flows.js';
import type { Parts } from './parts.js';
import { showTimes, textOf } from './present.js';
import { wrongField } from './refuse.js';
import { changeDocument, documentRoutes, findDocument, type Resource } from './resource.js';
import { route, type Call, type Route } from './route.js';
import { words } from './schemas.js';

const DAY_MS = 86_400_000;
const Body = Type.Object({
  name: Type.Optional(Type.String()), detail: Type.Optional(Type.String()), wait_flow_id: Type.Optional(Type.String({ description: 'what callers hear while they wait; its end begins it again' })),
  agents: Type.Optional(Type.Array(AddressBody, { maxItems: 100, description: 'who is called: extensions, numbers, SIP addresses' })),
  routing: Type.Optional(words(ROUTING, 'which agent is called')),
  timeout_wait_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: DAY_MS })), timeout_service_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: DAY_MS })),
  ring_timeout_ms: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 300_000 })),
});
type Input = {
  readonly name?: string; readonly detail?: string; readonly wait_flow_id?: string; readonly agents?: readonly AddressInput[]; readonly routing?: string;
  readonly timeout_wait_ms?: number; readonly timeout_service_ms?: number; readonly ring_timeout_ms?: number;
};

const RESOURCE: Resource = { kind: 'queue', plural: 'queues', noun: 'queue', missing: 'QUEUE_NOT_FOUND', answer: QueueAnswer, show: (document) => showQueue(document) };
const BAD = ['INVALID_JSON_BODY', 'INVALID_ARGUMENT', 'INVALID_ID', 'FLOW_NOT_FOUND', 'STATE_INVALID'] as const;

/** What a queue is where nobody said otherwise. */
const FALLBACK = { name: '', detail: '', wait_flow_id: NONE_ID, agents: [], routing: 'longest_idle', timeout_wait_ms: 600_000, timeout_service_ms: 0, ring_timeout_ms: 20_000 };

/** The routes of queues. */
export function queueRoutes(parts: Parts): readonly Route[] {
  const [list, get, remove] = documentRoutes(parts, RESOURCE) as readonly [Route, Route, Route];
  return [
    list,
    route({
      method: 'POST', path: '/queues', operation: 'createQueue', tag: 'queues', summary: 'Make a queue: callers wait in it for the first agent that is free.', body: Body, answer: QueueAnswer, reasons: BAD,
      handle: (call) => create(parts, call),
    }),
    get,
    route({
      method: 'PUT', path: '/queues/{id}', operation: 'updateQueue', tag: 'queues', summary: 'Change a queue. Fields left out stay as they are.', body: Body, answer: QueueAnswer, reasons: [...BAD, 'QUEUE_NOT_FOUND'],
      async handle(call: Call<Input>) {
        const given = await fieldsOf(parts, call);
        return showQueue(await changeDocument(parts, () => findDocument(parts, RESOURCE, call), ({ data }) => ({ data: { ...data, ...given } })));
      },
    }),
    remove,
  ];
}

async function create(parts: Parts, call: Call<Input>) {
  const { identity: { customer_id }, receipt } = call;
  const at = parts.clock.now();
  const data = { ...FALLBACK, ...(await fieldsOf(parts, call)) };
  const document: Document = { kind: 'queue', id: randomUUID(), customer_id, parent: '', key: null, version: 1, tm_create: at, tm_update: null, tm_delete: null, data };
  const answer = showQueue(document);
  if ((await parts.committer.submit({ documents: [document, ...receipt({ body: answer })] })) !== 'ok') throw new ApiError('STATE_INVALID', 'the same request is being carried out');
  return answer;
}

const REACHED = new Set(['extension', 'tel', 'sip', 'agent']);

/** What a body says of a queue, checked; a flow that it names exists. */
async function fieldsOf(parts: Parts, { body, identity: { customer_id } }: Pick<Call<Input>, 'body' | 'identity'>) {
  const { wait_flow_id } = body;
  const agents = body.agents?.map((given, i) => {
    const agent = address(given);
    if (!REACHED.has(agent.type) || agent.target === '') throw wrongField(`/agents/${i}`, 'must be an extension, a number or a SIP address');
    return agent;
  });
  const plain = (['name', 'detail', 'routing', 'timeout_wait_ms', 'timeout_service_ms', 'ring_timeout_ms'] as const).flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]] as const]));
  return {
    ...Object.fromEntries(plain), ...(agents === undefined ? {} : { agents }),
    ...(wait_flow_id === undefined ? {} : { wait_flow_id: await flowIdOf(parts, customer_id, wait_flow_id, 'wait_flow_id') }),
  };
}

function showQueue(queue: Document) {
  const { id, customer_id, data } = queue;
  const { agents, timeout_wait_ms, timeout_service_ms, ring_timeout_ms } = { ...FALLBACK, ...data };
  return {
    id, customer_id, name: textOf(data, 'name'), detail: textOf(data, 'detail'), wait_flow_id: textOf(data, 'wait_flow_id') || NONE_ID, agents, routing: textOf(data, 'routing'),
    timeout_wait_ms, timeout_service_ms, ring_timeout_ms, ...showTimes(queue),
  };
}
