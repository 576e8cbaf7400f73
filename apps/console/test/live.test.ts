// What happens while somebody looks: much at once, a second browser, a server that is killed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { startCrashStage, type CrashStage } from './crash.js';
import { CHROMIUM, expectCalm, startStage, type Stage } from './harness.js';

const rowOf = (page: Page, id: string) => page.getByRole('row').filter({ has: page.locator(`a[href="/activeflows/${id}"]`) });

describe.skipIf(CHROMIUM === undefined)('much at once', () => {
  let stage: Stage;
  beforeAll(async () => { stage = await startStage({ ACTIVEFLOW_DURABILITY: 'os' }); });
  afterAll(async () => { await stage?.close(); });

  test('is drawn once a frame: hundreds of updates leave the page usable, and right in the end', async () => {
    const held = await Promise.all(Array.from({ length: 20 }, (_, at) => stage.client.activeflows.start({ name: `Busy ${at}`, actions: Array.from({ length: 31 }, () => ({ type: 'block' })) })));
    const page = await stage.open('/activeflows');
    await page.getByText('The newest 20', { exact: true }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    // As fast as they come: some hundred a second, far more than frames.
    const busy = Promise.all(held.map(async ({ id }) => {
      for (let step = 0; step < 30; step++) {
        const { current_action } = await stage.client.activeflows.get(id);
        await stage.client.activeflows.continue(id, current_action.id);
      }
    }));
    await page.getByRole('button', { name: 'Running' }).click();
    await page.waitForURL((url) => url.searchParams.get('status') === 'running');
    await busy;
    for (const { id } of held) await stage.client.activeflows.stop(id);
    await page.getByText('None match').waitFor();
    await page.getByRole('button', { name: 'All' }).click();
    for (const { id } of held) await rowOf(page, id).getByText('Canceled').waitFor();
    expectCalm(page);
  });

  test('two browsers see the same', async () => {
    const { id } = await stage.client.activeflows.start({ name: 'Seen twice', actions: [{ type: 'block' }] });
    const [one, two] = [await stage.open('/activeflows?status=running'), await stage.open('/activeflows?status=running')];
    for (const page of [one, two]) await rowOf(page, id).getByText('Waiting').waitFor();
    await rowOf(one, id).getByRole('checkbox').check();
    await one.getByRole('button', { name: 'Stop 1…' }).click();
    await one.getByRole('dialog').getByRole('button', { name: 'Stop 1 activeflow' }).click();
    for (const page of [one, two]) await rowOf(page, id).waitFor({ state: 'detached' });
    expectCalm(one);
    expectCalm(two);
  });
});

describe.skipIf(CHROMIUM === undefined)('a server that is killed', () => {
  let stage: CrashStage;
  beforeAll(async () => { stage = await startCrashStage(); });
  afterAll(async () => { await stage?.close(); });

  test('leaves the page as it was, says so, and what happened meanwhile is there once it is back', async () => {
    const start = (name: string) => stage.client.activeflows.start({ name, actions: [{ type: 'block' }] });
    const [stays, ends] = [await start('Stays'), await start('Ends')];
    const page = await stage.open('/activeflows');
    await rowOf(page, ends.id).getByText('Waiting').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    for (let round = 0; round < 2; round++) {
      await stage.kill();
      await page.getByText('Reconnecting…').waitFor();
      expect(await rowOf(page, stays.id).getByText('Waiting').isVisible()).toBe(true);
      await stage.start();
      const made = await start(`After crash ${round}`);
      if (round === 0) await stage.client.activeflows.stop(ends.id);
      await page.getByText('Live', { exact: true }).waitFor();
      await rowOf(page, made.id).getByText('Waiting').waitFor();
      await rowOf(page, ends.id).getByText('Canceled').waitFor();
    }
    await stage.client.activeflows.pause(stays.id);
    await rowOf(page, stays.id).getByText('Paused').waitFor();
    expectCalm(page);
  });
});
