import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AT, inserted, sampleState } from '../sample.js';
import { takeLock } from './lock.js';
import { openSqlite } from './sqlite.js';

let folder = '';
const children: ChildProcess[] = [];
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'activeflow-lock-')); });
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const file = () => join(folder, 'store.db');
const open = (path = file()) => openSqlite(path, { durability: 'fsync', now: AT });

/** A process of its own, from the build, that opens the store and then prints what became of it. */
async function other(path = file()): Promise<{ child: ChildProcess; said: string }> {
  const module = new URL('../../../dist/store/sqlite/sqlite.js', import.meta.url).href;
  const script = `
    import { openSqlite } from '${module}';
    try {
      const store = openSqlite(${JSON.stringify(path)}, { durability: 'fsync', now: ${AT} });
      globalThis.kept = store;
      process.stdout.write('open');
      setInterval(() => {}, 1000);
    } catch (error) { process.stdout.write(error.message); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [said] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { child, said: said.toString() };
}

it('keeps a second server off the file, in a sentence that names the first by its pid', async () => {
  const store = open();
  expect(() => open()).toThrow(new RegExp(`^The store .*store\\.db cannot be opened: it is in use by process ${process.pid} on \\S+ since 2026-\\S+, and two servers must not share a file\\.$`));
  expect((await other()).said).toContain(`in use by process ${process.pid} on`);
  await store.close();
  await open().close();
});

it('ends with a process that is killed, so that the next start goes on at once', async () => {
  const { child, said } = await other();
  expect(said).toBe('open');
  expect(() => open()).toThrow(`in use by process ${child.pid} on`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const store = open();
  expect(await store.commit([{ activeflow: inserted(sampleState('a')) }])).toEqual(['ok']);
  await store.close();
});

it('lets one of many that start together through', async () => {
  const started = await Promise.all(Array.from({ length: 4 }, () => other()));
  expect(started.filter(({ said }) => said === 'open')).toHaveLength(1);
  for (const { said } of started) expect(said).toMatch(/^open$|is in use by (process \d+|another process)/);
});

it('is one lock for one file, whatever links lead to it', async () => {
  mkdirSync(join(folder, 'data'));
  symlinkSync(join(folder, 'data'), join(folder, 'link'));
  const store = open(join(folder, 'data', 'store.db'));
  symlinkSync(join(folder, 'data', 'store.db'), join(folder, 'name.db'));
  expect(() => open(join(folder, 'link', 'store.db'))).toThrow('in use');
  expect(() => open(join(folder, 'name.db'))).toThrow('in use');
  await store.close();
});

it('is given back where opening fails, and is held by nothing else: not by reading, not by another file', async () => {
  const lock = takeLock(file(), AT);
  await open(join(folder, 'other.db')).close();
  lock.release();
  const store = open();
  await openSqlite(file(), { read_only: true }).close();
  await store.close();
  mkdirSync(join(folder, 'folder.db'));
  expect(() => open(join(folder, 'folder.db'))).toThrow('cannot be opened');
  rmSync(join(folder, 'folder.db'), { recursive: true });
  await open(join(folder, 'folder.db')).close();
});
