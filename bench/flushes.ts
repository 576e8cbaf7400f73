// How many flushes a group commit makes: counted by strace, in a short run of its own, since tracing slows what it counts.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freshPath, removeDatabase, RESULTS, startEngine } from './engine.js';
import { openPool } from './load.js';
import type { RequestWork } from './works/requests.js';

/** What was counted, for each group commit and each unit of work. */
export type Flushes = { readonly per_group: number; readonly per_unit: number };

/** Whether strace can be run here. */
export function hasStrace(): boolean {
  try {
    execFileSync('strace', ['--seccomp-bpf', '-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Counts the calls of fdatasync and fsync of an engine under `work`. */
export async function countFlushes(work: RequestWork, conc: number, milliseconds: number): Promise<Flushes> {
  const path = freshPath(`flushes-${work.work}`);
  const log = join(RESULTS, 'flushes.strace');
  const engine = await startEngine({ path, wrapper: ['strace', '-f', '--seccomp-bpf', '-qq', '-e', 'trace=fdatasync,fsync,sync_file_range', '-o', log] });
  try {
    const next = await work.prepare(engine, conc);
    const pool = await openPool(engine.port, conc);
    const before = await engine.usage();
    const flushes_before = calls(log);
    const { requests } = await pool.run(next, milliseconds);
    const after = await engine.usage();
    const flushes = calls(log) - flushes_before;
    pool.close();
    return { per_group: flushes / (after.groups - before.groups), per_unit: flushes / (requests * work.units) };
  } finally {
    await engine.close();
    removeDatabase(path);
    rmSync(log, { force: true });
  }
}

/** Calls begun; one that another thread interrupts is written on two lines. */
const calls = (log: string): number => readFileSync(log, 'utf8').split('\n').filter((line) => /\b(fdatasync|fsync|sync_file_range)\(/.test(line)).length;
