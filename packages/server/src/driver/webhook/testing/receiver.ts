// A receiver of webhooks for tests: a real HTTP server that keeps what came, and answers as it is told to.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A request as it came. */
export type Got = { readonly method: string; readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly text: string };

/** How a request is answered: by a status, or by hand. */
export type Reply = number | ((got: Got, response: ServerResponse, request: IncomingMessage) => void);

/** A receiver on loopback. */
export type Receiver = {
  readonly url: string;
  /** Everything that came, oldest first. */
  readonly got: readonly Got[];
  /** How it answers from now on. */
  reply: Reply | ((got: Got) => Reply);
  /** Resolves with what came once there are so many requests. */
  until(count: number): Promise<readonly Got[]>;
  close(): Promise<void>;
};

/** Opens a receiver, which answers 204. */
export async function openReceiver(): Promise<Receiver> {
  const got: Got[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one: Got = { method: request.method ?? '', url: request.url ?? '', headers: request.headers as Record<string, string>, text: Buffer.concat(chunks).toString() };
      got.push(one);
      for (const { count, resolve } of waiting) if (got.length >= count) resolve();
      // A function of one argument says how; one of more does it.
      const said = typeof receiver.reply === 'function' && receiver.reply.length <= 1 ? (receiver.reply as (got: Got) => Reply)(one) : (receiver.reply);
      if (typeof said === 'number') response.writeHead(said).end();
      else said(one, response, request);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got, reply: 204,
    async until(count) {
      if (got.length < count) await new Promise<void>((resolve) => { waiting.push({ count, resolve }); });
      return got;
    },
    close: () => new Promise((resolve) => { server.close(() => { resolve(); }); server.closeAllConnections(); }),
  };
  return receiver;
}

/** Throws where a delivery is not signed by a secret. The library of Standard Webhooks verifies it, age included. */
export function verify({ text, headers }: Got, secret: string): unknown {
  return new Webhook(secret).verify(text, headers);
}
