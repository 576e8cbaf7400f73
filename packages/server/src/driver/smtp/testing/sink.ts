// Mail servers of the tests: one that takes mail (npm's smtp-server), scripted in what it refuses, and ones that are no good.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail as it arrived. */
export type Arrived = { readonly from: string; readonly to: readonly string[]; readonly secure: boolean; readonly user: string; readonly text: string };

/** How a recipient, or a mail, is answered; undefined: it is taken. */
export type Refusing = (what: string, times: number) => number | undefined;

/** A mail server that listens. */
export type Sink = { readonly port: number; readonly mails: readonly Arrived[]; /** Connections so far. */ readonly connections: () => number; readonly close: () => Promise<void> };

/** Starts a mail server that takes what `rcpt` and `data` do not refuse with a status; `times`: how often it was asked before. */
export async function startSink(script: { readonly rcpt?: Refusing; readonly data?: Refusing } = {}, options: SMTPServerOptions = {}): Promise<Sink> {
  const mails: Arrived[] = [];
  const asked = new Map<string, number>();
  let connections = 0;
  const refusal = (rule: Refusing | undefined, what: string): Error | null => {
    const times = asked.get(what) ?? 0;
    asked.set(what, times + 1);
    const status = rule?.(what, times);
    return status === undefined ? null : Object.assign(new Error('of the sink'), { responseCode: status });
  };
  const server = new SMTPServer({
    authOptional: true, disabledCommands: options.key ? [] : ['STARTTLS'], logger: false, closeTimeout: 1,
    onConnect: (_session, done) => { connections++; done(); },
    onRcptTo: ({ address }, _session, done) => { done(refusal(script.rcpt, address)); },
    onData: (stream, { envelope, secure, user }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => { chunks.push(chunk); });
      stream.on('end', () => {
        const error = refusal(script.data, 'data');
        if (!error) mails.push({ from: envelope.mailFrom ? envelope.mailFrom.address : '', to: envelope.rcptTo.map(({ address }) => address), secure, user: typeof user === 'string' ? user : '', text: Buffer.concat(chunks).toString('latin1') });
        done(error);
      });
    },
    ...options,
  });
  // A client that refuses our certificate is what some tests want.
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await new Promise<void>((resolve) => { listening.once('listening', resolve); });
  return {
    port: (listening.address() as AddressInfo).port, mails, connections: () => connections,
    close: () => new Promise((resolve) => { server.close(() => { resolve(); }); }),
  };
}

/** Starts something that is no mail server: `play` gets each connection. */
export async function startBad(play: (socket: Socket) => void): Promise<{ readonly port: number; readonly connections: () => number; readonly close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    play(socket);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    port: (server.address() as AddressInfo).port, connections: () => connections,
    close: () => new Promise((resolve) => { for (const socket of sockets) socket.destroy(); server.close(() => { resolve(); }); }),
  };
}

/** A part of a mail: its headers by lower-case name, unfolded, and its bytes. */
export type Part = { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer };

/** Takes a mail apart: its headers, and its parts, depth first, decoded. */
export function takeApart(text: string): { readonly headers: Part['headers']; readonly parts: readonly Part[] } {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const headers = Object.fromEntries(head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n').map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  const boundary = /boundary="?([^";]+)"?/.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return { headers, parts: [{ headers, body: decoded(headers['content-transfer-encoding'] ?? '7bit', body) }] };
  const pieces = `\r\n${body}`.split(`\r\n--${boundary}`).slice(1, -1).map((piece) => piece.replace(/^\r\n/, ''));
  return { headers, parts: pieces.flatMap((piece) => takeApart(piece).parts) };
}

function decoded(encoding: string, body: string): Buffer {
  if (encoding === 'base64') return Buffer.from(body, 'base64');
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1');
  return Buffer.from(body.replaceAll(/=\r\n/g, '').replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1');
}
