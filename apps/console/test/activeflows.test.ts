import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { CHROMIUM, expectAccessible, expectCalm, startStage, type Stage } from './harness.js';
import { seed, until, type Seeded } from './seed.js';

const rowOf = (page: Page, id: string) => page.getByRole('row').filter({ has: page.locator(`a[href="/activeflows/${id}"]`) });

describe.skipIf(CHROMIUM === undefined)('the list of activeflows', () => {
  let stage: Stage;
  let flows: Seeded;
  beforeAll(async () => {
    stage = await startStage();
    flows = await seed(stage.client);
  });
  afterAll(async () => { await stage?.close(); });
  const blocked = (name: string) => stage.client.activeflows.start({ name, actions: [{ id: 'hold', type: 'block' }] });

  test('shows what comes, moves and ends without being asked', async () => {
    const page = await stage.open('/activeflows');
    await page.getByText('Live', { exact: true }).waitFor();
    const { id } = await blocked('Seen at once');
    const row = rowOf(page, id);
    await row.getByText('Waiting').waitFor();
    await row.getByText('block').waitFor();
    await row.getByText('a continue').waitFor();
    await stage.client.activeflows.pause(id);
    await row.getByText('Paused').waitFor();
    await stage.client.activeflows.resume(id);
    await stage.client.activeflows.stop(id);
    await row.getByText('Canceled').waitFor();
    await stage.client.activeflows.delete(id);
    await row.waitFor({ state: 'detached' });
    expectCalm(page);
  });

  test('shows a call with its prompt, and words for each state', async () => {
    const page = await stage.open('/activeflows');
    for (const word of ['Waiting', 'Paused', 'Completed', 'Failed', 'Hung up', 'Canceled']) await page.locator('td').getByText(word, { exact: true }).first().waitFor();
    await page.locator('td').getByText('“Welcome to Hazel & Oak').first().waitFor();
    expect(await page.locator('td time').first().getAttribute('title')).toMatch(/UTC\)$/);
  });

  test('keeps its filters in the address, and an address brings them back', async () => {
    const page = await stage.open('/activeflows');
    await page.getByRole('button', { name: 'Ended' }).click();
    await page.getByLabel('Flow', { exact: true }).selectOption({ label: 'Customer survey' });
    await page.getByLabel('Reference', { exact: true }).selectOption('call');
    await page.getByLabel('Started').selectOption('24h');
    await page.waitForURL((url) => url.searchParams.get('since') === '24h');
    const { searchParams } = new URL(page.url());
    expect(Object.fromEntries(searchParams)).toEqual({ status: 'ended', flow_id: flows.survey.id, reference_type: 'call', since: '24h' });
    await page.getByText('The newest 1', { exact: true }).waitFor();
    const another = await stage.open(`/activeflows?${searchParams.toString()}`);
    await another.getByText('The newest 1', { exact: true }).waitFor();
    expect(await another.getByRole('button', { name: 'Ended' }).getAttribute('aria-pressed')).toBe('true');
    await another.getByRole('button', { name: 'Clear filters' }).click();
    await another.waitForURL((url) => url.search === '');
    expectCalm(page);
    expectCalm(another);
  });

  test('finds by variable, by the id of a call and by its own id', async () => {
    const [call] = (await stage.client.calls.list().page()).result;
    const page = await stage.open('/activeflows');
    const field = page.getByLabel('Find by id');
    await field.fill('customer=Ada');
    await field.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('variable.customer') === 'Ada');
    await page.getByText('The newest 1', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'No longer filter by customer=Ada' }).click();
    await page.waitForURL((url) => url.search === '');
    await field.fill(call!.id);
    await field.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('reference_id') === call!.id);
    await page.getByText('The newest 1', { exact: true }).waitFor();
    await field.fill('nothing');
    await field.press('Enter');
    await page.getByText('Paste a whole id').waitFor();
    await field.fill(call!.activeflow_id.toUpperCase());
    await field.press('Enter');
    await page.waitForURL((url) => url.pathname === `/activeflows/${call!.activeflow_id}`);
    expectCalm(page);
  });

  test('stops many after a count and a confirmation; Escape stops none', async () => {
    const held = await Promise.all(Array.from({ length: 7 }, () => stage.client.activeflows.start({ name: 'Batch', actions: [{ type: 'block' }], variables: { batch: '7' } })));
    const running = () => stage.client.activeflows.list({ status: 'running', variables: { batch: '7' } }).page();
    const page = await stage.open('/activeflows?variable.batch=7');
    await page.getByText('The newest 7', { exact: true }).waitFor();
    await rowOf(page, held[0]!.id).getByRole('checkbox').check();
    await rowOf(page, held[1]!.id).getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Stop 2…' }).click();
    await page.getByRole('dialog').getByRole('heading', { name: 'Stop 2 activeflows?' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await running()).result).toHaveLength(7);
    await page.getByRole('button', { name: 'Stop 2…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 2 activeflows' }).click();
    await page.getByText('Stopped 2 activeflows.').waitFor();
    await until(running, ({ result }) => result.length === 5);
    await page.getByLabel('Select all that run on this page').check();
    await page.getByRole('button', { name: 'Stop all that match…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 5 activeflows' }).click();
    await page.getByText('Stopped 5 activeflows.').waitFor();
    expect((await running()).result).toEqual([]);
    await rowOf(page, held[6]!.id).getByText('Canceled').waitFor();
    expectCalm(page);
  });

  test('walks to older ones and back', async () => {
    await Promise.all(Array.from({ length: 55 }, (_, at) => stage.client.activeflows.start({ name: `Old ${at}`, actions: [{ type: 'stop' }], variables: { walk: 'yes' } })));
    const page = await stage.open('/activeflows?variable.walk=yes');
    await page.getByText('The newest 50', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Older' }).click();
    await page.getByText('5 older ones').waitFor();
    expect(new URL(page.url()).searchParams.get('page_token')).not.toBe('');
    await page.goBack();
    await page.getByText('The newest 50', { exact: true }).waitFor();
    expectCalm(page);
  });

  test('says that it reconnects while the server is gone, and catches up with what happened then', async () => {
    const { id } = await blocked('Through a crash');
    const page = await stage.open('/activeflows');
    await rowOf(page, id).getByText('Waiting').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await stage.restart(async () => {
      await page.getByText('Reconnecting…').waitFor();
      await rowOf(page, id).waitFor();
    });
    await stage.client.activeflows.stop(id);
    await rowOf(page, id).getByText('Canceled').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  test('is reached by keyboard alone', async () => {
    const page = await stage.open('/activeflows');
    await page.locator('tbody tr').first().waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the page');
    await page.keyboard.press('Enter');
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement?.closest('td.runs__name') !== null && document.activeElement !== document.body)) break;
    }
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => /^\/activeflows\/[0-9a-f-]{36}$/.test(url.pathname));
  });

  test.each(['light', 'dark'] as const)('is accessible (%s)', async (theme) => {
    const page = await stage.open('/activeflows?status=running', { theme });
    await page.locator('tbody tr').first().waitFor();
    await expectAccessible(page);
    await page.getByLabel('Select all that run on this page').check();
    await page.getByRole('button', { name: /^Stop \d+…$/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: /^Stop \d+ activeflow/ }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.goto(`${stage.url}/activeflows?variable.none=1`);
    await page.getByText('None match').waitFor();
    await expectAccessible(page);
    expectCalm(page);
  });
});
