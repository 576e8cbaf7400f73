// A far side over HTTP for the tests of providers: a server that keeps what it was asked, and a way to knock at a provider's door as a carrier does.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DoorAnswer, MessageProvider } from '../provider.js';

/** A request as it came. */
export type Came = { readonly method: string; readonly url: URL; readonly headers: IncomingMessage['headers']; readonly body: string };
/** A far side. `answer` writes each answer; one that writes none lets the asker wait. */
export type Far = { readonly url: string; readonly came: readonly Came[]; answer: (came: Came, response: ServerResponse) => void; readonly close: () => Promise<void> };

/** Starts it. */
export async function startFar(answer: Far['answer']): Promise<Far> {
  const came: Came[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => { chunks.push(chunk); });
    request.on('end', () => {
      const one = { method: request.method ?? '', url: new URL(request.url ?? '/', 'http://far'), headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
      came.push(one);
      far.answer(one, response);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const far: Far = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, came, answer,
    close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(() => { resolve(); }); }),
  };
  return far;
}

/** Knocks at a door, as the API hands a request on; a door that throws is a 503 there. */
export async function knock({ doors }: MessageProvider, path: string, given: { readonly query?: string; readonly headers?: Record<string, string>; readonly body?: string | Buffer } = {}): Promise<DoorAnswer> {
  const door = doors.find((one) => one.path === path);
  if (!door) throw new Error(`no door ${path}`);
  return door.handle({ method: door.method, path: '', query: given.query ?? '', headers: given.headers ?? {}, body: Buffer.from(given.body ?? '') }).catch((): DoorAnswer => ({ status: 503, body: '' }));
}
