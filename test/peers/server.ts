// The server that peers call: the built command as a process of its own, with a file of its own, on free ports.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createClient, type Client } from '@activeflow/client';
import { freePort } from './ports.js';

/** How long anything is waited for before it counts as hanging. No test measures time. */
export const PATIENCE_MS = process.env['CI'] === undefined ? 60_000 : 180_000;

/** The access key that the server of a test starts with. */
const KEY = `af_${'P'.repeat(40)}`;
/** The phones that every server of a test knows, and their password. */
export const EXTENSIONS = ['1000', '1001', '1002'] as const;
/** See `EXTENSIONS`. */
export const PASSWORD = 'correct-horse-battery';

/** A running server. */
export type Server = {
  readonly url: string;
  readonly client: Client;
  readonly access_key: string;
  /** Where it listens for SIP by UDP and TCP: `127.0.0.1:<port>`. */
  readonly sip: string;
  readonly folder: string;
  /** What it has said. */
  readonly log: () => string;
  /** Kills it as a power cut would. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same file and ports. */
  readonly again: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const BIN = join(dirname(createRequire(import.meta.url).resolve('activeflow/package.json')), 'bin', 'activeflow.js');

/** What else can be said of a server: a command that it is started by, in front of its own; false: no extensions are made. */
export type ServerSetting = { readonly by?: readonly string[]; readonly extensions?: boolean };

/** Starts a server that takes SIP calls; `settings` go beside those of every test. */
export async function startServer(settings: Readonly<Record<string, string>> = {}, { by = [], extensions = true }: ServerSetting = {}): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-peers-'));
  const [port, sip_port, rtp] = [Number(settings['ACTIVEFLOW_PORT'] ?? await freePort()), await freePort(), 30_000 + 2 * Math.floor(Math.random() * 5_000)];
  const env = {
    ACTIVEFLOW_PORT: String(port), ACTIVEFLOW_STORE: `sqlite:${join(folder, 'activeflow.db')}`, ACTIVEFLOW_ACCESS_KEY: KEY, ACTIVEFLOW_JWT_SECRET: 'k3yOfThePeersTest-0123456789abcdef',
    ACTIVEFLOW_RATE_LIMIT: '0', ACTIVEFLOW_LOG: 'warn', ACTIVEFLOW_SIP: 'true', ACTIVEFLOW_SIP_PORT: String(sip_port), ACTIVEFLOW_RTP_PORTS: `${rtp}-${rtp + 1_999}`,
    ACTIVEFLOW_RECORDINGS: join(folder, 'recordings'), ACTIVEFLOW_SPEECH_CACHE: join(folder, 'speech'), ...settings,
  };
  let running = await spawnServer(env, by);
  const url = `http://127.0.0.1:${port}`;
  const client = createClient({ base_url: url, access_key: KEY });
  if (extensions) for (const extension of EXTENSIONS) await client.extensions.create({ extension, password: PASSWORD });
  return {
    url, client, access_key: KEY, sip: `127.0.0.1:${sip_port}`, folder,
    log: () => running.said(),
    kill: () => end(running.child, 'SIGKILL'),
    async again() { running = await spawnServer(env, by); },
    async close() {
      await end(running.child, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Running = { readonly child: ChildProcess; readonly said: () => string };

function spawnServer(settings: Readonly<Record<string, string>>, by: readonly string[]): Promise<Running> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ACTIVEFLOW_')));
  const [command = '', ...args] = [...by, process.execPath, BIN, 'start'];
  const child = spawn(command, args, { env: { ...env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => { reject(new Error(`the server does not listen: ${said}`)); }, PATIENCE_MS);
    child.once('exit', (code) => { clearTimeout(late); reject(new Error(`the server ended with ${code}: ${said}`)); });
    const hear = (chunk: Buffer): void => {
      said = `${said}${chunk.toString()}`.slice(-100_000);
      if (!/listens on http:/.test(said)) return;
      clearTimeout(late);
      resolve({ child, said: () => said });
    };
    for (const out of [child.stdout, child.stderr]) out.on('data', hear);
  });
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => { child.once('exit', resolve); });
  child.kill(signal);
  const late = setTimeout(() => { child.kill('SIGKILL'); }, 20_000);
  await gone;
  clearTimeout(late);
}
