// Phones that are joined: one calls the other, three are in a room. Each says a tone of its own; whom one hears is told by the tones.
import { describe, expect, it } from 'vitest';
import type { Phone } from './baresip.js';
import { has } from './programs.js';
import { EXTENSIONS } from './server.js';
import { useStage } from './stage.js';
import { shareOf, soundSeconds } from './wav.js';

/** What each extension says: whole periods in 20 ms, and none of a digit's. */
const TONES = { 1000: 550, 1001: 650, 1002: 1_050 } as const;
const ANY_TONE = Object.values(TONES);
/** Half a second of a tone: enough to be sure of it, whatever comes before and after. */
const heardIn = (samples: Int16Array): readonly number[] => ANY_TONE.filter((hz) => shareOf(hz, samples) * samples.length > 4_000);

describe.skipIf(!has('baresip'))('phones that are joined', () => {
  const stage = useStage();
  const phone = (user: (typeof EXTENSIONS)[number], answers = false): Promise<Phone> => stage.ready({ user, tone_hz: TONES[user], answers });
  /** Until a phone has heard tones. */
  const hears = (one: Phone, ...tones: readonly number[]) => expect.poll(() => heardIn(one.heard())).toEqual(expect.arrayContaining(tones));

  it('an extension calls another: both hear each other, not themselves; who hangs up ends both', async () => {
    const [caller, called] = [await phone('1000'), await phone('1001', true)];
    await caller.dial('1001');
    await caller.until('CALL_ESTABLISHED');
    await called.until('CALL_ESTABLISHED');
    await hears(caller, TONES[1001]);
    await hears(called, TONES[1000]);
    await called.hangup();
    await caller.until('CALL_CLOSED');
    expect(heardIn(caller.heard())).toEqual([TONES[1001]]);
    expect(heardIn(called.heard())).toEqual([TONES[1000]]);
  });

  it('a flow connects its caller to an extension, and goes on when they part', async () => {
    const flow = await stage.number('desk', [
      { type: 'connect', option: { destinations: [{ type: 'extension', target: '1001' }] } }, { type: 'talk', option: { text: 'They have gone. Goodbye.' } },
    ]);
    const [caller, called] = [await phone('1000'), await phone('1001', true)];
    await caller.dial('desk');
    await called.until('CALL_ESTABLISHED');
    await hears(caller, TONES[1001]);
    await hears(called, TONES[1000]);
    await called.hangup();
    await caller.until('CALL_CLOSED');
    const run = await stage.ended(flow);
    expect(run).toMatchObject({ end_reason: 'completed' });
    expect(run.executed_actions.map(({ type }) => type)).toEqual(['', 'connect', 'talk']);
    expect(heardIn(called.heard())).toEqual([TONES[1000]]);
    expect(heardIn(caller.heard())).toEqual([TONES[1001]]);
    // What the flow said after it.
    expect(soundSeconds(caller.heard())).toBeGreaterThan(1.5);
  });

  it('all are rung: the first to answer has the call, the others stop ringing', async () => {
    await stage.number('all', [{ type: 'connect', option: { destinations: [{ type: 'extension', target: '1001' }, { type: 'extension', target: '1002' }] } }]);
    const [caller, first, other] = [await phone('1000'), await phone('1001'), await phone('1002')];
    await caller.dial('all');
    await other.until('CALL_INCOMING');
    await first.until('CALL_INCOMING');
    await first.command('accept');
    await first.until('CALL_ESTABLISHED');
    await other.until('CALL_CLOSED');
    await hears(first, TONES[1000]);
    await caller.hangup();
    await first.until('CALL_CLOSED');
    expect(heardIn(first.heard())).toEqual([TONES[1000]]);
  });

  it('who is called and refuses is busy: the flow goes on', async () => {
    const flow = await stage.number('busy', [{ type: 'connect', option: { destinations: [{ type: 'extension', target: '1001' }] } }, { type: 'variable_set', option: { key: 'then', value: 'on' } }]);
    const [caller, called] = [await phone('1000'), await phone('1001')];
    await caller.dial('busy');
    await called.until('CALL_INCOMING');
    await called.hangup();
    await caller.until('CALL_CLOSED');
    const run = await stage.ended(flow);
    expect(await stage.server().client.activeflows.variables(run.id)).toMatchObject({ then: 'on' });
    const [outgoing] = (await stage.server().client.calls.list({}).page()).result.filter(({ direction }) => direction === 'outgoing');
    expect(outgoing).toMatchObject({ status: 'hangup', hangup_reason: 'busy', hangup_by: 'remote' });
  });

  it('three in a room hear each other and not themselves', async () => {
    await stage.number('room', [{ type: 'answer' }, { type: 'conference_join', option: { conference_id: 'all of us' } }]);
    const phones = [await phone('1000'), await phone('1001'), await phone('1002')];
    for (const one of phones) {
      await one.dial('room');
      await one.until('CALL_ESTABLISHED');
    }
    const others = (i: number): readonly number[] => ANY_TONE.filter((_, k) => k !== i);
    for (const [i, one] of phones.entries()) await hears(one, ...others(i));
    for (const one of phones) await one.hangup();
    for (const [i, one] of phones.entries()) expect(heardIn(one.heard()), EXTENSIONS[i]).toEqual(others(i));
  });

  it('a recording holds who said what: left the far end, right what it heard', async () => {
    const flow = await stage.number('recorded', [
      { type: 'answer' }, { type: 'recording_start' }, { type: 'connect', option: { destinations: [{ type: 'extension', target: '1001' }] } },
    ]);
    const [caller, called] = [await phone('1000'), await phone('1001', true)];
    await caller.dial('recorded');
    await called.until('CALL_ESTABLISHED');
    await hears(caller, TONES[1001]);
    await hears(called, TONES[1000]);
    await caller.hangup();
    const [said, heard] = await stage.recorded(await stage.ended(flow));
    expect(heardIn(said)).toEqual([TONES[1000]]);
    expect(heardIn(heard)).toEqual([TONES[1001]]);
  });
});
