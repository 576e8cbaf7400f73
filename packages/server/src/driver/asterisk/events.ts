// The event socket of Asterisk: opened again whenever it is lost, with growing pauses, and heard to be alive.
import { WebSocket } from 'ws';
import type { Log } from '../../log.js';
import { authorization, type AriSettings } from './ari.js';
import { readEvent, type AriEvent } from './shapes.js';

/** Who is told. */
export type Hearing = {
  event(said: AriEvent): void;
  /** The socket is open; `gap`: it was before, and events may have been missed. Where it throws, the socket is closed and tried again. */
  open(gap: boolean): Promise<void>;
};

/** How long it waits for things. */
export type Patience = {
  /** Between two tries to connect, doubled each time up to the second. */
  readonly retry_ms: readonly [number, number];
  /** Between two pings; without a sign of life for two of them the socket is dead. */
  readonly ping_ms: number;
  /** Before the application is taken back from another client that took it. */
  readonly replaced_ms: number;
  /** Before a start goes on without Asterisk. */
  readonly start_ms: number;
};
const PATIENCE: Patience = { retry_ms: [250, 30_000], ping_ms: 15_000, replaced_ms: 60_000, start_ms: 10_000 };

/** The socket. */
export type Events = {
  /** Connects, for as long as it takes; resolves after the first success, or after `start_ms` without one: true, false. */
  start(): Promise<boolean>;
  close(): Promise<void>;
};

/** Makes the socket of an application. */
export function createEvents(settings: AriSettings, hearing: Hearing, log: Log, patience: Patience = PATIENCE): Events {
  let socket: WebSocket | undefined;
  let timer: NodeJS.Timeout | undefined;
  let tries = 0;
  let opened = false;
  let closed = false;
  let heardFirst: (first: boolean) => void = () => undefined;

  const later = (wait_ms: number): void => {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(connect, wait_ms);
  };
  const connect = (): void => {
    const ws = new WebSocket(address(settings), { headers: { authorization: authorization(settings.username, settings.password) }, handshakeTimeout: 10_000, maxPayload: 4 * 1024 * 1024 });
    let replaced = false;
    socket = ws;
    const quiet = keepAlive(ws, patience.ping_ms);
    ws.on('message', (data: Buffer) => {
      const said = readEvent(data.toString('utf8'));
      if (said?.type === 'ApplicationReplaced') replaced = true;
      if (said !== undefined) hearing.event(said);
    });
    ws.on('open', () => {
      hearing.open(opened).then(() => { opened = true; tries = 0; heardFirst(true); }, (error: unknown) => {
        log.warn({ err: message(error) }, 'asterisk: connected, but its state could not be read');
        ws.terminate();
      });
    });
    // Told by the close that follows; what it says names no credentials.
    ws.on('error', (error) => { if (tries === 0) log.warn({ err: error.message }, 'asterisk: the event socket failed'); });
    ws.on('close', () => {
      quiet();
      if (socket !== ws || closed) return;
      if (replaced) log.error({ app: settings.app }, 'asterisk: another client has taken the application; each application has one');
      const [first, last] = patience.retry_ms;
      later(replaced ? patience.replaced_ms : Math.min(first * 2 ** tries++, last));
    });
  };

  return {
    start: () => new Promise((resolve) => {
      const patient = setTimeout(() => { resolve(false); }, patience.start_ms);
      heardFirst = (first) => { clearTimeout(patient); resolve(first); };
      connect();
    }),
    async close() {
      closed = true;
      clearTimeout(timer);
      heardFirst(false);
      const ws = socket;
      if (ws === undefined || ws.readyState === WebSocket.CLOSED) return;
      const gone = new Promise((resolve) => { ws.once('close', resolve); });
      ws.terminate();
      await gone;
    },
  };
}

function address({ url, app }: AriSettings): string {
  const at = new URL(`${url.replace(/\/+$/, '')}/events`);
  at.protocol = at.protocol === 'https:' ? 'wss:' : 'ws:';
  at.search = new URLSearchParams({ app, subscribeAll: 'false' }).toString();
  return at.href;
}

/** A connection can be dead without anybody saying so: it is asked. Gives what ends the asking. */
function keepAlive(ws: WebSocket, ping_ms: number): () => void {
  let signs = true;
  const sign = (): void => { signs = true; };
  ws.on('pong', sign).on('message', sign).on('open', sign);
  const timer = setInterval(() => {
    if (ws.readyState !== WebSocket.OPEN) return;
    if (!signs) { ws.terminate(); return; }
    signs = false;
    ws.ping();
  }, ping_ms);
  return () => { clearInterval(timer); };
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
