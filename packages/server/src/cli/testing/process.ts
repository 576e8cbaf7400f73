// The real binary, as a user runs it: in a folder of its own, with nothing of this machine's environment.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The binary; `npm run build` makes what it loads. */
export const BINARY = fileURLToPath(new URL('../../../bin/activeflow.js', import.meta.url));
/** The repository's examples. */
export const EXAMPLES = fileURLToPath(new URL('../../../../../examples/', import.meta.url));

/** What became of a process. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** A process that runs. */
export type Running = {
  readonly child: ChildProcessWithoutNullStreams;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with stdout once a text is in it; rejects where the process ends without. */
  until(text: string | RegExp): Promise<string>;
  readonly ended: Promise<Ended>;
};

type Environment = Readonly<Record<string, string>>;

/** A folder to run things in. */
export type Place = { readonly folder: string; start(args: readonly string[], env?: Environment): Running; run(args: readonly string[], env?: Environment, input?: string): Promise<Ended>; close(): Promise<void> };

/** Makes a folder; `close` kills what still runs there and removes it. */
export function makePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-cli-'));
  const all = new Set<Running>();
  const start = (args: readonly string[], env: Environment = {}): Running => {
    const running = watch(spawn(process.execPath, [BINARY, ...args], { cwd: folder, env: { ...env } }));
    all.add(running);
    return running;
  };
  return {
    folder, start,
    run(args, env, input = '') {
      const running = start(args, env);
      running.child.stdin.end(input);
      return running.ended;
    },
    async close() {
      for (const { child, ended } of all) {
        child.kill('SIGKILL');
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Watches a process. */
export function watch(child: ChildProcessWithoutNullStreams): Running {
  const text = { stdout: '', stderr: '' };
  const news = new Set<() => void>();
  const tell = () => { for (const one of news) one(); };
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (chunk: string) => { text[name] += chunk; tell(); });
  child.stdin.on('error', () => { /* it may end before it has read everything */ });
  let over: Ended | undefined;
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      over = { code, ...text };
      tell();
      resolve(over);
    });
  });
  return {
    child, ended, stdout: () => text.stdout, stderr: () => text.stderr,
    until: (wanted) => new Promise((resolve, reject) => {
      const look = () => {
        const found = typeof wanted === 'string' ? text.stdout.includes(wanted) : wanted.test(text.stdout);
        if (!found && over === undefined) return;
        news.delete(look);
        if (found) resolve(text.stdout);
        else reject(new Error(`ended with ${String(over?.code)} before ${String(wanted)} came:\n${text.stdout}\n${text.stderr}`));
      };
      news.add(look);
      look();
    }),
  };
}

/** The address that `dev` or `start` prints. */
export async function addressOf(running: Running): Promise<string> {
  const out = await running.until(/http:\/\/[\d.]+:\d+/);
  return /http:\/\/[\d.]+:\d+/.exec(out)?.[0] ?? '';
}

/** Settings for a server of a test: a free port. */
export const FREE_PORT = { ACTIVEFLOW_PORT: '0', ACTIVEFLOW_SIP_PORT: '0', ACTIVEFLOW_SIP_PORT: '0' };
