// A call of a softphone: what it hears, what its keys do, how it ends.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Phone } from './baresip.js';
import { has } from './programs.js';
import { useStage, type ActionInput } from './stage.js';
import { soundSeconds, spells } from './wav.js';

const MENU: readonly ActionInput[] = [
  { type: 'talk', option: { text: 'Hello. Press one for the first, or two for the second choice of this menu.', digits_handle: 'next' } },
  { type: 'digits_receive', option: { length: 1, duration: 600_000 } },
  { type: 'branch', option: { target_ids: { 1: 'first' }, default_target_id: 'other' } },
  { id: 'first', type: 'talk', option: { text: 'You have chosen the first of the two.' } },
  { type: 'hangup' },
  { id: 'other', type: 'talk', option: { text: 'Another.' } },
];
/** Until a phone has heard nothing for a second. */
async function quiet(phone: Phone): Promise<void> {
  for (let before = -1, now = await phone.received(); before !== now;) {
    await new Promise((resolve) => { setTimeout(resolve, 1_000); });
    [before, now] = [now, await phone.received()];
  }
}

const WAIT: ActionInput = { type: 'digits_receive', option: { length: 1, duration: 600_000 } };

describe.skipIf(!has('baresip'))('a call of a softphone', () => {
  const stage = useStage();

  it.each([['an event in the sound', false], ['SIP INFO', true]])('hears the flow speak, presses a key by %s, and the flow goes on', async (how, info) => {
    const flow = await stage.number(`menu-${info}`, MENU);
    const caller = await stage.ready({ info });
    await caller.dial(`menu-${info}`);
    await caller.until('CALL_ESTABLISHED');
    await caller.press('1');
    await caller.until('CALL_CLOSED');
    const run = await stage.ended(flow);
    expect(run.executed_actions.map(({ type }) => type), how).toEqual(['', 'talk', 'digits_receive', 'branch', 'talk']);
    expect(run).toMatchObject({ end_reason: 'hangup', current_action: { type: 'hangup' } });
    expect(await stage.call(run)).toMatchObject({ direction: 'incoming', hangup_by: 'local', hangup_reason: 'normal', source: { target: '1000' } });
    expect(soundSeconds(caller.heard())).toBeGreaterThan(0.8);
  });

  it('hears a prompt to its end, about as long as it takes to say it', async () => {
    const flow = await stage.number('prompt', [{ type: 'talk', option: { text: 'One, two, three, four, five, six, seven, eight, nine, ten.' } }, { type: 'hangup' }]);
    const caller = await stage.ready();
    await caller.dial('prompt');
    await caller.until('CALL_CLOSED');
    await stage.ended(flow);
    const seconds = soundSeconds(caller.heard());
    expect(seconds).toBeGreaterThan(2);
    expect(seconds).toBeLessThan(8);
  });

  it('collects what is typed ahead, each digit once', async () => {
    const flow = await stage.number('digits', [{ type: 'answer' }, { type: 'sleep', option: { duration: 1_000 } }, { type: 'digits_receive', option: { length: 12, duration: 600_000 } }, { type: 'variable_set', option: { key: 'pressed', value: '${voipbin.call.digits}' } }]);
    const caller = await stage.ready();
    await caller.dial('digits');
    await caller.until('CALL_ESTABLISHED');
    await caller.press('1123*0#45589');
    await caller.until('CALL_CLOSED');
    const { id } = await stage.ended(flow);
    expect(await stage.server().client.activeflows.variables(id)).toMatchObject({ pressed: '1123*0#45589' });
  });

  it('is put on hold and taken up again: nothing is said meanwhile on either side, and it goes on after', async () => {
    const flow = await stage.number('held', [{ type: 'answer' }, { type: 'recording_start' }, { type: 'echo', option: { duration: 600_000 } }]);
    const caller = await stage.ready({ tone_hz: 650 });
    await caller.dial('held');
    const hears = (more: number) => caller.received().then((before) => expect.poll(() => caller.received()).toBeGreaterThan(before + more));
    await hears(50);
    await caller.command('hold');
    await quiet(caller);
    await caller.command('resume');
    await hears(50);
    await caller.hangup();
    const run = await stage.ended(flow);
    expect(run).toMatchObject({ end_reason: 'hangup', current_action: { type: 'echo' } });
    const [said, heard] = await stage.recorded(run);
    expect(spells(650, said).map(Math.sign)).toEqual([1, -1, 1]);
    expect(spells(650, heard).map(Math.sign)).toEqual([1, -1, 1]);
  });

  it('hangs up: the run ends as that, and what is to come on its end comes once', async () => {
    const flow = await stage.number('left', [WAIT], [{ type: 'variable_set', option: { key: 'after', value: '${voipbin.activeflow.end_reason}' } }]);
    const caller = await stage.ready();
    await caller.dial('left');
    await caller.until('CALL_ESTABLISHED');
    await stage.stands(flow, 'digits_receive');
    await caller.hangup();
    const run = await stage.ended(flow);
    expect(run).toMatchObject({ end_reason: 'hangup' });
    expect(await stage.call(run)).toMatchObject({ status: 'hangup', hangup_by: 'remote', hangup_reason: 'normal' });
    expect((await stage.after(run)).map(({ end_reason }) => end_reason)).toEqual(['completed']);
  });

  it('dials a number that nobody has', async () => {
    const caller = await stage.ready();
    await caller.dial('nobody-has-this');
    expect((await caller.until('CALL_CLOSED')).param).toMatch(/404/);
  });
});

/** Hangs up at points of the welcome menu that lie as far apart as can be. */
describe.skipIf(!has('baresip'))('a caller who hangs up', () => {
  const stage = useStage();
  const ivr = JSON.parse(readFileSync(new URL('../../examples/ivr.json', import.meta.url), 'utf8')) as { readonly actions: readonly ActionInput[] };

  it.each([
    ['while it rings', '', ''], ['in the first prompt', 'talk', ''], ['in the menu', 'digits_receive', ''], ['after a choice', 'talk', '1'], ['after none of the choices', 'talk', '9'],
  ])('%s ends the run as hangup, and nothing is left', async (when, type, digits) => {
    const name = `ivr-${type}-${digits}`;
    const flow = await stage.number(name, type === '' ? [{ type: 'sleep', option: { duration: 600_000 } }] : type === 'digits_receive' ? MENU : ivr.actions);
    const caller = await stage.ready();
    await caller.dial(name);
    await caller.until(type === '' ? 'CALL_RINGING' : 'CALL_ESTABLISHED');
    if (digits !== '') {
      await stage.stands(flow, 'talk');
      await caller.press(digits);
      await expect.poll(async () => (await stage.run(flow)).executed_actions.some(({ type: done }) => done === 'branch')).toBe(true);
    } else if (type === 'digits_receive') await stage.stands(flow, 'digits_receive');
    await caller.hangup();
    const run = await stage.ended(flow);
    expect(run, when).toMatchObject({ end_reason: 'hangup', waiting_for: null });
    expect(await stage.call(run)).toMatchObject({ status: 'hangup', hangup_by: 'remote' });
  });
});
