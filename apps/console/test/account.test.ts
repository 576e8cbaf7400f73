import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '@activeflow/client';
import { CHROMIUM, expectAccessible, expectCalm, startStage, type Stage } from './harness.js';

describe.skipIf(CHROMIUM === undefined)('access keys', () => {
  let stage: Stage;
  beforeAll(async () => { stage = await startStage(); });
  afterAll(async () => { await stage?.close(); });

  test('are made, shown once, used, changed and revoked', async () => {
    const page = await stage.open('/accesskeys');
    await page.getByText('In use here').waitFor();
    await page.getByRole('button', { name: 'New access key' }).click();
    await page.getByLabel('Name', { exact: true }).fill('billing, production');
    await page.getByLabel('Expires').selectOption({ label: 'In 30 days' });
    await page.getByRole('button', { name: 'Make it' }).click();
    const dialog = page.getByRole('dialog', { name: 'The new access key' });
    const token = await dialog.locator('code').innerText();
    expect(token).toMatch(/^af_[A-Za-z0-9]{40}$/);
    expect((await createClient({ base_url: stage.url, access_key: token }).me()).kind).toBe('accesskey');
    await dialog.getByRole('button', { name: 'Done' }).click();
    const row = page.getByRole('row').filter({ hasText: 'billing, production' });
    await row.getByText('in 29 d').waitFor();
    expect(await page.content()).not.toContain(token);
    await row.getByRole('button', { name: 'Change billing, production' }).click();
    await page.getByLabel('Detail').fill('nightly invoices');
    await page.getByLabel('Expires').selectOption({ label: 'Never' });
    await page.getByRole('button', { name: 'Save' }).click();
    await row.getByText('nightly invoices').waitFor();
    await row.getByText('never').waitFor();
    await row.getByRole('button', { name: 'Revoke billing, production' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await row.waitFor({ state: 'detached' });
    await expect(createClient({ base_url: stage.url, access_key: token }).me()).rejects.toMatchObject({ status: 'UNAUTHENTICATED' });
    expectCalm(page);
  });

  test('dialogs keep the focus, and give it back to where it was', async () => {
    const page = await stage.open('/accesskeys');
    const button = page.getByRole('button', { name: 'New access key' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    const inside = () => page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null);
    expect(await page.getByLabel('Name', { exact: true }).evaluate((field) => field === document.activeElement)).toBe(true);
    for (let presses = 0; presses < 8; presses++) {
      await page.keyboard.press('Tab');
      expect(await inside()).toBe(true);
    }
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
    expectCalm(page);
  });

  test('that one is signed in with ends the session when it is revoked, after a warning', async () => {
    const { token } = await stage.client.accesskeys.create({ name: 'for an hour' });
    const page = await stage.open('/accesskeys', { key: token });
    await page.getByRole('button', { name: 'Revoke for an hour' }).click();
    await page.getByText('You are signed in with this one').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('heading', { name: 'Sign in to activeflow' }).waitFor();
    expectCalm(page);
  });

  test.each(['light', 'dark'] as const)('are accessible (%s)', async (theme) => {
    const page = await stage.open('/accesskeys', { theme });
    await page.getByText('In use here').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'New access key' }).click();
    await expectAccessible(page);
    expectCalm(page);
  });
});

describe.skipIf(CHROMIUM === undefined)('settings', () => {
  let stage: Stage;
  beforeAll(async () => { stage = await startStage(); });
  afterAll(async () => { await stage?.close(); });

  test('hold the customer and the webhook; what the server refuses is said at its field', async () => {
    const page = await stage.open('/settings');
    await page.getByLabel('Name', { exact: true }).fill('Hazel & Oak');
    await page.getByRole('button', { name: 'Save the customer' }).click();
    await page.getByText('Saved.').waitFor();
    const uri = page.getByLabel('URI', { exact: true });
    await uri.fill('ftp://example.com/hook');
    await page.getByRole('button', { name: 'Save the webhook' }).click();
    await page.getByText('must be an http or https URL').waitFor();
    expect(await uri.getAttribute('aria-invalid')).toBe('true');
    await uri.fill('https://example.com/hook');
    await page.getByLabel('Method').selectOption('PUT');
    await page.getByRole('button', { name: 'Save the webhook' }).click();
    await page.locator('.field__error').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Save the webhook' }).and(page.locator(':disabled')).waitFor();
    expect(await stage.client.customer.get()).toMatchObject({ name: 'Hazel & Oak', webhook_uri: 'https://example.com/hook', webhook_method: 'PUT' });
    expectCalm(page);
  });

  test('keep the theme that was chosen, over a reload too', async () => {
    const page = await stage.open('/settings', { theme: 'light' });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.getByLabel('Dark').check();
    const dark = await background();
    await page.reload();
    await page.getByLabel('Dark').and(page.locator(':checked')).waitFor();
    expect(await background()).toBe(dark);
    await page.getByLabel('As the system').check();
    expect(await background()).not.toBe(dark);
  });

  test.each(['light', 'dark'] as const)('are accessible (%s)', async (theme) => {
    const page = await stage.open('/settings', { theme });
    await page.getByLabel('URI', { exact: true }).waitFor();
    await expectAccessible(page);
    expectCalm(page);
  });
});
