import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newCustomer } from 'activeflow/internal/api/accounts';
import { CHROMIUM, expectAccessible, expectCalm, KEY, startStage, type Stage } from './harness.js';

describe.skipIf(CHROMIUM === undefined)('signing in', () => {
  let stage: Stage;
  beforeAll(async () => { stage = await startStage(); });
  afterAll(async () => { await stage?.close(); });

  test('by access key: a wrong one is refused with a sentence, the right one opens the list; a reload stays in, another browser does not', async () => {
    const page = await stage.open('/', { signed_in: false });
    await page.getByLabel('Access key', { exact: true }).fill(`af_${'x'.repeat(40)}`);
    await page.keyboard.press('Enter');
    await page.getByText('No such access key').waitFor();
    await page.getByLabel('Access key', { exact: true }).fill(KEY);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Activeflows' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/activeflows');
    await page.reload();
    await page.getByRole('heading', { name: 'Activeflows' }).waitFor();
    expectCalm(page);
    const another = await stage.open('/settings', { signed_in: false });
    await another.getByRole('heading', { name: 'Sign in to activeflow' }).waitFor();
  });

  test('by username and password; whoever signs out is out', async () => {
    const { store, clock } = stage.server.parts;
    await store.commit([{ documents: [await newCustomer({ name: 'Ada Ltd', username: 'ada', password: 'correct horse' }, clock.now())] }]);
    const page = await stage.open('/', { signed_in: false });
    await page.getByRole('button', { name: 'Login' }).click();
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The username or the password is wrong.').waitFor();
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Ada Ltd').waitFor();
    expect(await page.context().cookies()).toEqual([]);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to activeflow' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in to activeflow' }).waitFor();
    expectCalm(page);
  });

  test('once for all tabs: a link in a new tab is open at once, and signing out is meant for both', async () => {
    const one = await stage.open('/', { signed_in: false });
    await one.getByLabel('Access key', { exact: true }).fill(KEY);
    await one.keyboard.press('Enter');
    await one.getByRole('heading', { name: 'Activeflows' }).waitFor();
    const two = await stage.open('/settings', { signed_in: false, context: one.context() });
    await two.getByRole('heading', { name: 'Settings' }).waitFor();
    await two.getByRole('button', { name: 'Sign out' }).click();
    for (const page of [one, two]) await page.getByRole('heading', { name: 'Sign in to activeflow' }).waitFor();
    expectCalm(one);
    expectCalm(two);
  });

  test('by the ticket of a link, once: it is gone from the address, and a second use is refused with a sentence', async () => {
    const { customer_id } = await stage.client.me();
    const link = `/#ticket=${stage.server.parts.tickets.issue(customer_id)}`;
    const page = await stage.open(link, { signed_in: false });
    await page.getByRole('heading', { name: 'Activeflows' }).waitFor();
    expect(page.url()).not.toContain('ticket');
    expectCalm(page);
    const again = await stage.open(link, { signed_in: false });
    await again.getByText('This link has been used').waitFor();
    expect(again.url()).not.toContain('ticket');
  });

  test('a key that is revoked meanwhile leads back here, with the reason', async () => {
    const { id, token } = await stage.client.accesskeys.create({ name: 'short-lived' });
    const page = await stage.open('/', { key: token });
    await page.getByRole('heading', { name: 'Activeflows' }).waitFor();
    await stage.client.accesskeys.delete(id);
    await page.reload();
    await page.getByText('The session has ended').waitFor();
  });

  test.each(['light', 'dark'] as const)('is accessible (%s)', async (theme) => {
    const page = await stage.open('/', { signed_in: false, theme });
    await page.getByLabel('Access key', { exact: true }).waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Login' }).click();
    await expectAccessible(page);
    expectCalm(page);
  });
});
