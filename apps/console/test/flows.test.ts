// Flows in Chromium: written, published, compared, restored, tried.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Flow, FlowInput } from '@activeflow/client';
import { CHROMIUM, expectAccessible, expectCalm, startStage, type Stage } from './harness.js';

const IVR = JSON.parse(readFileSync(fileURLToPath(new URL('../../../examples/ivr.json', import.meta.url)), 'utf8')) as FlowInput;

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });
const node = (page: Page, text: string) => page.locator('.gnode', { hasText: text });
const publish = async (page: Page, revision: number): Promise<void> => {
  await button(page, 'Publish').click();
  await page.getByText(`Revision ${revision} of “`).first().waitFor();
};

/** Puts a text in the place of all that the JSON editor holds. */
async function writeJson(page: Page, text: string): Promise<void> {
  await page.locator('.cm-content').click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(text);
}

describe.skipIf(CHROMIUM === undefined)('flows', () => {
  let stage: Stage;
  beforeAll(async () => { stage = await startStage(); });
  afterAll(async () => { await stage?.close(); });
  const made = (input: FlowInput): Promise<Flow> => stage.client.flows.create(input);

  test('are listed, found by a search that the address keeps, copied, and deleted after a word on what that means', async () => {
    const flow = await made({ name: 'Listed', detail: 'to be found', actions: [{ type: 'sleep', option: { duration: 3_600_000 } }] });
    await made({ name: 'Another one' });
    await stage.client.numbers.create({ number: '+15551230001', call_flow_id: flow.id });
    await stage.client.activeflows.start({ flow_id: flow.id });
    const page = await stage.open('/flows');
    await page.getByLabel('Search flows').fill('found sleep');
    await page.getByText(/^1 of/).waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('found sleep');
    await page.getByText('+15551230001').waitFor();
    await button(page, 'Duplicate Listed').click();
    await page.getByRole('heading', { name: 'Copy of Listed' }).waitFor();
    await page.goto(`${stage.url}/flows?q=found`);
    await button(page, 'Delete Listed').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('1 running').waitFor();
    await dialog.getByText('+15551230001').waitFor();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText(/^1 of/).waitFor();
    expect(await stage.client.flows.get(flow.id).catch((error: { reason: string }) => error.reason)).toBe('FLOW_NOT_FOUND');
    expectCalm(page);
  });

  test('are made with the keyboard alone: a name, two actions from the palette, a field, published', async () => {
    const page = await stage.open('/flows');
    await page.getByRole('link', { name: 'New flow' }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Name', { exact: true }).focus();
    await page.keyboard.type('By keys');
    await page.locator('.outline').getByRole('button', { name: 'Add an action' }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Search actions').waitFor();
    await page.keyboard.type('talk');
    await page.keyboard.press('Enter');
    await page.locator('[data-pointer="/text"] textarea').focus();
    await page.keyboard.type('Hello');
    await button(page, 'Add an action after this').focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Search actions').waitFor();
    await page.keyboard.type('sleep');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    // Sleep has a duration and nothing else: the form begins there.
    const duration = page.locator('[data-pointer="/duration"] input');
    await duration.focus();
    await page.keyboard.type('90000');
    await page.getByText('1 min 30 s').first().waitFor();
    await button(page, 'Move up').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '1 · Sleep' }).waitFor();
    await page.getByText('No problems').waitFor();
    await button(page, 'Publish').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/flows\/[0-9a-f-]{36}$/);
    await page.getByText('Published', { exact: true }).waitFor();
    const stored = await stage.client.flows.get(new URL(page.url()).pathname.split('/')[2]!);
    expect(stored).toMatchObject({ name: 'By keys', revision: 1, actions: [{ type: 'sleep', option: { duration: 90_000 } }, { type: 'talk', option: { text: 'Hello' } }] });
    expectCalm(page);
  });

  test('as JSON: graph, forms and text are one draft; broken text is told and the graph stays; an id is renamed everywhere', async () => {
    const flow = await made({ name: 'Text', actions: [{ id: 'a', type: 'talk', option: { text: 'first' } }, { type: 'goto', option: { target_id: 'a', loop_count: 1 } }] });
    const page = await stage.open(`/flows/${flow.id}?panel=json`);
    await page.locator('.cm-content').getByText('first').waitFor();
    await writeJson(page, '{ "name": "Text", "actions": [ { "id": "a", "type": "talk", "option": { "text": "second" } ] }');
    await page.getByText(/The JSON is broken at line 1, column/).waitFor();
    await node(page, 'first').waitFor();
    expect(await button(page, 'Publish').isDisabled()).toBe(true);
    await button(page, 'Put the good one back').click();
    await page.locator('.cm-content').getByText('first').waitFor();
    await writeJson(page, '{ "name": "Text", "actions": [ { "id": "a", "type": "talk", "option": { "text": "second" } }, { "type": "goto", "option": { "target_id": "a", "loop_count": 1 } } ] }');
    await node(page, 'second').click();
    await button(page, 'Form').click();
    const text = page.locator('[data-pointer="/text"] textarea');
    expect(await text.inputValue()).toBe('second');
    await text.fill('third');
    await node(page, 'third').waitFor();
    await page.locator('[data-pointer="/id"] input').fill('menu');
    await page.keyboard.press('Enter');
    await button(page, 'JSON').click();
    await page.locator('.cm-content').getByText('"target_id": "menu"').waitFor();
    await button(page, 'Undo').click();
    await page.locator('.cm-content').getByText('"target_id": "a"').waitFor();
    await publish(page, 2);
    const { actions } = await stage.client.flows.get(flow.id);
    expect(actions).toMatchObject([{ type: 'talk', option: { text: 'third' } }, { type: 'goto', option: { target_id: actions[0]!.id } }]);
    expectCalm(page);
  });

  test('a problem is shown at its node, and leads to its field', async () => {
    const flow = await made({ name: 'Wrong', actions: [{ id: 'a', type: 'talk', option: { text: 'hi' } }, { type: 'goto', option: { target_id: 'a' } }] });
    const page = await stage.open(`/flows/${flow.id}`);
    await node(page, 'hi').click();
    await button(page, 'Remove').click();
    const problem = page.getByRole('button', { name: /1 · Goto, target: no action has the id/ });
    await problem.waitFor();
    await page.locator('.gnode--trouble', { hasText: 'Goto' }).waitFor();
    expect(await button(page, 'Publish').isDisabled()).toBe(true);
    await problem.click();
    await page.waitForFunction(() => document.activeElement?.closest('[data-pointer="/target_id"]') !== null);
    await page.locator('[data-pointer="/target_id"] select').selectOption({ index: 2 });
    await page.getByText('No problems').waitFor();
    expectCalm(page);
  });

  test('revisions tell what changed, action by action, and an old one comes back as a new one', async () => {
    const flow = await made({ name: 'Story', actions: [{ type: 'talk', option: { text: 'Press 1 for sales' } }, { type: 'beep' }] });
    const [talk, beep] = flow.actions;
    await stage.client.flows.update(flow.id, { actions: [beep!, { ...talk!, option: { text: 'Press 2 for sales' } }, { type: 'answer' }] });
    const page = await stage.open(`/flows/${flow.id}/revisions`);
    const shown = page.locator('.revisions__one .difference');
    await shown.locator('del', { hasText: '1' }).waitFor();
    await shown.locator('ins', { hasText: '2' }).waitFor();
    await shown.getByText('1 added').waitFor();
    await shown.getByText('1 moved').waitFor();
    await page.getByRole('link', { name: /Revision 1/ }).click();
    await button(page, 'Restore').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
    await page.getByText('Revision 3 is what revision 1 was.').waitFor();
    expect((await stage.client.flows.get(flow.id)).actions.map(({ type, option }) => [type, option])).toEqual([['talk', { text: 'Press 1 for sales' }], ['beep', {}]]);
    expectCalm(page);
  });

  test('two who publish at once: the second is told what the first has changed, and chooses', async () => {
    const flow = await made({ name: 'Shared', actions: [{ type: 'talk', option: { text: 'as it was' } }] });
    const page = await stage.open(`/flows/${flow.id}`);
    await page.getByLabel('Name', { exact: true }).fill('Mine');
    await stage.client.flows.update(flow.id, { actions: [{ ...flow.actions[0]!, option: { text: 'as they want it' } }] });
    await button(page, 'Publish').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Somebody published meanwhile').waitFor();
    await dialog.locator('ins').first().waitFor();
    expect((await stage.client.flows.get(flow.id)).name).toBe('Shared');
    await dialog.getByRole('button', { name: 'Publish mine over it' }).click();
    await page.getByText('Revision 3 of “Mine”').waitFor();
    expect(await stage.client.flows.get(flow.id)).toMatchObject({ name: 'Mine', revision: 3 });
    expectCalm(page);
  });

  test('what is not published is not lost on the way out', async () => {
    const flow = await made({ name: 'Left', actions: [] });
    const page = await stage.open(`/flows/${flow.id}`);
    await page.getByLabel('Name', { exact: true }).fill('Left behind');
    const leave = async (how: string): Promise<void> => {
      await page.getByRole('link', { name: 'Settings' }).click();
      await page.getByRole('dialog').getByRole('button', { name: how }).click();
    };
    await leave('Stay');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Left behind');
    await leave('Keep the draft');
    await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor();
    await page.goBack();
    await page.getByText('This is the draft that you left here').waitFor();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Left behind');
    await leave('Discard it');
    await page.goBack();
    await page.getByRole('heading', { name: 'Left', exact: true }).waitFor();
    expectCalm(page);
  });

  test('fit a narrow window', async () => {
    const flow = await made({ ...IVR, name: 'Narrow' });
    await stage.client.flows.update(flow.id, { actions: [...flow.actions, { type: 'talk', option: { text: 'A long text that is cut where it does not fit into a narrow window, and not before it does' } }] });
    const page = await stage.open('/flows', { size: { width: 390, height: 844 } });
    for (const [path, ready] of [['', 'tbody tr'], [`/${flow.id}`, '.outline'], [`/${flow.id}?panel=json`, '.cm-content'], [`/${flow.id}?panel=try`, '.phone'], [`/${flow.id}/revisions`, '.difference']] as const) {
      await page.goto(`${stage.url}/flows${path}`);
      await page.locator(ready).first().waitFor();
      expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 390]);
    }
    expectCalm(page);
  });

  describe('trying', () => {
    let ivr: Flow;
    // Long prompts, so that a busy machine is still in the call when the test gets to the next key.
    beforeAll(async () => {
      const actions = IVR.actions!.map((action) => (action.type === 'talk' ? { ...action, option: { ...action.option, text: `${String(action.option!['text'])}${' Please hold the line.'.repeat(300)}` } } : action));
      ivr = await made({ ...IVR, actions });
    });

    test('a call through the IVR: the prompt, a key, the cursor on the graph, hanging up, and the run', async () => {
      const page = await stage.open(`/flows/${ivr.id}?panel=try`);
      await button(page, 'Call').click();
      const heard = page.getByLabel('What is heard');
      await heard.getByText(/Welcome to the voipbin service/).waitFor();
      await page.locator('.gnode--cursor', { hasText: 'Welcome' }).waitFor();
      await page.getByText('In the call').waitFor();
      await button(page, '3 DEF').click();
      await heard.getByText('Pressed 3', { exact: true }).waitFor();
      await heard.getByText(/You chose the queue/).waitFor();
      await page.locator('.gnode--visited', { hasText: 'You chose the queue' }).waitFor();
      await button(page, 'Hang up').click();
      await page.getByText('The call is over').waitFor();
      await page.getByText('Hung up.').waitFor();
      await page.getByRole('link', { name: 'Open the run' }).click();
      await page.waitForURL(/\/activeflows\/[0-9a-f-]{36}/);
      expect((await stage.client.activeflows.get(new URL(page.url()).pathname.split('/')[2]!)).end_reason).toBe('hangup');
      expectCalm(page);
    });

    test('a draft that nobody has published, with keys from the keyboard; ids that are words lead back to their nodes', async () => {
      const page = await stage.open('/flows/new?panel=json');
      const draft = { name: 'Draft', actions: [{ id: 'ask', type: 'digits_receive', option: { length: 2, duration: 3_600_000 } }, { id: 'say', type: 'talk', option: { text: 'It was ${voipbin.call.digits}', async: true } }, { id: 'wait', type: 'sleep', option: { duration: 3_600_000 } }] };
      await page.locator('.cm-content').waitFor();
      await writeJson(page, JSON.stringify(draft));
      await node(page, 'Sleep').waitFor();
      await button(page, 'Try it').click();
      await page.getByText('the draft as it stands').waitFor();
      await button(page, 'Call').click();
      await page.locator('.gnode--cursor', { hasText: 'Digits receive' }).waitFor();
      await page.keyboard.press('4');
      await page.keyboard.press('2');
      await page.getByLabel('What is heard').getByText('It was 42').waitFor();
      await page.locator('.gnode--cursor', { hasText: 'Sleep' }).waitFor();
      await button(page, 'Hang up').click();
      await page.getByText('Hung up.').waitFor();
      expectCalm(page);
    });

    test('a message, and what comes back', async () => {
      const flow = await made({ name: 'Echo', actions: [{ type: 'message_send', option: { destinations: [{ target: '${voipbin.message.source.target}' }], text: 'You wrote: ${voipbin.message.text}' } }] });
      const page = await stage.open(`/flows/${flow.id}?panel=try`);
      await button(page, 'A message').click();
      await page.getByLabel('The message').fill('good morning');
      await page.keyboard.press('Enter');
      await page.getByText('You wrote: good morning').waitFor();
      await page.getByText('The flow is through.').waitFor();
      expectCalm(page);
    });

    test.each(['light', 'dark'] as const)('nothing serious for axe: list, form, JSON, try, revisions, dialogs (%s)', async (theme) => {
      const page = await stage.open(`/flows/${ivr.id}`, { theme });
      await node(page, 'Branch').click();
      await page.locator('.aform').waitFor();
      await expectAccessible(page);
      await button(page, 'JSON').click();
      await page.locator('.cm-content').waitFor();
      await expectAccessible(page);
      await button(page, 'Try it').click();
      await page.getByLabel('What is heard').waitFor();
      await expectAccessible(page);
      await page.locator('.editor__add').getByRole('button', { name: 'Add an action' }).click();
      await page.getByLabel('Search actions').waitFor();
      await expectAccessible(page);
      await page.goto(`${stage.url}/flows/${ivr.id}/revisions`);
      await page.locator('.revisions__one .gnode').first().waitFor();
      await expectAccessible(page);
      expectCalm(page);
    });
  });
});

describe.skipIf(CHROMIUM === undefined)('where no calls are played', () => {
  let stage: Stage;
  beforeAll(async () => { stage = await startStage({ ACTIVEFLOW_SIMULATOR: 'false' }); });
  afterAll(async () => { await stage?.close(); });

  test('trying says so', async () => {
    const { id } = await stage.client.flows.create({ name: 'Silent', actions: [{ type: 'answer' }] });
    const page = await stage.open(`/flows/${id}?panel=try`);
    await button(page, 'Call').click();
    await page.getByText('This server plays no calls').waitFor();
    expectCalm(page);
  });
});
