// The machine: what its disk and its HTTP do without us, measured in the same run.
import { closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { RESULTS, exited, startChild } from './engine.js';
import { request } from './flows.js';
import { openPool } from './load.js';

/** Rates of the bare machine, per second. */
export type Machine = {
  /** 4 KiB and an fdatasync, at the end of a growing file. */
  readonly fdatasync_append_per_s: number;
  /** The same within a file that has its size already. */
  readonly fdatasync_overwrite_per_s: number;
  readonly http_post_per_s: number;
  readonly http_get_per_s: number;
  /** CPU of that server for each POST: with it, CPU of the engine can be compared between machines and moments. */
  readonly http_post_cpu_us: number;
};

/** Measures the bare machine for about four times `milliseconds`. */
export async function measureMachine(milliseconds: number): Promise<Machine> {
  const fdatasync_append_per_s = flushes(milliseconds, false);
  const fdatasync_overwrite_per_s = flushes(milliseconds, true);
  return { fdatasync_append_per_s, fdatasync_overwrite_per_s, ...(await bareHttp(milliseconds)) };
}

const PAGE = Buffer.alloc(4096, 7);
const PREALLOCATED_PAGES = 4_096;

function flushes(milliseconds: number, overwrite: boolean): number {
  mkdirSync(RESULTS, { recursive: true });
  const path = join(RESULTS, 'flush.probe');
  const file = openSync(path, 'w');
  try {
    if (overwrite) for (let i = 0; i < PREALLOCATED_PAGES; i++) writeSync(file, PAGE, 0, PAGE.length, i * PAGE.length);
    fdatasyncSync(file);
    const began = performance.now();
    let count = 0;
    for (; performance.now() - began < milliseconds; count++) {
      writeSync(file, PAGE, 0, PAGE.length, (overwrite ? count % PREALLOCATED_PAGES : count) * PAGE.length);
      fdatasyncSync(file);
    }
    return count / ((performance.now() - began) / 1000);
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
}

async function bareHttp(milliseconds: number): Promise<Pick<Machine, 'http_post_per_s' | 'http_get_per_s' | 'http_post_cpu_us'>> {
  const { child, port } = await startChild('bare.js');
  const pool = await openPool(port, 64);
  const post = request('POST', '/activeflows', { flow_id: '00000000-0000-4000-8000-000000000000' });
  const get = request('GET', '/activeflows/00000000-0000-4000-8000-000000000000');
  const cpu = (): Promise<number> => new Promise((resolve) => {
    child.once('message', (reply: { readonly cpu_us: number }) => { resolve(reply.cpu_us); });
    child.send('usage');
  });
  const rate = async (what: Buffer): Promise<{ readonly per_s: number; readonly cpu_us: number }> => {
    await pool.run(() => what, milliseconds / 2);
    const before = await cpu();
    const { requests, seconds } = await pool.run(() => what, milliseconds);
    return { per_s: requests / seconds, cpu_us: ((await cpu()) - before) / requests };
  };
  const [posted, got] = [await rate(post), await rate(get)];
  const rates = { http_post_per_s: posted.per_s, http_get_per_s: got.per_s, http_post_cpu_us: posted.cpu_us };
  pool.close();
  const gone = exited(child);
  child.disconnect();
  await gone;
  return rates;
}

/** The machine in one line: cores, model, Node, disk. */
export function describeMachine(): string {
  const list = cpus();
  return `${list.length} cores ${list[0]?.model.trim() ?? ''}, Node ${process.versions.node}, ${diskOf(RESULTS)}`;
}

function diskOf(folder: string): string {
  try {
    const { dev } = statSync(folder);
    const place = `${dev >> 8}:${dev & 0xff}`;
    const mount = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')).find((fields) => fields[2] === place);
    const after = mount?.slice((mount.indexOf('-')) + 1) ?? [];
    return mount ? `${after[0] ?? ''} on ${after[1] ?? ''}` : 'disk unknown';
  } catch {
    return 'disk unknown';
  }
}
