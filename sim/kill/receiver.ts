// Who is told: a server on loopback that verifies each delivery, writes down its order, and does not always answer well.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from '../random.js';

/** A delivery as it first came, and how often it came. */
export type Delivery = { copies: number; readonly body: string; readonly type: string; readonly data: { readonly id: string; readonly version: number; readonly status: string; readonly current_action: { readonly id: string } } };

/** An open receiver. `of` has the deliveries of each activeflow in the order in which they first came; `faults` says what no sender may do. */
export type Receiver = {
  readonly url: string; readonly of: ReadonlyMap<string, readonly Delivery[]>; readonly faults: readonly string[];
  readonly count: () => { readonly deliveries: number; readonly copies: number }; readonly close: () => Promise<void>;
};

/** How often one delivery in a hundred is not taken at its first time: it comes again after five seconds. */
const REFUSED = 0.004;

/** Opens a receiver that knows the secret, without its prefix. */
export async function openReceiver(random: Random, secret: string): Promise<Receiver> {
  const byId = new Map<string, Delivery>();
  const of = new Map<string, Delivery[]>();
  const faults: string[] = [];
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');

  const take = (headers: Readonly<Record<string, unknown>>, body: string): number => {
    const id = String(headers['webhook-id']);
    const expected = `v1,${createHmac('sha256', key).update(`${id}.${String(headers['webhook-timestamp'])}.${body}`).digest('base64')}`;
    if (!String(headers['webhook-signature']).split(' ').includes(expected)) faults.push(`delivery ${id} is not signed as it should be`);
    const known = byId.get(id);
    if (known) {
      if (known.body !== body) faults.push(`delivery ${id} came with two bodies`);
      // Again is allowed as long as nothing that comes after it has come: the sender did not learn that it had arrived.
      if (of.get(known.data.id)?.at(-1) !== known) faults.push(`delivery ${id} came again after a later one of its activeflow`);
      return ++known.copies;
    }
    const delivery: Delivery = { ...(JSON.parse(body) as Pick<Delivery, 'type' | 'data'>), copies: 1, body };
    byId.set(id, delivery);
    of.set(delivery.data.id, [...(of.get(delivery.data.id) ?? []), delivery]);
    return 1;
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => { chunks.push(chunk); });
    request.on('error', () => { response.destroy(); });
    request.on('end', () => {
      const copy = take(request.headers, Buffer.concat(chunks).toString());
      if (copy === 1 && random.chance(REFUSED)) response.writeHead(503).end();
      else response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, of, faults,
    count: () => ({ deliveries: byId.size, copies: [...byId.values()].reduce((sum, { copies }) => sum + copies, 0) }),
    close: () => new Promise((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  };
}
