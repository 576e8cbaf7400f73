// Extensions: the phones of a customer. Of a password only what a digest is checked with is kept (RFC 7616 §3.4.2).
import { createHash, randomInt, randomUUID } from 'node:crypto';
import { Type } from 'typebox';
import { ApiError } from '../problem.js';
import type { Document } from '../store/store.js';
import { ExtensionAnswer } from './answers-phones.js';
import type { Parts } from './parts.js';
import { showTimes, textOf } from './present.js';
import { checkText, wrongField } from './refuse.js';
import { changeDocument, documentRoutes, findDocument, type Resource } from './resource.js';
import { route, type Call, type Route } from './route.js';

const Changeable = {
  name: Type.Optional(Type.String()), detail: Type.Optional(Type.String()),
  password: Type.Optional(Type.String({ description: '8 to 128 printable ASCII characters; made by the server where a new extension comes without' })),
};
const Body = Type.Object({
  extension: Type.Optional(Type.String({ description: 'a letter or digit, then at most 31 letters, digits, dots, dashes or underscores; unique within the customer, and not to be changed' })), ...Changeable,
});
type Input = { readonly extension?: string; readonly name?: string; readonly detail?: string; readonly password?: string };

const BAD = ['INVALID_JSON_BODY', 'INVALID_ARGUMENT'] as const;

/** The routes of extensions. */
export function extensionRoutes(parts: Parts): readonly Route[] {
  const resource: Resource = { kind: 'extension', plural: 'extensions', noun: 'extension', missing: 'EXTENSION_NOT_FOUND', answer: ExtensionAnswer, show: (document) => showExtension(parts, document) };
  const [list, get, remove] = documentRoutes(parts, resource) as readonly [Route, Route, Route];
  return [
    list,
    route({
      method: 'POST', path: '/extensions', operation: 'createExtension', tag: 'extensions',
      summary: 'Make an extension: a phone that may register. A password that the server makes is in this answer and never again, not even where an Idempotency-Key repeats it.',
      body: Body, answer: ExtensionAnswer, reasons: [...BAD, 'MISSING_REQUEST_PARAMETER', 'EXTENSION_EXISTS'],
      handle: (call) => create(parts, call),
    }),
    get,
    route({
      method: 'PUT', path: '/extensions/{id}', operation: 'updateExtension', tag: 'extensions', summary: 'Change an extension. Fields left out stay as they are; its user name stays in any case.',
      body: Body, answer: ExtensionAnswer, reasons: [...BAD, 'INVALID_ID', 'EXTENSION_NOT_FOUND', 'STATE_INVALID'],
      handle: (call) => update(parts, resource, call),
    }),
    remove,
  ];
}

async function create(parts: Parts, { body, identity: { customer_id }, receipt, header }: Call<Input>) {
  const { extension = '', name = '', detail = '' } = body;
  if (extension === '') throw wrongField('/extension', 'is needed', 'MISSING_REQUEST_PARAMETER');
  checkText('/extension', extension, FORM, 'must be a letter or digit, then at most 31 letters, digits, dots, dashes or underscores');
  const given = checkPassword(body.password);
  const password = given ?? newPassword();
  const document = newExtension(customer_id, { extension, password, name, detail }, parts.clock.now());
  const committed = await parts.committer.submit({ documents: [document, ...receipt({ body: showExtension(parts, document) })] });
  if (committed !== 'ok') throw new ApiError('EXTENSION_EXISTS', `there is an extension ${extension} already`);
  header('cache-control', 'no-store');
  return showExtension(parts, document, given === undefined ? password : '');
}

async function update(parts: Parts, resource: Resource, call: Call<Input>) {
  const { body } = call;
  const password = checkPassword(body.password);
  return showExtension(parts, await changeDocument(parts, () => findDocument(parts, resource, call), ({ customer_id, data }) => {
    const extension = textOf(data, 'extension');
    if ((body.extension ?? extension) !== extension) throw wrongField('/extension', 'cannot be changed: make another extension');
    return { data: { ...data, name: body.name ?? data['name'], detail: body.detail ?? data['detail'], ...(password === undefined ? {} : { ha1: ha1Of(extension, customer_id, password) }) } };
  }));
}

/** The document of a new extension; its key is its user name within the customer. */
export function newExtension(customer_id: string, { extension, password, name = '', detail = '' }: Required<Pick<Input, 'extension' | 'password'>> & Input, at: number): Document {
  const data = { extension, name, detail, ha1: ha1Of(extension, customer_id, password) };
  return { kind: 'extension', id: randomUUID(), customer_id, parent: '', key: `${customer_id}/${extension}`, version: 1, tm_create: at, tm_update: null, tm_delete: null, data };
}

/** What a digest is checked with. The realm is the customer's id, so that a hash is good at one customer alone. */
function ha1Of(extension: string, realm: string, password: string) {
  const hash = (algorithm: 'md5' | 'sha256'): string => createHash(algorithm).update(`${extension}:${realm}:${password}`).digest('hex');
  return { md5: hash('md5'), sha256: hash('sha256') };
}

const FORM = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
const PASSWORD_LENGTH = 20;

/** A password that nobody guesses, of letters and digits that nobody confuses. */
export const newPassword = (): string => Array.from({ length: PASSWORD_LENGTH }, () => LETTERS[randomInt(LETTERS.length)] ?? '').join('');

/** The password of a body; none where it is empty. The message never repeats it. */
const checkPassword = (password: string | undefined): string | undefined =>
  checkText('/password', password === '' ? undefined : password, /^[\x20-\x7e]{8,128}$/, 'must be 8 to 128 printable ASCII characters');

function showExtension({ registrations }: Pick<Parts, 'registrations'>, extension: Document, password = '') {
  const { id, customer_id, data } = extension;
  const text = (name: string): string => textOf(data, name);
  return {
    id, customer_id, name: text('name'), detail: text('detail'), extension: text('extension'), password, domain_name: customer_id,
    registered_contacts: registrations(customer_id, text('extension')), ...showTimes(extension),
  };
}
