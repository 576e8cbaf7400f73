// Messages that come in parts. Each part is acknowledged when it is stored: the SMSC need not keep it, so we must.
import { deriveId, ms, NONE_ID } from '@activeflow/engine';
import type { Document, DocumentWrite } from '../../../store/store.js';
import type { Host } from '../../driver.js';
import { decode, type Coding, type Stretch } from '../text/decode.js';
import type { Place } from '../text/header.js';

/** One part, as it came. */
export type Part = { readonly source: string; readonly destination: string; readonly place: Place; readonly stretch: Stretch };
/** A message that is complete, or will not be any more. `id` is the same however often it is found so. */
export type Whole = { readonly id: string; readonly source: string; readonly destination: string; readonly text: string };

/** What is kept of messages that are not complete. A message is passed on at least once, under the same id. */
export type PartShelf = {
  /** Stores a part, and passes on what that makes complete. A part that comes once more changes nothing. */
  readonly put: (part: Part, pass: (whole: Whole) => Promise<void>) => Promise<void>;
  /** Passes on messages whose rest has not come in time, with a gap where it belongs. */
  readonly sweep: (pass: (whole: Whole) => Promise<void>) => Promise<void>;
};

type Kept = { readonly part: number; readonly coding: Coding; readonly octets: string };
type SetData = { readonly source: string; readonly destination: string; readonly parts: number; readonly kept: readonly Kept[]; readonly done: boolean; /** The version that its first part made: numbers are used again. */ readonly born: number };
/** The parts of one message, so far: a document of kind `message_part`. */
type PartSet = Omit<DocumentWrite, 'data'> & { readonly data: SetData };

const KIND = 'message_part';
const WAITING = 'smpp';
const GAP = '…';

/** Makes it. `limit_ms`: how long the rest of a message is waited for. */
export function createShelf(host: Host, limit_ms: number): PartShelf {
  const finish = async (set: PartSet): Promise<void> => {
    // Refused where another part, or another message, was faster: that one finds it complete, too.
    await host.write({ documents: [{ ...set, version: set.version + 1, parent: '', tm_update: host.clock.now(), data: { ...set.data, done: true } }] });
  };
  const passOn = async (set: PartSet, pass: (whole: Whole) => Promise<void>): Promise<void> => {
    await pass(wholeOf(set));
    await finish(set);
  };
  return {
    async put(part, pass) {
      const { source, destination, place, stretch } = part;
      const id = deriveId(NONE_ID, `smpp/${source}/${destination}/${place.reference}/${place.parts}`);
      const kept: Kept = { part: place.part, coding: stretch.coding, octets: stretch.octets.toString('base64') };
      for (;;) {
        const found = setOf(await host.document(KIND, id));
        const now = host.clock.now();
        const there = found?.data.kept.find((one) => one.part === kept.part);
        const late = found !== undefined && found.tm_create < now - ms(limit_ms);
        if (found && !late && there?.octets === kept.octets) {
          if (!found.data.done && isComplete(found)) await passOn(found, pass);
          return;
        }
        // The number is used again: what there is of the message before goes out as it is.
        const another = found !== undefined && (late || found.data.done || there !== undefined);
        if (found && another && !found.data.done) { await passOn(found, pass); continue; }
        const version = (found?.version ?? 0) + 1;
        const data = found && !another ? found.data : { source, destination, parts: place.parts, kept: [], done: false, born: version };
        const next: PartSet = {
          kind: KIND, id, customer_id: NONE_ID, parent: WAITING, key: null, version, tm_create: found && !another ? found.tm_create : now, tm_update: now, tm_delete: null,
          data: { ...data, kept: [...data.kept, kept] },
        };
        if (!(await host.write({ documents: [next] }))) continue;
        if (isComplete(next)) await passOn(next, pass);
        return;
      }
    },
    async sweep(pass) {
      for (const document of await host.documentsOf(KIND, WAITING, host.clock.now() - ms(limit_ms))) {
        const set = setOf(document);
        if (set) await passOn(set, pass);
      }
    },
  };
}

const setOf = (document: Document | undefined): PartSet | undefined => document as unknown as PartSet | undefined;

const isComplete = ({ data }: PartSet): boolean => data.kept.length >= data.parts;

/** The message of the parts there are. */
function wholeOf({ id, tm_create, data }: PartSet): Whole {
  const stretches = Array.from({ length: data.parts }, (_, i) => data.kept.find(({ part }) => part === i + 1))
    .map((kept): Stretch | undefined => kept && { coding: kept.coding, octets: Buffer.from(kept.octets, 'base64') });
  // Those beside each other are read as one; a gap, however long, is one sign.
  let text = '';
  for (let i = 0; i < stretches.length;) {
    const gap = stretches[i] === undefined;
    const from = i;
    while (i < stretches.length && (stretches[i] === undefined) === gap) i += 1;
    text += gap ? GAP : decode(stretches.slice(from, i).filter((stretch) => stretch !== undefined));
  }
  // A document that was forgotten begins at version 1 again, so the time belongs to the name, too.
  return { id: `${id}:${data.born}:${tm_create}`, source: data.source, destination: data.destination, text };
}
