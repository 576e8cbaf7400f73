// A listener for tests: a real WebSocket, and all it has heard.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Body, Tested } from '../../testing/server.js';

/** One who listens, and what was heard. */
export type Ears = {
  readonly ws: WebSocket;
  /** Every frame, oldest first. */
  readonly frames: Body[];
  say(message: unknown): void;
  /** Resolves once the server has read all that was said: it has answered a ping that came after it. */
  heard(): Promise<void>;
  /** Resolves with all frames once one of them is as wanted. */
  until(wanted: (frame: Body) => boolean): Promise<Body[]>;
  /** Resolves with code and reason once the socket is closed. */
  readonly closed: Promise<string>;
};

/** How a test connects; without more, with the first customer's key in a header. */
export type Connecting = { readonly key?: string | null; readonly query?: string; readonly headers?: Readonly<Record<string, string>>; readonly url?: string };

/** Opens a socket. */
export async function listen({ url, key }: Pick<Tested, 'url' | 'key'>, connecting: Connecting = {}): Promise<Ears> {
  const given = connecting.key === undefined ? key : connecting.key;
  const ws = new WebSocket(`${url.replace('http', 'ws')}/v1.0/ws${connecting.query ?? ''}`, { headers: { ...(given === null ? {} : { authorization: `Bearer ${given}` }), ...connecting.headers } });
  const frames: Body[] = [];
  const news = new Set<() => void>();
  ws.on('message', (data) => {
    frames.push(JSON.parse((data as Buffer).toString('utf8')));
    for (const tell of news) tell();
  });
  const closed = new Promise<string>((resolve) => { ws.on('close', (code, reason) => { resolve(`${code} ${reason.toString()}`.trim()); }); });
  await new Promise<void>((resolve, reject) => {
    ws.once('open', () => { resolve(); }).once('error', reject);
  });
  ws.on('error', () => { /* told by the close */ });
  return {
    ws, frames, closed,
    say: (message) => { ws.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)); },
    async heard() {
      ws.ping();
      await once(ws, 'pong');
    },
    until: (wanted) => new Promise((resolve, reject) => {
      const look = (): void => {
        if (!frames.some(wanted)) return;
        news.delete(look);
        resolve(frames.slice());
      };
      void closed.then((how) => { if (news.delete(look)) reject(new Error(`closed (${how}) before it came: ${JSON.stringify(frames).slice(0, 2_000)}`)); });
      news.add(look);
      look();
    }),
  };
}

/** What a refused handshake was answered: status and body. */
export function refused({ url, key }: Pick<Tested, 'url' | 'key'>, connecting: Connecting = {}): Promise<{ readonly status: number; readonly body: Body }> {
  const given = connecting.key === undefined ? key : connecting.key;
  const ws = new WebSocket(`${url.replace('http', 'ws')}/v1.0/ws${connecting.query ?? ''}`, { headers: { ...(given === null ? {} : { authorization: `Bearer ${given}` }), ...connecting.headers } });
  return new Promise((resolve, reject) => {
    ws.on('error', () => { /* told by the answer */ }).on('open', () => { ws.terminate(); reject(new Error('was let in')); });
    ws.on('unexpected-response', (_request, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => { text += part; }).on('end', () => { const body: unknown = JSON.parse(text); resolve({ status: response.statusCode ?? 0, body }); });
    });
  });
}
