// One activeflow in a real browser: it moves while keys are pressed, its past can be looked at, control is taken, and nobody overwrites anybody.
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FlowInput } from '@activeflow/client';
import { startCrashStage, type CrashStage } from './crash.js';
import { CHROMIUM, expectAccessible, expectCalm, startStage, type Stage } from './harness.js';

const IVR = JSON.parse(readFileSync(new URL('../../../examples/ivr.json', import.meta.url), 'utf8')) as FlowInput;
const cursor = (page: Page) => page.locator('.gnode--cursor');
const rows = (page: Page) => page.getByRole('option');
const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

describe.skipIf(CHROMIUM === undefined)('one activeflow', () => {
  let stage: Stage;
  beforeAll(async () => { stage = await startStage({ ACTIVEFLOW_DURABILITY: 'os' }); });
  afterAll(async () => { await stage?.close(); });

  const blocked = async (more: readonly object[] = []) => (await stage.client.activeflows.start({ name: 'Watched', actions: [{ type: 'variable_set', option: { key: 'colour', value: 'red' } }, { type: 'block' }, ...more] as never })).id;

  test('moves on its graph while keys are pressed', async () => {
    const flow = await stage.client.flows.create(IVR);
    const call = await stage.client.simulator.call({ flow_id: flow.id, source: { target: '+15550101' }, auto_play: false });
    const page = await stage.open(`/activeflows/${call.activeflow_id}`);
    await cursor(page).filter({ hasText: 'Hello. Welcome' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    const times: number[] = [];
    // Each wrong key ends the prompt and leads to the next; the end of that prompt leads back to the menu.
    for (let key = 0; key < 2; key++) {
      const seen = page.evaluate(() => new Promise<number>((resolve) => {
        const look = (): void => { if (document.querySelector('.gnode--cursor')?.textContent?.includes('none of the choices') === true) { observer.disconnect(); resolve(performance.timeOrigin + performance.now()); } };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
        look();
      }));
      await stage.client.simulator.digits(call.id, '9');
      const answered = performance.timeOrigin + performance.now();
      times.push(Math.max(0, await seen - answered));
      await stage.client.simulator.mediaDone(call.id);
      await cursor(page).filter({ hasText: 'Hello. Welcome' }).waitFor();
    }
    console.log(`the cursor moves ${Math.round(median(times))} ms after the answer to the key (${times.map(Math.round).join(', ')})`);
    await stage.client.simulator.digits(call.id, '3');
    await cursor(page).filter({ hasText: 'You chose the queue' }).waitFor();
    await page.getByText('by digits').first().waitFor();
    await expectAccessible(page);
    expectCalm(page);
  });

  test('its past can be looked at, with the variables as they were; going back to now shows them as they are', async () => {
    const id = await blocked([{ type: 'variable_set', option: { key: 'colour', value: 'blue' } }, { type: 'block' }]);
    const page = await stage.open(`/activeflows/${id}`);
    await cursor(page).filter({ hasText: 'Block' }).waitFor();
    const { current_action } = await stage.client.activeflows.get(id);
    await stage.client.activeflows.continue(id, current_action.id);
    const colour = page.locator('[data-variable="colour"] .run-value__now');
    await colour.filter({ hasText: 'blue' }).waitFor();
    await rows(page).filter({ hasText: 'Block' }).first().click();
    await colour.filter({ hasText: 'red' }).waitFor();
    await page.getByRole('button', { name: 'Live' }).waitFor();
    await page.getByLabel('Event to look at').press('Home');
    await page.locator('[data-variable="colour"]').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Live' }).click();
    await colour.filter({ hasText: 'blue' }).waitFor();
    expectCalm(page);
  });

  test('is forwarded by a node, given a pushed action, and stopped', async () => {
    const id = await blocked([{ type: 'talk', option: { text: 'never said' } }, { type: 'sleep', option: { duration: 3_600_000 } }]);
    const page = await stage.open(`/activeflows/${id}`);
    await cursor(page).filter({ hasText: 'Block' }).waitFor();
    await page.locator('.gnode').filter({ hasText: 'Sleep' }).press('Enter');
    await page.getByRole('button', { name: 'Forward here now' }).click();
    await cursor(page).filter({ hasText: 'Sleep' }).waitFor();
    await page.getByRole('button', { name: 'Push action' }).click();
    await page.getByLabel('Action', { exact: true }).selectOption('empty');
    await page.getByRole('dialog').getByRole('button', { name: 'Push', exact: true }).click();
    await rows(page).filter({ hasText: 'Actions pushed' }).waitFor();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('button', { name: 'Stop it' }).click();
    await page.locator('.run-head__status').getByText('Canceled').waitFor();
    expect((await stage.client.activeflows.get(id)).status).toBe('ended');
    expectCalm(page);
  });

  test('two operators never overwrite each other: the second is told what changed', async () => {
    const id = await blocked();
    const [one, two] = [await stage.open(`/activeflows/${id}`), await stage.open(`/activeflows/${id}`)];
    for (const page of [one, two]) await page.getByRole('button', { name: 'Edit colour' }).click();
    const set = async (page: Page, value: string): Promise<void> => {
      await page.getByLabel('Value').fill(value);
      await page.getByRole('dialog').getByRole('button', { name: 'Set', exact: true }).click();
    };
    await set(one, 'green');
    await rows(one).filter({ hasText: 'colour = green' }).waitFor();
    await set(two, 'yellow');
    await two.getByRole('dialog', { name: 'Someone else moved it' }).getByText('colour = green').waitFor();
    expect((await stage.client.activeflows.variables(id))['colour']).toBe('green');
    await two.getByRole('button', { name: 'Leave it' }).click();
    expectCalm(one);
    expectCalm(two);
  });

  test('a thousand steps are there at once', async () => {
    const { id } = await stage.client.activeflows.start({ name: 'Long', actions: [{ id: 'a', type: 'variable_set', option: { key: 'n', value: '1' } }, { type: 'goto', option: { target_id: 'a', loop_count: 490 } }, { type: 'variable_set', option: { key: 'n', value: '2' } }, { type: 'block' }] });
    const page = await stage.open('/activeflows');
    await page.getByRole('link', { name: 'Long' }).waitFor();
    const began = performance.now();
    await page.goto(`${stage.url}/activeflows/${id}`);
    await rows(page).filter({ hasText: 'Block' }).waitFor();
    await cursor(page).filter({ hasText: 'Block' }).waitFor();
    console.log(`a run of a thousand steps is painted after ${Math.round(performance.now() - began)} ms`);
    expect(await rows(page).count()).toBeLessThan(100);
    expectCalm(page);
  });

  test('an id that leads nowhere says so', async () => {
    const page = await stage.open('/activeflows/00000000-0000-4000-8000-000000000000');
    await page.getByText('There is no such activeflow').waitFor();
  });
});

describe.skipIf(CHROMIUM === undefined)('a server that is killed while somebody watches', () => {
  let stage: CrashStage;
  beforeAll(async () => { stage = await startCrashStage(); });
  afterAll(async () => { await stage?.close(); });

  test('the page says that it reconnects, and catches up without being loaded again', async () => {
    const { id } = await stage.client.activeflows.start({ actions: [{ type: 'block' }, { type: 'sleep', option: { duration: 3_600_000 } }] });
    const page = await stage.open(`/activeflows/${id}`);
    await cursor(page).filter({ hasText: 'Block' }).waitFor();
    await page.evaluate(() => { document.body.dataset['kept'] = 'yes'; });
    await stage.kill();
    await page.getByText('Reconnecting…').first().waitFor();
    await stage.start();
    const { current_action } = await stage.client.activeflows.get(id);
    await stage.client.activeflows.continue(id, current_action.id);
    await cursor(page).filter({ hasText: 'Sleep' }).waitFor();
    expect(await page.evaluate(() => document.body.dataset['kept'])).toBe('yes');
  });
});
