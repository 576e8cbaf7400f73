// Resources that are one document each: finding, listing and deleting them is the same for all.
import type { TSchema } from 'typebox';
import { ApiError, type Reason } from '../problem.js';
import type { Document, DocumentWrite } from '../store/store.js';
import { PageParameters, readPage, showPage } from './page.js';
import type { Parts } from './parts.js';
import { route, type Call, type Route } from './route.js';
import { page } from './schemas.js';

/** A kind of document as the API shows it. */
export type Resource = {
  readonly kind: string;
  /** Its plural, in paths and as a tag. */
  readonly plural: string;
  /** Its name in sentences and, capitalised, in operations. */
  readonly noun: string;
  readonly missing: Reason;
  readonly answer: TSchema;
  readonly show: (document: Document) => object | Promise<object>;
  /** The type of the event that tells of its deletion, where one does. */
  readonly told_deleted?: string;
};

/** The document that a path names, of the customer who asks; another's is as good as none. */
export async function findDocument({ store }: Parts, { kind, noun, missing }: Pick<Resource, 'kind' | 'noun' | 'missing'>, { params, identity }: Pick<Call, 'params' | 'identity'>): Promise<Document> {
  const document = await store.document(kind, params['id'] ?? '');
  if (!document || document.customer_id !== identity.customer_id || document.tm_delete !== null) throw new ApiError(missing, `no such ${noun}`);
  return document;
}

/** How often a change is decided again: in each round of any number that race, one wins. */
export const MOST_TRIES = 100;

type Change = (found: Document) => Partial<DocumentWrite> | Promise<Partial<DocumentWrite>>;

/** Changes a document as `change` says; decided again where somebody else was faster. What `also` gives is written in the same commit. */
export async function changeDocument(parts: Parts, find: () => Promise<Document>, change: Change, also: (next: Document) => readonly DocumentWrite[] = () => []): Promise<Document> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const found = await find();
    const at = parts.clock.now();
    const next: DocumentWrite = { ...found, tm_update: at, ...(await change(found)), version: found.version + 1 };
    if ((await parts.committer.submit({ documents: [next, ...also(next)] })) === 'ok') return next;
  }
  throw new ApiError('STATE_INVALID', 'it is being changed by others at the same time; read it again');
}

/** The routes that list, show and delete documents of one kind. */
export function documentRoutes(parts: Parts, resource: Resource): readonly Route[] {
  const { kind, plural, noun, missing, answer, show, told_deleted } = resource;
  const name = noun.replaceAll(/(?:^|\s)(\w)/g, (_, letter: string) => letter.toUpperCase());
  const a = /^[aeiou]/.test(noun) ? 'an' : 'a';
  return [
    route({
      method: 'GET', path: `/${plural}`, operation: `list${name}s`, tag: plural, summary: `List ${noun}s, newest first.`,
      query: PageParameters, answer: page(answer), reasons: ['INVALID_REQUEST_PARAMETER'],
      async handle({ identity, query }) {
        const { size, query: asked } = readPage(query);
        const rows = await parts.store.documents({ kind, customer_id: identity.customer_id, ...asked });
        return showPage(rows, size, await Promise.all(rows.slice(0, size).map(async ({ row }) => show(row))));
      },
    }),
    route({
      method: 'GET', path: `/${plural}/{id}`, operation: `get${name}`, tag: plural, summary: `Read ${a} ${noun}.`, answer, reasons: ['INVALID_ID', missing],
      handle: async (call) => show(await findDocument(parts, resource, call)),
    }),
    route({
      method: 'DELETE', path: `/${plural}/{id}`, operation: `delete${name}`, tag: plural, summary: `Delete ${a} ${noun}.`, answer, reasons: ['INVALID_ID', missing, 'STATE_INVALID'],
      async handle(call) {
        const at = parts.clock.now();
        return show(await changeDocument(parts, () => findDocument(parts, resource, call), () => ({ tm_update: at, tm_delete: at, ...(told_deleted ? { told: told_deleted } : {}) })));
      },
    }),
  ];
}
