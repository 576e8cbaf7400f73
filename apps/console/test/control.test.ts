// Taking control of one activeflow in a real browser: each button does what it says, holding the picture stops only the picture, and no part of it is out of reach.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, expectAccessible, expectCalm, startStage, type Stage } from './harness.js';
import { until } from './seed.js';

const cursor = (page: Page) => page.locator('.gnode--cursor');
const rows = (page: Page) => page.getByRole('option');
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, ...(typeof name === 'string' ? { exact: true } : {}) });
const status = (page: Page, word: string) => page.locator('.run-head__status').getByText(word, { exact: true });

describe.skipIf(CHROMIUM === undefined)('the control of one activeflow', () => {
  let stage: Stage;
  beforeAll(async () => { stage = await startStage({ ACTIVEFLOW_DURABILITY: 'os' }); });
  afterAll(async () => { await stage?.close(); });

  /** Three blocks, with a variable set before the first and one after it. */
  const blocked = async () => (await stage.client.activeflows.start({
    name: 'Controlled',
    actions: [
      { type: 'variable_set', option: { key: 'colour', value: 'red' } }, { id: 'first', type: 'block' }, { type: 'variable_set', option: { key: 'shape', value: 'round' } }, { type: 'block' },
      { type: 'sleep', option: { duration: 3_600_000 } },
    ],
  })).id;
  const get = (id: string) => stage.client.activeflows.get(id);
  const goOn = async (id: string): Promise<void> => { await stage.client.activeflows.continue(id, (await get(id)).current_action.id); };

  test('pauses and resumes; each offers the other', async () => {
    const id = await blocked();
    const page = await stage.open(`/activeflows/${id}`);
    await status(page, 'Waiting').waitFor();
    await button(page, 'Pause').click();
    await status(page, 'Paused').waitFor();
    await rows(page).filter({ hasText: 'Paused' }).waitFor();
    expect((await get(id)).paused).toBe(true);
    expect(await button(page, 'Pause').count()).toBe(0);
    await button(page, 'Resume').click();
    await rows(page).filter({ hasText: 'Resumed' }).waitFor();
    await status(page, 'Waiting').waitFor();
    await button(page, 'Pause').waitFor();
    expect((await get(id)).paused).toBe(false);
    expectCalm(page);
  });

  test('continues what waits for that; what is continued while paused is kept until the resume', async () => {
    const id = await blocked();
    const page = await stage.open(`/activeflows/${id}`);
    await status(page, 'Waiting').waitFor();
    await button(page, 'Continue').click();
    await page.locator('[data-variable="shape"] .run-value__now').filter({ hasText: 'round' }).waitFor();
    await rows(page).filter({ hasText: 'Block' }).nth(1).waitFor();
    await button(page, 'Pause').click();
    await status(page, 'Paused').waitFor();
    await button(page, 'Continue').click();
    await rows(page).filter({ hasText: 'Result kept' }).waitFor();
    await button(page, 'Continue').waitFor({ state: 'detached' });
    expect((await get(id)).current_action.type).toBe('block');
    await button(page, 'Resume').click();
    await cursor(page).filter({ hasText: 'Sleep' }).waitFor();
    // A sleep waits for time only.
    expect(await button(page, 'Continue').count()).toBe(0);
    expectCalm(page);
  });

  test('holds the picture still: what comes is only counted, until somebody follows again', async () => {
    const id = await blocked();
    const page = await stage.open(`/activeflows/${id}`);
    await cursor(page).filter({ hasText: 'Block' }).waitFor();
    await button(page, 'Hold').click();
    await button(page, 'Live').waitFor();
    const key = await cursor(page).getAttribute('data-key');
    await goOn(id);
    await button(page, /^Live · \d+ new$/).waitFor();
    const missed = async (): Promise<number> => Number(/\d+/.exec(await button(page, /^Live · \d+ new$/).innerText())?.[0]);
    const few = await missed();
    await goOn(id);
    const more = await until(missed, (count) => count > few);
    expect(more).toBeGreaterThan(few);
    expect(await cursor(page).getAttribute('data-key')).toBe(key);
    expect(await page.locator('[data-variable="shape"]').count()).toBe(0);
    await page.waitForURL((url) => url.searchParams.has('event'));
    await button(page, /^Live · \d+ new$/).click();
    await cursor(page).filter({ hasText: 'Sleep' }).waitFor();
    await page.locator('[data-variable="shape"]').waitFor();
    await page.waitForURL((url) => !url.searchParams.has('event'));
    expectCalm(page);
  });

  test('removes a variable', async () => {
    const id = await blocked();
    const page = await stage.open(`/activeflows/${id}`);
    await button(page, 'Remove colour').click();
    await rows(page).filter({ hasText: 'colour removed' }).waitFor();
    await page.locator('[data-variable="colour"]').getByText('removed').waitFor();
    expect(Object.hasOwn(await stage.client.activeflows.variables(id), 'colour')).toBe(false);
    expect(await button(page, 'Remove colour').count()).toBe(0);
    expectCalm(page);
  });

  test('says that it has been deleted while somebody watches, and keeps what was known', async () => {
    const id = await blocked();
    const page = await stage.open(`/activeflows/${id}`);
    await cursor(page).filter({ hasText: 'Block' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await stage.client.activeflows.stop(id);
    await stage.client.activeflows.delete(id);
    // At once after the stop, so that the page may never have read of it: what it knows last may be running still.
    await page.getByRole('alert').getByText('It has been deleted').waitFor();
    expect(await rows(page).filter({ hasText: 'Block' }).count()).toBeGreaterThan(0);
    for (const name of ['Stop', 'Pause', 'Push action', 'Set a variable', 'Remove colour']) expect(await button(page, name).count()).toBe(0);
    await page.locator('.gnode').filter({ hasText: 'Sleep' }).press('Enter');
    await page.getByRole('dialog', { name: 'Sleep' }).waitFor();
    expect(await button(page, 'Forward here now').count()).toBe(0);
    expectCalm(page);
  });

  test.each(['light', 'dark'] as const)('is accessible: the page, a node’s menu and each dialog (%s)', async (theme) => {
    const id = await blocked();
    const page = await stage.open(`/activeflows/${id}`, { theme });
    await cursor(page).filter({ hasText: 'Block' }).waitFor();
    await page.locator('[data-variable="colour"]').waitFor();
    await expectAccessible(page);
    const node = page.locator('.gnode').filter({ hasText: 'Sleep' });
    await node.press('Enter');
    await button(page, 'Forward here now').waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await button(page, 'Forward here now').waitFor({ state: 'detached' });
    await until(() => node.evaluate((element) => element === document.activeElement), (focused) => focused);
    for (const name of ['Push action', 'Edit colour', 'Stop']) {
      await button(page, name).click();
      await page.getByRole('dialog').waitFor();
      await expectAccessible(page);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    expectCalm(page);
  });
});
