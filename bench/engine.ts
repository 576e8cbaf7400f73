// The processes that are measured: started, asked and ended from here.
import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Profiler } from 'node:inspector';
import { ACCESS_KEY } from './flows.js';
import type { FeedUsage, Question, Reply, Usage } from './server.js';

/** Where results, databases and logs go; on a disk, not in memory, or flushes would cost nothing. */
export const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));

/** A running engine. */
export type Engine = {
  readonly port: number;
  readonly pid: number;
  readonly path: string;
  usage(): Promise<Usage>;
  /** Usage after a forced garbage collection. */
  collect(): Promise<Usage>;
  /** What the feed has done since it was asked last; needs `BENCH_COMMITS`. */
  feed(): Promise<FeedUsage>;
  profile(): Promise<void>;
  profiled(): Promise<Profiler.Profile>;
  /** A request outside of any measurement. Throws on any answer but 2xx. */
  call<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<T>;
  close(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
};

/** How to start one. */
export type EngineOptions = { readonly path: string; readonly settings?: Readonly<Record<string, string>>; readonly wrapper?: readonly string[] };

/** A file for a database that is not there yet. */
export function freshPath(name: string): string {
  const folder = join(RESULTS, 'data');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.db`);
  removeDatabase(path);
  return path;
}

/** Removes a database and what lies beside it. */
export function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal', '.lock', '.lock-journal', '.lock-wal', '.lock-shm']) rmSync(path + suffix, { force: true });
}

/** Starts the server in a process of its own, with everything switched on; the rate limit counts and never bites. */
export async function startEngine({ path, settings = {}, wrapper = [] }: EngineOptions): Promise<Engine> {
  const environment = {
    ...process.env, ACTIVEFLOW_STORE: `sqlite:${path}`, ACTIVEFLOW_PORT: '0', ACTIVEFLOW_HOST: '127.0.0.1', ACTIVEFLOW_DURABILITY: 'fsync', ACTIVEFLOW_LOG: 'info',
    ACTIVEFLOW_RATE_LIMIT: '1000000', ACTIVEFLOW_JWT_SECRET: 'bench'.repeat(8), ...settings,
  };
  const { child, port } = await startChild('server.js', environment, wrapper);
  const ask = (question: Question): Promise<Reply> => new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.send(question, (error) => { if (error) reject(error); });
  });
  const usage = async (question: 'usage' | 'collect') => demand((await ask(question)).usage);
  return {
    port, pid: child.pid ?? 0, path, usage: () => usage('usage'), collect: () => usage('collect'),
    feed: async () => demand((await ask('feed')).feed),
    profile: async () => { await ask('profile'); },
    profiled: async () => demand((await ask('profiled')).profile),
    async call<T>(method: 'GET' | 'POST' | 'PUT', where: string, body?: object) {
      const response = await fetch(`http://127.0.0.1:${port}/v1.0${where}`, {
        method, headers: { authorization: `Bearer ${ACCESS_KEY}`, 'content-type': 'application/json' }, ...(body ? { body: JSON.stringify(body) } : {}),
      });
      if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${await response.text()}`);
      return await response.json() as T;
    },
    close: async () => { const gone = exited(child); await ask('close'); await gone; },
    kill: async () => { const gone = exited(child); child.kill('SIGKILL'); await gone; },
  };
}

/** Starts a script of the bench and waits until it says at which port it answers. */
export async function startChild(script: string, environment: NodeJS.ProcessEnv = process.env, wrapper: readonly string[] = []): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  mkdirSync(RESULTS, { recursive: true });
  const log = openSync(join(RESULTS, 'server.log'), 'a');
  const [program = process.execPath, ...rest] = wrapper;
  const before = wrapper.length > 0 ? [...rest, process.execPath] : [];
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), ['serve'], {
    execPath: program, execArgv: [...before, '--expose-gc'], env: environment, stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const reply = await new Promise<Reply>((resolve, reject) => {
    child.once('message', resolve).once('error', reject);
    child.once('exit', (code) => { reject(new Error(`${script} ended with ${String(code)} before it was ready; see bench/results/server.log`)); });
  });
  return { child, port: demand(reply.ready).port };
}

/** Resolves when a process has ended. */
export const exited = (child: ChildProcess): Promise<void> => new Promise((resolve) => {
  if (child.exitCode !== null || child.signalCode !== null) resolve();
  else child.once('exit', () => { resolve(); });
});

function demand<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the measured process gave another answer than was asked for');
  return value;
}
