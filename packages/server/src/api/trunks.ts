// Trunks: the providers that bring calls of the public network and take ours.
import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { Type } from 'typebox';
import { ApiError } from '../problem.js';
import type { Document } from '../store/store.js';
import { TrunkAnswer } from './answers-phones.js';
import type { Parts } from './parts.js';
import { showTimes, textOf } from './present.js';
import { checkText, wrongField } from './refuse.js';
import { changeDocument, documentRoutes, findDocument, type Resource } from './resource.js';
import { bodyCheck, route, type Call, type Route } from './route.js';

const Body = Type.Object({
  name: Type.Optional(Type.String()), detail: Type.Optional(Type.String()),
  uri: Type.Optional(Type.String({ description: '`sip:host[:port][;transport=udp|tcp|tls]`; `""`: it only brings calls' })),
  username: Type.Optional(Type.String({ description: 'ours at the provider; at most 128 printable ASCII characters without quotes, backslashes or spaces' })),
  password: Type.Optional(Type.String({ description: 'ours at the provider, at most 128 printable ASCII characters; never shown. `""` takes it away' })),
  allowed_addresses: Type.Optional(Type.Array(Type.String(), { maxItems: 64, description: 'IP addresses and CIDRs (at least /8 of IPv4, /32 of IPv6) that its calls come from without a digest' })),
  register: Type.Optional(Type.Boolean({ description: 'we register with it' })),
  prefixes: Type.Optional(Type.Array(Type.String(), { maxItems: 100, description: 'beginnings of the numbers that go out by it, as `+49`; `+` is all with a plus. None: no call goes out' })),
});
type Input = {
  readonly name?: string; readonly detail?: string; readonly uri?: string; readonly username?: string; readonly password?: string;
  readonly allowed_addresses?: readonly string[]; readonly register?: boolean; readonly prefixes?: readonly string[];
};

const RESOURCE: Resource = { kind: 'trunk', plural: 'trunks', noun: 'trunk', missing: 'TRUNK_NOT_FOUND', answer: TrunkAnswer, show: (document) => showTrunk(document) };
const BAD = ['INVALID_JSON_BODY', 'INVALID_ARGUMENT', 'STATE_INVALID'] as const;

/** All of a customer's are looked at when a call is routed, so they are few. */
const MOST_TRUNKS = 100;

/** The routes of trunks. */
export function trunkRoutes(parts: Parts): readonly Route[] {
  const [list, get, remove] = documentRoutes(parts, RESOURCE) as readonly [Route, Route, Route];
  return [
    list,
    route({
      method: 'POST', path: '/trunks', operation: 'createTrunk', tag: 'trunks', summary: 'Add a trunk: a provider that brings calls, and takes those whose number begins with one of its prefixes.',
      body: Body, answer: TrunkAnswer, reasons: BAD,
      handle: (call) => create(parts, call),
    }),
    get,
    route({
      method: 'PUT', path: '/trunks/{id}', operation: 'updateTrunk', tag: 'trunks', summary: 'Change a trunk. Fields left out stay as they are.',
      body: Body, answer: TrunkAnswer, reasons: [...BAD, 'INVALID_ID', 'TRUNK_NOT_FOUND'],
      async handle(call) {
        const changed = await changeDocument(parts, () => findDocument(parts, RESOURCE, call), ({ data }) => ({ data: trunkOf({ ...(data as Input), ...defined(call.body) }) }));
        parts.trunksChanged();
        return showTrunk(changed);
      },
    }),
    {
      ...remove,
      async handle(call) {
        const answer = await remove.handle(call);
        parts.trunksChanged();
        return answer;
      },
    },
  ];
}

async function create(parts: Parts, { body, identity: { customer_id }, receipt }: Call<Input>) {
  const document = newTrunk(customer_id, body, parts.clock.now());
  const others = await parts.store.documents({ kind: 'trunk', customer_id, limit: MOST_TRUNKS });
  if (others.length === MOST_TRUNKS) throw new ApiError('STATE_INVALID', `there are ${MOST_TRUNKS} trunks already: delete one`);
  const answer = showTrunk(document);
  if ((await parts.committer.submit({ documents: [document, ...receipt({ body: answer })] })) !== 'ok') throw new ApiError('STATE_INVALID', 'the same request is being carried out');
  parts.trunksChanged();
  return answer;
}

/** The document of a new trunk; a list of them by customer is what calls are routed by. Throws where a field is wrong. */
export const newTrunk = (customer_id: string, input: Input, at: number): Document =>
  ({ kind: 'trunk', id: randomUUID(), customer_id, parent: customer_id, key: null, version: 1, tm_create: at, tm_update: null, tm_delete: null, data: trunkOf(input) });

const checkBody = bodyCheck(Body);

/** The same of whatever JSON, checked as a body is. */
export function readTrunk(customer_id: string, given: object, at: number): Document {
  checkBody(given);
  return newTrunk(customer_id, defined(given), at);
}

/** Only the fields that were given and are known. */
function defined(body: Input): Input {
  return Object.fromEntries(Object.keys(Body.properties).flatMap((name) => { const value = body[name as keyof Input]; return value === undefined ? [] : [[name, value]]; }));
}

const URI = /^sips?:(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?))(?::(\d{1,5}))?(?:;transport=(?:udp|tcp|tls))?$/i;

function trunkOf({ name = '', detail = '', uri = '', username = '', password = '', allowed_addresses = [], register = false, prefixes = [] }: Input) {
  checkUri(uri);
  checkText('/username', username, /^(?!.*["\\])[\x21-\x7e]{0,128}$/, 'must be at most 128 printable ASCII characters without quotes, backslashes or spaces');
  checkText('/password', password, /^[\x20-\x7e]{0,128}$/, 'must be at most 128 printable ASCII characters');
  allowed_addresses.forEach((address, i) => { if (!isNetwork(address)) throw wrongField(`/allowed_addresses/${i}`, 'must be an IP address, or a CIDR of at least /8 (IPv4) or /32 (IPv6)'); });
  prefixes.forEach((prefix, i) => { checkText(`/prefixes/${i}`, prefix, /^(?:\+|\+?\d{1,15})$/, 'must be at most 15 digits, with or without a plus, or a plus alone'); });
  if (register && (uri === '' || username === '')) throw wrongField('/register', 'needs a uri and a username');
  return { name, detail, uri, username, password, allowed_addresses: [...allowed_addresses], register, prefixes: [...prefixes] };
}

function checkUri(uri: string): void {
  if (uri === '') return;
  const [, six, host, port] = URI.exec(uri) ?? [];
  const good = (six !== undefined && isIP(six) === 6) || host !== undefined;
  if (!good || (port !== undefined && (Number(port) === 0 || Number(port) > 65_535))) throw wrongField('/uri', 'must be `sip:host[:port][;transport=udp|tcp|tls]`');
}

/** A range that is wide enough to be half of the network is a slip, and would let anybody in. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || address.includes('%')) return false;
  const [fewest, most] = family === 4 ? [8, 32] : [32, 128];
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= fewest && Number(bits) <= most);
}

function showTrunk(trunk: Document) {
  const { id, customer_id, data } = trunk;
  const text = (name: string): string => textOf(data, name);
  const { allowed_addresses = [], register = false, prefixes = [] } = data as Input;
  return { id, customer_id, name: text('name'), detail: text('detail'), uri: text('uri'), username: text('username'), allowed_addresses, register, prefixes, ...showTimes(trunk) };
}
