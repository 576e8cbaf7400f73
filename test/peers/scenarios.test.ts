// Scenarios of SIP, followed to the letter by sipp: what a stack has to get right beside an ordinary call, and what it has to refuse.
import { beforeAll, describe, expect, it } from 'vitest';
import { has } from './programs.js';
import { PASSWORD } from './server.js';
import { sipp, type Sipp } from './sipp.js';
import { useStage } from './stage.js';
import { shareOf, tone, ulaw } from './wav.js';

/** Calls of a trunk come from here: whoever calls from elsewhere has to show a password. */
const TRUNK = '127.0.0.2';
const ECHO = { type: 'echo', option: { duration: 600_000 } };

describe.skipIf(!has('sipp'))('sipp', () => {
  const stage = useStage({ ACTIVEFLOW_MAX_CALLS: '0' });
  const flows: Record<string, string> = {};
  beforeAll(async () => {
    await stage.server().client.trunks.create({ name: 'sipp', uri: 'sip:127.0.0.2', allowed_addresses: [`${TRUNK}/32`] });
    flows['echo'] = await stage.number('100', [ECHO]);
    flows['short'] = await stage.number('101', [{ type: 'answer' }, { type: 'sleep', option: { duration: 200 } }, { type: 'hangup' }]);
    flows['rings'] = await stage.number('102', [{ type: 'sleep', option: { duration: 600_000 } }]);
    flows['slow'] = await stage.number('103', [{ type: 'sleep', option: { duration: 300 } }, ECHO]);
    flows['beside'] = await stage.number('105', [{ type: 'answer' }, { type: 'recording_start' }, ECHO]);
    flows['records'] = await stage.number('104', [{ type: 'answer' }, { type: 'recording_start' }, ECHO]);
  });
  const run = (asked: Omit<Sipp, 'server'>) => sipp({ server: stage.server().sip, from: TRUNK, ...asked });
  const passes = async (asked: Omit<Sipp, 'server'>): Promise<void> => {
    const { calls = 1 } = asked;
    const { successful, failed, said } = await run(asked);
    expect({ successful, failed }, said).toEqual({ successful: calls, failed: 0 });
  };
  /** Until no call is up, nothing is left of any. */
  const calm = () => expect.poll(async () => (await stage.server().client.calls.list({}).page()).result.filter(({ status }) => status !== 'hangup').length).toBe(0);

  it.each(['udp', 'tcp'] as const)('makes a hundred calls over %s, twenty a second', async (transport) => {
    await passes({ scenario: 'call', number: '100', calls: 100, transport });
    await calm();
  });

  it('is hung up by the flow, a hundred times', async () => {
    await passes({ scenario: 'hung-up', number: '101', calls: 100 });
    await calm();
  });

  it('loses a tenth of all messages, and no call', async () => {
    const { successful, failed, retransmissions, said } = await run({ scenario: 'call', number: '100', calls: 100, lost: 10 });
    expect({ successful, failed }, said).toEqual({ successful: 100, failed: 0 });
    expect(retransmissions).toBeGreaterThan(0);
    await calm();
  });

  it('says something, and that is what is recorded', async () => {
    await passes({ scenario: 'media', number: '104', files: { 'said.ul': ulaw(tone(650, 4)) } });
    const [said] = await stage.recorded(await stage.ended(flows['records'] ?? ''));
    expect(shareOf(650, said)).toBeGreaterThan(0.7);
  });

  it('gives up while it rings: the run ends as hangup', async () => {
    await passes({ scenario: 'cancel', number: '102', calls: 10 });
    const ended = await stage.ended(flows['rings'] ?? '');
    expect(ended).toMatchObject({ end_reason: 'hangup' });
    expect(await stage.call(ended)).toMatchObject({ hangup_by: 'remote', hangup_reason: 'cancel' });
    await calm();
  });

  it.each([
    ['puts a call on hold by a re-INVITE, and takes it up', 'hold', '100'], ['makes a late offer', 'late-offer', '100'], ['acknowledges that it rings', '100rel', '103'],
    ['refreshes its session', 'session-timer', '100'], ['asks for what is understood', 'options', '100'],
  ])('%s', async (_, scenario, number) => { await passes({ scenario, number, calls: 5 }); });

  it.each([
    ['a number that nobody has', 'unknown-number', '999'], ['no codec in common', 'no-codec', '100'], ['garbage for SDP', 'garbage', '100'],
  ])('is refused with %s', async (_, scenario, number) => { await passes({ scenario, number, calls: 5 }); });

  it('is asked for a password from any other address; the right one is taken', async () => {
    await passes({ scenario: 'stranger', number: '100', from: '127.0.0.3' });
    await passes({ scenario: 'password', number: '100', from: '127.0.0.3', username: '1000', password: PASSWORD, calls: 5 });
    await calm();
  });

  it('floods with calls of strangers, and the calls that are up hear nothing of it', async () => {
    const sound = { 'said.ul': ulaw(tone(650, 4)) };
    const flood = run({ scenario: 'flood', number: '100', from: '127.0.0.5', calls: 800, rate: 200 });
    await passes({ scenario: 'media', number: '105', files: sound, calls: 5, rate: 50 });
    const { successful, said } = await flood;
    expect(successful, said).toBeGreaterThan(700);
    const { result } = await stage.server().client.activeflows.list({ flow_id: flows['beside'] ?? '' }).page();
    expect(result).toHaveLength(5);
    for (const one of result) {
      const [heard] = await stage.recorded(one);
      expect(shareOf(650, heard)).toBeGreaterThan(0.5);
    }
    await calm();
  });

  it.each(['1000', 'nobody'])('shows a wrong password as %s and is refused', async (username) => {
    await passes({ scenario: 'wrong-password', number: '100', from: '127.0.0.4', username, password: 'wrong-horse-battery', calls: 3 });
  });
});
