import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, expectAccessible, expectCalm, startStage, type Stage } from './harness.js';
import { until } from './seed.js';

describe.skipIf(CHROMIUM === undefined)('deliveries', () => {
  let stage: Stage;
  let receiver: Server;
  const received: IncomingHttpHeaders[] = [];
  let answer = 200;
  beforeAll(async () => {
    receiver = createServer((request, response) => {
      received.push(request.headers);
      request.resume().on('end', () => { response.writeHead(answer).end(); });
    });
    await new Promise<void>((resolve) => { receiver.listen(0, '127.0.0.1', resolve); });
    stage = await startStage({ ACTIVEFLOW_EGRESS_ALLOW: '127.0.0.1' });
    await stage.client.customer.update({ webhook_uri: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook` });
  });
  afterAll(async () => {
    await stage?.close();
    receiver?.close();
  });

  test('are listed as they go out, with what they said, and sent again under the same id', async () => {
    const page = await stage.open('/deliveries');
    await page.getByText('Nothing has been delivered yet').waitFor();
    const { id } = await stage.client.activeflows.start({ actions: [{ type: 'variable_set', option: { key: 'seen', value: 'yes' } }] });
    await page.locator('td').getByText('Delivered', { exact: true }).first().waitFor();
    const [delivery] = (await until(() => stage.client.webhookDeliveries.list({ type: 'activeflow_created', activeflow_id: id, status: 'done' }).page(), ({ result }) => result.length === 1)).result;
    await page.getByRole('button', { name: 'activeflow_created' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'activeflow_created' });
    await dialog.getByLabel('Body').getByText(id).first().waitFor();
    const before = received.length;
    await dialog.getByRole('button', { name: 'Send again' }).click();
    await page.getByText('It is being sent again.').waitFor();
    await until(async () => received.slice(before).map((headers) => headers['webhook-id']), (ids) => ids.includes(delivery!.id));
    expect(received.filter((headers) => headers['webhook-id'] === delivery!.id).length).toBeGreaterThanOrEqual(2);
    expectCalm(page);
  });

  test('that were answered badly say so, and are found by their state and their activeflow', async () => {
    answer = 410;
    const { id } = await stage.client.activeflows.start({ actions: [{ type: 'stop' }] });
    await until(() => stage.client.webhookDeliveries.list({ activeflow_id: id, status: 'failed' }).page(), ({ result }) => result.length > 0);
    const page = await stage.open(`/deliveries?activeflow_id=${id}`);
    await page.locator('td').getByText('Refused', { exact: true }).first().waitFor();
    await page.getByText('HTTP 410').first().waitFor();
    await page.getByRole('group', { name: 'Status' }).getByRole('button', { name: 'Delivered' }).click();
    await page.getByText('None match').waitFor();
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({ status: 'done', activeflow_id: id });
    await page.getByRole('button', { name: 'Of every activeflow' }).click();
    await page.locator('td').getByText('Delivered', { exact: true }).first().waitFor();
    expectCalm(page);
  });

  test.each(['light', 'dark'] as const)('are accessible (%s)', async (theme) => {
    const page = await stage.open('/deliveries', { theme });
    await page.locator('tbody tr').first().waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'activeflow_created' }).first().click();
    await page.getByRole('dialog').getByLabel('Body').waitFor();
    await expectAccessible(page);
    expectCalm(page);
  });
});

describe.skipIf(CHROMIUM === undefined)('the webhook secret', () => {
  let stage: Stage;
  beforeAll(async () => { stage = await startStage(); });
  afterAll(async () => { await stage?.close(); });

  test('is made anew after a question, and shown once', async () => {
    const page = await stage.open('/settings');
    await page.getByRole('button', { name: 'Make a new secret…' }).click();
    await page.getByRole('button', { name: 'Make it' }).click();
    const dialog = page.getByRole('dialog', { name: 'The new webhook secret' });
    const secret = await dialog.locator('code').innerText();
    expect(secret).toMatch(/^whsec_/);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(secret);
    expectCalm(page);
  });
});
