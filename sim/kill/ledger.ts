// The outside: a server on loopback that writes down each request it gets under its idempotency key, and does not always answer well.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from '../random.js';

/** What came under one key. */
export type Entry = { copies: number; readonly body: string };

/** An open ledger. `faults` says what no server may send: a request without a key, or one key for two requests. */
export type Ledger = { readonly url: string; readonly entries: ReadonlyMap<string, Entry>; readonly faults: readonly string[]; readonly close: () => Promise<void> };

/** Up to this many copies of a request may be answered with a failure; then it is taken. */
const MOST_FAILURES = 2;

/** Opens a ledger. */
export async function openLedger(random: Random): Promise<Ledger> {
  const entries = new Map<string, Entry>();
  const faults: string[] = [];
  const take = (request: IncomingMessage, body: string): number => {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string' || key === '') {
      faults.push(`a request without an idempotency key: ${body.slice(0, 100)}`);
      return 1;
    }
    const entry = entries.get(key) ?? { copies: 0, body };
    if (entry.body !== body) faults.push(`key ${key} came with two bodies: ${entry.body.slice(0, 100)} and ${body.slice(0, 100)}`);
    entry.copies++;
    entries.set(key, entry);
    return entry.copies;
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => { chunks.push(chunk); });
    // What did not come whole has not come.
    request.on('end', () => { answer(random, response, take(request, Buffer.concat(chunks).toString())); });
    request.on('error', () => { response.destroy(); });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, entries, faults,
    close: () => new Promise((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  };
}

function answer(random: Random, response: ServerResponse, copy: number): void {
  const how = copy > MOST_FAILURES ? 'well' : random.weighted({ well: 75, late: 15, busy: 6, not: 4 });
  const well = (): void => { response.setHeader('content-type', 'application/json').end(JSON.stringify({ variables: { answered: copy } })); };
  switch (how) {
    case 'well': well(); break;
    case 'late': setTimeout(well, random.int(10, 400)); break;
    case 'busy': response.writeHead(503).end(); break;
    case 'not': response.destroy(); break;
    default: how satisfies never;
  }
}
