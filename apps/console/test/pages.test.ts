// Every page, in both themes: it keeps to the policy, throws nothing, asks nobody else, and `axe` finds nothing serious.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, expectAccessible, expectCalm, startStage, type Stage } from './harness.js';
import { seed, type Seeded } from './seed.js';

describe.skipIf(CHROMIUM === undefined)('each page', () => {
  let stage: Stage;
  let flows: Seeded;
  let run: string;
  beforeAll(async () => {
    stage = await startStage();
    flows = await seed(stage.client);
    run = (await stage.client.activeflows.list({ flow_id: flows.hotline.id, page_size: 1 }).page()).result[0]!.id;
  });
  afterAll(async () => { await stage?.close(); });

  const PATHS = {
    'the list of activeflows': () => '/activeflows', 'an activeflow': () => `/activeflows/${run}`, 'the list of flows': () => '/flows', 'a flow': () => `/flows/${flows.hotline.id}`,
    'calling': () => '/call', 'deliveries': () => '/deliveries', 'access keys': () => '/accesskeys', 'settings': () => '/settings',
  };

  test.each(Object.keys(PATHS).flatMap((name) => (['light', 'dark'] as const).map((theme) => [name, theme] as const)))('%s (%s)', async (name, theme) => {
    const page = await stage.open(PATHS[name as keyof typeof PATHS](), { theme });
    const main = page.locator('main');
    await main.locator('h1').first().waitFor();
    await main.getByText('Loading…').waitFor({ state: 'detached' });
    await page.getByText('Live', { exact: true }).waitFor();
    await expectAccessible(page);
    expect(await page.title()).toContain('activeflow');
    expectCalm(page);
  });

  test('is found by its own address after a reload, and an address that leads nowhere says so', async () => {
    const page = await stage.open(`/flows/${flows.hotline.id}`);
    await page.locator('main h1').first().waitFor();
    await page.reload();
    await page.locator('main h1').first().waitFor();
    expect(new URL(page.url()).pathname).toContain(flows.hotline.id);
    await page.goto(`${stage.url}/settings/nothing`);
    await page.getByText('There is no such page').waitFor();
  });

  test('fits a narrow window: nothing but tables has to be pushed sideways', async () => {
    for (const path of ['/activeflows', '/call', '/deliveries', '/accesskeys', '/settings']) {
      const page = await stage.open(path, { size: { width: 390, height: 800 } });
      await page.locator('main h1').first().waitFor();
      await page.locator('main').getByText('Loading…').waitFor({ state: 'detached' });
      expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 390]);
    }
  });

  test('is loaded anew where its script is gone, as after an upgrade', async () => {
    const page = await stage.open('/activeflows');
    await page.getByRole('heading', { name: 'Activeflows' }).waitFor();
    let refused = 0;
    await page.route('**/assets/page-*.js', (route) => (refused++ === 0 ? route.fulfill({ status: 404, contentType: 'application/json', body: '{}' }) : route.continue()));
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor();
    await page.getByLabel('URI', { exact: true }).waitFor();
    expect(refused).toBeGreaterThan(1);
  });

  test('a script that somebody smuggled in does not run', async () => {
    const page = await stage.open('/settings');
    await page.locator('main h1').first().waitFor();
    const ran = await page.evaluate(async () => {
      const script = document.createElement('script');
      script.textContent = 'window.smuggled = true';
      document.head.append(script);
      const image = document.createElement('img');
      image.setAttribute('onerror', 'window.smuggled = true');
      image.src = 'data:image/png;base64,AAAA';
      document.body.append(image);
      await new Promise((resolve) => { image.addEventListener('error', resolve); });
      return 'smuggled' in window;
    });
    expect(ran).toBe(false);
    // What the other tests rely on: a page that breaks its policy is not calm.
    expect(() => { expectCalm(page); }).toThrow();
  });
});
