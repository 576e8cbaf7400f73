// The server as a process of its own, which can be killed at any moment.
import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A running server. */
export type Server = {
  readonly url: string; readonly started_ms: number;
  /** Kills it; throws where it had ended by itself. */
  readonly kill: () => Promise<void>;
  /** Kills it if it is still there. */
  readonly end: () => Promise<void>;
};

/** What a server is started with. */
export type ServerSetting = { readonly store: string; readonly access_key: string };

const BIN = join(dirname(createRequire(import.meta.url).resolve('activeflow/package.json')), 'bin', 'activeflow.js');
/** For what hangs: a busy machine is no failure. */
const PATIENCE_MS = 180_000;

/** Starts `activeflow start`; resolves once it listens. Throws with what it said where it does not. */
export async function startServer(setting: ServerSetting): Promise<Server> {
  const began = performance.now();
  const child = spawnCommand(setting, 'start');
  const url = await listening(child);
  return { url, started_ms: performance.now() - began, kill: () => kill(child), end: async () => { if (!hasEnded(child)) await kill(child); } };
}

/** Starts it, and kills it `after_ms` later, however far it has come by then. */
export async function startInVain(setting: ServerSetting, after_ms: number): Promise<void> {
  const child = spawnCommand(setting, 'start');
  await new Promise((resolve) => { setTimeout(resolve, after_ms); });
  await kill(child);
}

/** Runs `activeflow doctor` on the file, beside whatever server has it. */
export async function runDoctor(setting: ServerSetting): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawnCommand(setting, 'doctor');
  let said = '';
  const hear = (chunk: Buffer): void => { said += chunk.toString(); };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  return new Promise((resolve) => { child.once('close', (code) => { resolve({ code, said }); }); });
}

function spawnCommand({ store, access_key }: ServerSetting, command: 'start' | 'doctor'): ChildProcess {
  const settings = {
    ACTIVEFLOW_PORT: '0', ACTIVEFLOW_STORE: `sqlite:${store}`, ACTIVEFLOW_ACCESS_KEY: access_key, ACTIVEFLOW_JWT_SECRET: 'k3yOfTheKillTest-0123456789abcdef',
    ACTIVEFLOW_EGRESS_ALLOW: '127.0.0.1', ACTIVEFLOW_RATE_LIMIT: '0', ACTIVEFLOW_LOG: 'error',
  };
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ACTIVEFLOW_')));
  return spawn(process.execPath, [BIN, command], { env: { ...env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const late = setTimeout(() => { reject(new Error(`the server does not listen after ${PATIENCE_MS} ms: ${said}`)); }, PATIENCE_MS);
    child.once('exit', (code) => { clearTimeout(late); reject(new Error(`the server ended with ${code}: ${said}`)); });
    const hear = (chunk: Buffer): void => {
      // What it says later is of interest only where it ends by itself.
      said = `${said}${chunk.toString()}`.slice(-10_000);
      const url = /listens on (http:\S+)/.exec(said)?.[1];
      if (url === undefined) return;
      clearTimeout(late);
      resolve(url);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
  });
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

async function kill(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) throw new Error(`the server had ended by itself, with ${child.exitCode ?? child.signalCode}`);
  const gone = new Promise((resolve) => { child.once('exit', resolve); });
  child.kill('SIGKILL');
  await gone;
}
