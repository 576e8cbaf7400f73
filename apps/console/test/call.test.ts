// The browser as a phone: Chromium calls a real server through the console, is heard, hears, and presses keys.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, expectAccessible, expectCalm, startStage, type Stage } from './harness.js';

/** Chromium's microphone beeps; nobody is asked. Its sound goes over the loopback, as the server's does. */
const MICROPHONE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection', '--autoplay-policy=no-user-gesture-required'];
const SETTINGS = { ACTIVEFLOW_WEBRTC: 'true', ACTIVEFLOW_WEBRTC_PORT: '0', ACTIVEFLOW_DURABILITY: 'os' };

const LISTEN = { length: 1, duration: 600_000 };
/** Echoes for long, so that the far end's own sound comes back. */
const ECHO = { type: 'echo', option: { duration: 600_000 } } as const;

/** Until the level of a meter has been above a few per cent. */
const loud = (page: Page, name: string) => page.waitForFunction((label) => Number(document.querySelector(`[role="meter"][aria-label="${label}"]`)?.getAttribute('aria-valuenow')) > 5, name);

describe.skipIf(CHROMIUM === undefined)('calling from the browser', () => {
  let stage: Stage;
  beforeAll(async () => { stage = await startStage(SETTINGS, MICROPHONE); });
  afterAll(async () => { await stage?.close(); });

  const flowOf = async (name: string, actions: readonly object[]) => stage.client.flows.create({ name, actions: actions as never });
  const called = async (flow_id: string) => { for await (const run of stage.client.activeflows.list({ flow_id })) return run; return undefined; };
  const dial = async (page: Page) => {
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await page.getByText('In the call', { exact: true }).waitFor();
  };

  test('it hears the flow, is heard by it, and its keys move it on', async () => {
    const flow = await flowOf('Choose', [
      { type: 'answer' }, { type: 'recording_start', option: { format: 'wav' } }, { type: 'talk', option: { text: 'Welcome. Press one to go on.' } }, { type: 'digits_receive', option: LISTEN },
      { type: 'branch', option: { target_ids: { 1: 'on' }, default_target_id: 'off' } },
      { id: 'off', type: 'hangup' }, { id: 'on', ...ECHO },
    ]);
    await stage.client.numbers.create({ number: '+15550111', name: 'choices', call_flow_id: flow.id });
    const page = await stage.open('/call');
    await page.getByLabel('Call', { exact: true }).selectOption({ label: '+15550111 (choices)' });
    await dial(page);
    await loud(page, 'You');
    await loud(page, 'Them');
    await page.getByText('Digits receive').first().waitFor();
    await page.getByRole('group', { name: /^Keypad/ }).press('1');
    await expect.poll(async () => (await called(flow.id))?.current_action.type).toBe('echo');
    expect(await page.getByLabel('Keys that were pressed').textContent()).toBe('1');
    // What the microphone says comes back.
    await loud(page, 'Them');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByText('The call is over').waitFor();
    const run = await called(flow.id);
    await expect.poll(async () => (await stage.client.calls.get(run!.reference_id)).status).toBe('hangup');
    const call = await stage.client.calls.get(run!.reference_id);
    expect(call).toMatchObject({ hangup_by: 'remote', hangup_reason: 'normal', source: { target_name: 'Browser' } });
    const [recording_id] = call.recording_ids;
    await expect.poll(async () => (await stage.client.recordings.get(recording_id!)).status).toBe('ended');
    const samples = new Int16Array((await (await stage.client.recordings.file(recording_id!)).arrayBuffer()).slice(44));
    // Left is what the far end said, right what it heard (media.ts).
    const peak = (side: 0 | 1): number => samples.reduce((most, sample, at) => (at % 2 === side ? Math.max(most, Math.abs(sample)) : most), 0);
    expect(peak(0)).toBeGreaterThan(1_000);
    expect(peak(1)).toBeGreaterThan(1_000);
    expectCalm(page);
  });

  test('a flow that hangs up ends the call here, too; one is called by the link of its page', async () => {
    const flow = await flowOf('Short', [{ type: 'answer' }, { type: 'talk', option: { text: 'Goodbye.' } }, { type: 'hangup' }]);
    const page = await stage.open(`/flows/${flow.id}`);
    await page.getByRole('link', { name: 'Call this flow' }).click();
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await page.getByText('The call is over').waitFor();
    await page.getByRole('button', { name: 'Call again' }).waitFor();
    expect(await called(flow.id)).toMatchObject({ status: 'ended' });
    expectCalm(page);
  });

  test('muted, it is not heard; without a microphone it listens, and presses keys', async () => {
    const flow = await flowOf('Quiet', [{ type: 'answer' }, { type: 'talk', option: { text: 'Press any key.' } }, { type: 'digits_receive', option: LISTEN }, ECHO]);
    const page = await stage.open(`/call?to=${flow.id}`);
    await page.evaluate(() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError')); });
    await dial(page);
    await page.getByText('This browser was not allowed to use the microphone').waitFor();
    await loud(page, 'Them');
    await page.getByRole('button', { name: '5 JKL' }).click();
    await expect.poll(async () => (await called(flow.id))?.current_action.type).toBe('echo');
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.evaluate(() => { delete (navigator.mediaDevices as { getUserMedia?: unknown }).getUserMedia; });
    await page.getByRole('button', { name: 'Call again' }).click();
    await loud(page, 'You');
    await page.getByRole('button', { name: 'Your microphone is on: mute it' }).click();
    await page.waitForFunction(() => document.querySelector('[role="meter"][aria-label="You"]')?.getAttribute('aria-valuenow') === '0');
    await page.getByRole('button', { name: 'Hang up' }).click();
    expectCalm(page);
  });

  test('a page that is loaded anew hangs up', async () => {
    const flow = await flowOf('Left', [{ type: 'answer' }, { type: 'digits_receive', option: LISTEN }]);
    const page = await stage.open(`/call?to=${flow.id}`);
    await dial(page);
    const run = await called(flow.id);
    await page.reload();
    await expect.poll(async () => (await stage.client.calls.get(run!.reference_id)).status).toBe('hangup');
    expect(await stage.client.activeflows.get(run!.id)).toMatchObject({ status: 'ended', end_reason: 'hangup' });
  });

  test('what cannot be called says why', async () => {
    const page = await stage.open('/call?to=%2B15559999');
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'Nothing is called by this number' }).waitFor();
    await page.getByRole('button', { name: 'Call', exact: true }).waitFor();
    expectCalm(page);
  });
});
