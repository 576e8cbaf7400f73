// Calls by a program that follows scenarios to the letter, many at a time: sipp. Each scenario is a file under scenarios/.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How a scenario is run. */
export type Sipp = {
  /** `scenarios/<name>.xml`. */
  readonly scenario: string;
  /** Where the server listens, `127.0.0.1:5060`. */
  readonly server: string;
  /** Whom it calls. */
  readonly number: string;
  /** The address that it calls from: all of 127/8 is this machine. */
  readonly from?: string;
  readonly calls?: number;
  /** New calls a second. */
  readonly rate?: number;
  /** Per cent of the messages, in and out, that it loses. */
  readonly lost?: number;
  readonly transport?: 'udp' | 'tcp';
  /** Files that the scenario names. */
  readonly files?: Readonly<Record<string, Buffer>>;
  readonly username?: string;
  readonly password?: string;
  /** After this it gives up. */
  readonly timeout_s?: number;
};

/** How it went. */
export type SippDone = { readonly successful: number; readonly failed: number; readonly retransmissions: number; readonly said: string };

const SCENARIOS = fileURLToPath(new URL('scenarios/', import.meta.url));

/** Runs a scenario to its end. */
export async function sipp({ scenario, server, number, from = '127.0.0.1', calls = 1, rate = 20, lost = 0, transport = 'udp', files = {}, username, password, timeout_s = 120 }: Sipp): Promise<SippDone> {
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-sipp-'));
  const args = [
    server, '-sf', join(SCENARIOS, `${scenario}.xml`), '-s', number, '-i', from, '-mi', from, '-m', String(calls), '-r', String(rate), '-l', String(Math.max(calls, 10)), '-t', transport === 'udp' ? 'u1' : 't1',
    '-nostdin', '-trace_err', '-error_file', join(folder, 'errors'), '-trace_stat', '-stf', join(folder, 'counts.csv'), '-fd', '1', '-timeout', String(timeout_s), '-timeout_error', '-recv_timeout', String(timeout_s * 1_000),
    ...(lost > 0 ? ['-lost', String(lost)] : []), ...(username === undefined ? [] : ['-au', username]), ...(password === undefined ? [] : ['-ap', password]),
  ];
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const child = spawn('sipp', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let screen = '';
  for (const out of [child.stdout, child.stderr]) out.on('data', (chunk: Buffer) => { screen = `${screen}${chunk.toString()}`.slice(-4_000); });
  await new Promise((resolve) => { child.once('close', resolve); });
  const counts = countsOf(folder);
  const errors = readdirSync(folder).includes('errors') ? readFileSync(join(folder, 'errors'), 'utf8') : '';
  rmSync(folder, { recursive: true, force: true });
  return { ...counts, said: `${errors}${counts.successful + counts.failed === 0 ? screen : ''}`.slice(0, 4_000) };
}

/** The last line of its statistics. */
function countsOf(folder: string): Pick<SippDone, 'successful' | 'failed' | 'retransmissions'> {
  if (!readdirSync(folder).includes('counts.csv')) return { successful: 0, failed: 0, retransmissions: 0 };
  const [names = [], ...lines] = readFileSync(join(folder, 'counts.csv'), 'utf8').trim().split('\n').map((line) => line.split(';'));
  const last = lines.at(-1) ?? [];
  const of = (name: string): number => Number(last[names.indexOf(name)] ?? 0);
  return { successful: of('SuccessfulCall(C)'), failed: of('FailedCall(C)'), retransmissions: of('Retransmissions(C)') };
}
