import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPhone, type Phone, type PhoneSetting } from './baresip.js';
import { has } from './programs.js';
import { PASSWORD, startServer, type Server } from './server.js';
import { soundSeconds } from './wav.js';

describe.skipIf(!has('baresip'))('a softphone', () => {
  let server: Server | undefined;
  const phones: Phone[] = [];
  beforeAll(async () => { server = await startServer(); });
  afterAll(() => server?.close());
  afterEach(async () => { for (const phone of phones.splice(0)) await phone.close(); });
  const running = (): Server => { if (!server) throw new Error('no server'); return server; };
  const phone = async (more: Partial<PhoneSetting> = {}): Promise<Phone> => {
    const started = await startPhone({ user: '1000', password: PASSWORD, server: running().sip, tone_hz: 0, ...more });
    phones.push(started);
    return started;
  };
  const number = async (name: string, actions: readonly { readonly type: string; readonly option?: object; readonly id?: string }[]): Promise<string> => {
    const { id } = await running().client.flows.create({ name, actions: actions as never });
    await running().client.numbers.create({ number: name, call_flow_id: id });
    return name;
  };

  it('registers, dials, hears the flow speak, presses a key, and the flow goes on', async () => {
    await number('menu', [
      { type: 'talk', option: { text: 'Hello. Press one for the first, or two for the second choice of this menu.', digits_handle: 'next' } },
      { type: 'digits_receive', option: { length: 1, duration: 60_000 } },
      { type: 'branch', option: { target_ids: { 1: 'first' }, default_target_id: 'other' } },
      { id: 'first', type: 'talk', option: { text: 'You have chosen the first of the two.' } },
      { type: 'hangup' },
      { id: 'other', type: 'talk', option: { text: 'Another.' } },
    ]);
    const caller = await phone();
    expect(await caller.registered()).toBe(true);
    await caller.dial('menu');
    await caller.until('CALL_ESTABLISHED');
    await caller.press('1');
    await caller.until('CALL_CLOSED');
    const [run] = (await running().client.activeflows.list({ reference_type: 'call' }).page()).result;
    expect(run?.executed_actions.map(({ type }) => type)).toEqual(['', 'talk', 'digits_receive', 'branch', 'talk']);
    expect(run).toMatchObject({ status: 'ended', end_reason: 'hangup', current_action: { type: 'hangup' } });
    expect(soundSeconds(caller.heard())).toBeGreaterThan(0.8);
  });
});
