// A real server with a fresh file, and a real Chromium on it.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { createClient, type Client } from '@activeflow/client';
import { readConfig } from 'activeflow/internal/config';
import { startServer, type Server } from 'activeflow/internal/main';

/** The access key that the server of a test starts with. */
export const KEY = `af_${'C'.repeat(40)}`;

/** How long anything is waited for before it counts as hanging. No test measures time. */
const PATIENCE_MS = process.env['CI'] === undefined ? 60_000 : 180_000;

/** Where Chromium is; undefined on a machine without. */
export const CHROMIUM: string | undefined = [...['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))].find(existsSync);

if (CHROMIUM === undefined) console.warn('No Chromium on this machine: the tests of the console are skipped. Install it (apt-get install chromium) to run them.');

/** A server and a browser. */
export type Stage = {
  readonly url: string; readonly server: Server; readonly client: Client; readonly browser: Browser;
  /** A new browser profile at a page of the console, signed in unless told otherwise. It is closed when the test is over. */
  open(path?: string, options?: OpenOptions): Promise<Page>;
  /** Ends the server, and starts it again on the same file and port; `down` happens in between. A crash is in crash.ts. */
  restart(down?: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
};

/** How a page is opened. */
export type OpenOptions = { readonly signed_in?: boolean; readonly theme?: 'light' | 'dark'; readonly size?: { readonly width: number; readonly height: number }; readonly key?: string; readonly context?: BrowserContext };

/** Starts both. `settings` are those of `readConfig`, `switches` more of Chromium. */
export async function startStage(settings: Readonly<Record<string, string>> = {}, switches: readonly string[] = []): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-console-'));
  let server = await startAt(folder, '0', settings);
  const { port } = new URL(server.url);
  const browser = await startBrowser(switches);
  const { url } = server;
  return {
    url, browser,
    get server() { return server; },
    client: createClient({ base_url: url, access_key: KEY }),
    open: (path = '/', options = {}) => openPage(browser, url, path, options),
    async restart(down) {
      await server.close();
      await down?.();
      server = await startAt(folder, port, settings);
    },
    async close() {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts Chromium, without a window. */
export const startBrowser = (switches: readonly string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM ?? '', timeout: PATIENCE_MS, args: [...switches, '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-dev-shm-usage'] });

function startAt(folder: string, port: string, settings: Readonly<Record<string, string>>): Promise<Server> {
  return startServer(readConfig({
    ACTIVEFLOW_PORT: port, ACTIVEFLOW_STORE: `sqlite:${join(folder, 'activeflow.db')}`, ACTIVEFLOW_ACCESS_KEY: KEY, ACTIVEFLOW_JWT_SECRET: 's'.repeat(40),
    ACTIVEFLOW_RECORDINGS: join(folder, 'recordings'), ACTIVEFLOW_SPEECH_CACHE: join(folder, 'speech'), ACTIVEFLOW_SIMULATOR: 'true', ACTIVEFLOW_RATE_LIMIT: '0', ACTIVEFLOW_LOG: 'silent', ...settings,
  }));
}

/** What went wrong in a page, by page: collected as it happens, looked at by `expectCalm`. */
const complaints = new WeakMap<Page, string[]>();

/** Opens a page of the console; it is closed when the test is over. */
export async function openPage(browser: Browser, url: string, path: string, { signed_in = true, theme = 'light', size = { width: 1360, height: 850 }, key = KEY, context }: OpenOptions): Promise<Page> {
  const inside = context ?? await browser.newContext({ viewport: size, colorScheme: theme, locale: 'en-GB', timezoneId: 'UTC' });
  const page = await inside.newPage();
  const found: string[] = [];
  complaints.set(page, found);
  page.setDefaultTimeout(PATIENCE_MS);
  // A page that is left open goes on asking, which slows the tests after it.
  if (!context && expect.getState().currentTestName !== undefined) onTestFinished(() => inside.close());
  page.on('pageerror', (error) => { found.push(`threw: ${error.message}`); });
  page.on('console', (message) => { if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text())) found.push(`said: ${message.text()}`); });
  page.on('request', (request) => { if (!request.url().startsWith(url) && !request.url().startsWith('data:') && !request.url().startsWith('blob:')) found.push(`asked elsewhere: ${request.url()}`); });
  if (signed_in) await page.addInitScript((credentials) => { if (window.location.protocol.startsWith('http') && sessionStorage.getItem('activeflow.credentials') === null) sessionStorage.setItem('activeflow.credentials', credentials); }, key);
  await page.goto(url + path);
  return page;
}

/** Fails where the page has thrown, has broken its content security policy, or has asked anybody but its server. */
export function expectCalm(page: Page): void {
  expect(complaints.get(page) ?? []).toEqual([]);
}

type AxeResult = { readonly violations: readonly { readonly id: string; readonly impact?: string | null; readonly help: string; readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[] }[] };

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Fails where `axe` finds a serious or critical issue on the page as it stands. */
export async function expectAccessible(page: Page): Promise<void> {
  // Evaluated through the debugger, which no content security policy concerns.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(async () => (await (window as unknown as { axe: { run(): Promise<unknown> } }).axe.run()) as AxeResult);
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary ?? ''}`).slice(0, 3).join(' | ')}`)).toEqual([]);
}
