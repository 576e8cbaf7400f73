// A server as a process of its own, which can be killed as a crash would.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { createClient, type Client } from '@activeflow/client';
import { KEY, openPage, startBrowser, type OpenOptions } from './harness.js';

const BIN = fileURLToPath(new URL('../../../packages/server/bin/activeflow.js', import.meta.url));

/** A server that can be killed, and a browser. It runs what was built. */
export type CrashStage = {
  readonly url: string; readonly client: Client; readonly browser: Browser;
  open(path?: string, options?: OpenOptions): Promise<Page>;
  /** `kill -9`: nothing is said, nothing is closed. */
  kill(): Promise<void>;
  /** Starts it again, on the same file and port. */
  start(): Promise<void>;
  close(): Promise<void>;
};

/** Starts both. */
export async function startCrashStage(): Promise<CrashStage> {
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-crash-'));
  const browser = await startBrowser();
  let running = await startProcess(folder, '0');
  const { url } = running;
  const { port } = new URL(url);
  const kill = async (): Promise<void> => {
    if (running.child.exitCode !== null || running.child.signalCode !== null) return;
    const ended = new Promise((resolve) => { running.child.once('exit', resolve); });
    running.child.kill('SIGKILL');
    await ended;
  };
  return {
    url, browser, kill,
    client: createClient({ base_url: url, access_key: KEY }),
    open: (path = '/', options = {}) => openPage(browser, url, path, options),
    async start() { running = await startProcess(folder, port); },
    async close() {
      await browser.close();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startProcess(folder: string, port: string): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(process.execPath, [BIN, 'start'], {
    cwd: folder, stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '', ACTIVEFLOW_PORT: port, ACTIVEFLOW_STORE: `sqlite:${join(folder, 'activeflow.db')}`, ACTIVEFLOW_ACCESS_KEY: KEY, ACTIVEFLOW_JWT_SECRET: '0123456789abcdefghijklmnopqrstuvwxyz',
      ACTIVEFLOW_SIMULATOR: 'true', ACTIVEFLOW_RATE_LIMIT: '0',
    },
  });
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    const hear = (text: Buffer): void => {
      said += text.toString();
      const found = /listens on (http:\/\/[\d.]+:\d+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => { reject(new Error(`the server ended (${code}): ${said}`)); });
  });
  return { child, url };
}
