// How many messages a sender may send in an hour. Room is taken from the store in blocks, so that a crash gives less of it, never more.
import { deriveId, type Instant } from '@activeflow/engine';
import type { Room } from '../call-document.js';

/** Keeps to the cap. */
export type Caps = {
  /** Takes room for one message of a sender; the instant to ask again at where there is none. */
  readonly take: (customer_id: string, source: string) => Promise<Instant | undefined>;
};

const HOUR_US = 3_600_000_000;
/** Blocks of an hour: so much of the cap may be lost with a process. */
const BLOCKS = 100;

/** Makes it; `most` of 0 is any number. */
export function createCaps({ host }: Pick<Room, 'host'>, most: number): Caps {
  const left = new Map<string, { readonly hour: Instant; room: number; turn: Promise<unknown> }>();
  const block = Math.max(1, Math.floor(most / BLOCKS));

  /** Takes a block of an hour; how much there was. */
  const reserve = async (customer_id: string, source: string, hour: Instant): Promise<number> => {
    const id = deriveId(customer_id, `cap/${source}`);
    for (;;) {
      const found = await host.document('message_cap', id);
      const used = found?.data['hour'] === hour ? Number(found.data['used']) : 0;
      const taken = Math.min(block, most - used);
      if (taken <= 0) return 0;
      const now = host.clock.now();
      const data = { source, hour, used: used + taken };
      const document = found ? { ...found, version: found.version + 1, tm_update: now, data }
        : { kind: 'message_cap', id, customer_id, parent: '', key: null, version: 1, tm_create: now, tm_update: null, tm_delete: null, data };
      if (await host.write({ documents: [document] })) return taken;
    }
  };

  return {
    async take(customer_id, source) {
      if (most === 0) return undefined;
      const key = `${customer_id}/${source}`;
      const hour = Math.floor(host.clock.now() / HOUR_US) * HOUR_US;
      const known = left.get(key);
      const mine = known?.hour === hour ? known : { hour, room: 0, turn: Promise.resolve() };
      left.set(key, mine);
      const turn = mine.turn.then(async () => {
        if (mine.room === 0) mine.room = await reserve(customer_id, source, hour);
        if (mine.room === 0) return hour + HOUR_US;
        mine.room--;
        return undefined;
      });
      mine.turn = turn.catch(() => undefined);
      return turn;
    },
  };
}
