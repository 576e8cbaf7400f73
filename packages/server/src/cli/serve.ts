// A server in the foreground: until a signal, then in order; at once on the second signal.
import type { Config } from '../config.js';
import { startServer, type Given, type Server } from '../main.js';
import { CommandError, note } from './terminal.js';

/** npm passes a terminal's Ctrl-C on, so that one press comes twice. */
const SAME_PRESS_MS = 300;
/** How long requests that are under way may take before the process ends without them. */
const PATIENCE_MS = 15_000;

/** Starts a server, says so, and runs it until SIGINT or SIGTERM. Ends the process. */
export async function serve(config: Config, ready: (server: Server) => Promise<void>, given: Given = {}): Promise<never> {
  const server = await startServer(config, given).catch((error: unknown) => { throw new CommandError(inOneSentence(error, config)); });
  const stopped = untilSignal();
  await ready(server);
  await stopped;
  note('Stopping; once more to stop at once.');
  setTimeout(() => {
    note(`Stopped after ${PATIENCE_MS / 1000} s, with requests still open.`);
    process.exit(1);
  }, PATIENCE_MS).unref();
  await server.close();
  process.exit(0);
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const signalled = (signal: 'SIGINT' | 'SIGTERM') => {
      if (first !== undefined && performance.now() - first > SAME_PRESS_MS) process.exit(signal === 'SIGINT' ? 130 : 143);
      first ??= performance.now();
      resolve();
    };
    process.on('SIGINT', signalled).on('SIGTERM', signalled);
  });
}

function inOneSentence(error: unknown, { host, port }: Config): string {
  if (!(error instanceof Error)) throw error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `Port ${port} of ${host} is in use: stop what listens there, or set ACTIVEFLOW_PORT.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${host} is no address of this machine: set ACTIVEFLOW_HOST.`;
  return message;
}
