// The pictures of the documents, made only when asked for: `npm run screenshots`. vitest.config.ts leaves this file out otherwise.
import { mkdirSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, startStage, type Stage } from './harness.js';
import { seed, type Seeded } from './seed.js';

const wanted = process.env['ACTIVEFLOW_SCREENSHOTS'] ?? '';
const folder = wanted === '' || wanted === '1' ? fileURLToPath(new URL('../../../docs/screenshots/', import.meta.url)) : wanted;
/** A picture is seen by many, and kept in the history for ever. */
const MOST_BYTES = 200_000;

type Picture = { readonly name: string; readonly path: () => string; readonly ready: string; readonly themes: readonly ('light' | 'dark')[] };

describe.skipIf(CHROMIUM === undefined)('pictures', () => {
  let stage: Stage;
  let flows: Seeded;
  let run: string;
  let receiver: Server;
  beforeAll(async () => {
    receiver = createServer((request, response) => { request.resume().on('end', () => { response.end(); }); });
    await new Promise<void>((resolve) => { receiver.listen(0, '127.0.0.1', resolve); });
    stage = await startStage({ ACTIVEFLOW_EGRESS_ALLOW: '127.0.0.1' });
    await stage.client.customer.update({ name: 'Hazel & Oak', webhook_uri: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks/activeflow` });
    for (const name of ['crm', 'billing, production']) await stage.client.accesskeys.create({ name, expire: 86_400 * 90 });
    flows = await seed(stage.client);
    // The caller who has heard the menu, and has yet to press a key.
    const calls = await stage.client.activeflows.list({ flow_id: flows.hotline.id, status: 'running' }).page();
    run = calls.result.find(({ current_action }) => current_action.type === 'digits_receive')?.id ?? '';
    mkdirSync(folder, { recursive: true });
  });
  afterAll(async () => {
    await stage?.close();
    receiver?.close();
  });

  const PICTURES: readonly Picture[] = [
    { name: 'activeflows', path: () => '/activeflows', ready: 'tbody tr', themes: ['light', 'dark'] },
    { name: 'activeflow', path: () => `/activeflows/${run}`, ready: '.gnode', themes: ['light', 'dark'] },
    { name: 'flows', path: () => '/flows', ready: 'tbody tr', themes: ['light'] },
    { name: 'flow', path: () => `/flows/${flows.hotline.id}`, ready: '.gnode', themes: ['light', 'dark'] },
    { name: 'deliveries', path: () => '/deliveries', ready: 'tbody tr', themes: ['light'] },
    { name: 'accesskeys', path: () => '/accesskeys', ready: 'tbody tr', themes: ['light'] },
    { name: 'settings', path: () => '/settings', ready: '.section', themes: ['light'] },
  ];

  test.each(PICTURES.flatMap((picture) => picture.themes.map((theme) => [picture.name, theme, picture] as const)))('%s (%s)', async (name, theme, { path, ready }) => {
    const page = await stage.open(path(), { theme, size: { width: 1280, height: 760 } });
    await page.locator(ready).first().waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('Checking…').waitFor({ state: 'detached' });
    await take(page, `${name}-${theme}`);
  });

  test.each(['light'] as const)('signing in (%s)', async (theme) => {
    const page = await stage.open('/', { theme, signed_in: false, size: { width: 1280, height: 760 } });
    await page.getByLabel('Access key', { exact: true }).waitFor();
    await take(page, `sign-in-${theme}`);
  });
});

async function take(page: Page, name: string): Promise<void> {
  const file = join(folder, `${name}.png`);
  await page.screenshot({ path: file, animations: 'disabled' });
  expect(statSync(file).size).toBeLessThan(MOST_BYTES);
}
