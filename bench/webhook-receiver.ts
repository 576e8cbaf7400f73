// Who is told, in a process of its own: an endpoint that takes everything and notes when it came, and one that takes a connection and never answers.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { realClock } from 'activeflow/internal/clock';

/** A delivery as it came: its `webhook-id`, whose, the event's own time as its body has it, and when the body was whole (microseconds of the wall clock). */
export type Arrived = { readonly id: string; readonly activeflow_id: string; readonly event_at: number; readonly arrived_at: number };
/** What may be asked of the process: where it listens, how many deliveries came, and which. */
export type AskedReceiver = 'urls' | 'counts' | 'arrived';
/** What it says. `held` are the requests that waited for an answer that never comes, at most at once. */
export type SaidReceiver = {
  readonly urls?: { readonly good: string; readonly hanging: string }; readonly counts?: { readonly arrived: number; readonly held: number }; readonly arrived?: readonly Arrived[];
};

const clock = realClock();

/** The year in which the API puts what has not happened (wire.md §1): nothing has changed yet where it tells of a creation. */
const NEVER = '9999-';

/** Microseconds of a time as the API writes it, with six digits after the second. */
const microsOf = (time: string): number => Date.parse(`${time.slice(0, 19)}Z`) * 1000 + Number(time.slice(20, 26));

async function listen(onRequest: RequestListener): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer(onRequest);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

async function serve(): Promise<void> {
  const bodies: { readonly id: string; readonly text: string; readonly arrived_at: number }[] = [];
  let holding = 0;
  let held = 0;
  const good = await listen((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => {
      bodies.push({ id: String(request.headers['webhook-id']), text, arrived_at: clock.now() });
      response.writeHead(204).end();
    });
  });
  const hanging = await listen((request, response) => {
    held = Math.max(held, ++holding);
    request.resume();
    response.on('close', () => { holding--; });
  });
  const answer = (asked: AskedReceiver): SaidReceiver => {
    switch (asked) {
      case 'urls': return { urls: { good: good.url, hanging: hanging.url } };
      case 'counts': return { counts: { arrived: bodies.length, held } };
      // Read only now: while it is measured, the receiver leaves the machine to the engine.
      case 'arrived': return { arrived: bodies.map(({ id, text, arrived_at }) => {
        const { data } = JSON.parse(text) as { readonly data: { readonly id: string; readonly tm_create: string; readonly tm_update: string } };
        return { id, activeflow_id: data.id, event_at: microsOf(data.tm_update.startsWith(NEVER) ? data.tm_create : data.tm_update), arrived_at };
      }) };
      default: return asked satisfies never;
    }
  };
  process.on('message', (asked: AskedReceiver) => { process.send?.(answer(asked)); });
  process.on('disconnect', () => { process.exit(0); });
  process.send?.({ ready: { port: 0 } });
}

if (process.send && process.argv[2] === 'serve') await serve();
