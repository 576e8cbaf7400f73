// Recording: where its sound goes, what is known of it at its end, and what follows.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deriveId } from '@activeflow/engine';
import { openCallStage, type CallStage } from '../testing/call-stage.js';

let stage: CallStage;
beforeEach(async () => { stage = await openCallStage(); });
afterEach(() => stage.close());

const nap = { type: 'sleep', option: { duration: 3_600_000 } };
const record = (option: object = {}) => ({ type: 'recording_start', option });
const recordings = () => stage.documents('recording');

describe('a recording', () => {
  it('is a WAV below the directory of recordings, one for each customer, and says how it ended', async () => {
    const caller = await stage.dial([record({ format: 'mp3', duration: 5 }), nap]);
    const [begun] = await recordings();
    expect(begun?.data).toMatchObject({ status: 'recording', format: 'wav', reference_id: caller.id, file: `${begun?.customer_id}/${begun?.id}.wav`, tm_end: null });
    expect(existsSync(dirname(join(stage.recordings, String(begun?.data['file']))))).toBe(true);
    await stage.pass(5_000);
    expect((await recordings())[0]?.data).toMatchObject({ status: 'ended', ended_by: 'duration', duration_ms: 5_000, size_bytes: 160_044 });
    expect(stage.legs.asked(caller.id)).toEqual(['ring', 'answer', 'record wav']);
  });

  it('begins after its beep; a caller who leaves during the beep is not recorded', async () => {
    const caller = await stage.dial([record({ beep_start: true }), nap]);
    await stage.pass(299);
    expect(await stage.current(caller)).toBe('recording_start');
    await stage.pass(1);
    expect(stage.legs.asked(caller.id)).toEqual(['ring', 'answer', 'play 300', 'record wav']);
    expect(await stage.current(caller)).toBe('sleep');
    const other = await stage.dial([record({ beep_start: true }), nap]);
    await stage.pass(100);
    stage.legs.hangUp(other.id);
    await stage.pass(1_000);
    expect(await recordings()).toHaveLength(1);
    expect(await stage.line(other)).toEqual(['start', 'ended:hangup']);
  });

  it.each(['#', '*'])('ends at the digit %s that came by signalling, too', async (key) => {
    const caller = await stage.dial([{ type: 'answer' }, record({ end_of_key: '*#' }), nap]);
    stage.legs.say(caller.id, { type: 'digit', digit: '5' });
    stage.legs.say(caller.id, { type: 'digit', digit: key });
    await stage.world.idle();
    expect((await recordings())[0]?.data).toMatchObject({ status: 'ended', ended_by: 'stopped' });
  });

  it('is followed by its flow, once, whatever ended it', async () => {
    const on_end_flow_id = await stage.world.flow([{ type: 'variable_set', option: { key: 'of', value: '${voipbin.recording.filenames}' } }]);
    const caller = await stage.dial([record({ on_end_flow_id }), nap]);
    stage.legs.hangUp(caller.id);
    await stage.world.idle();
    const [ended] = await recordings();
    expect(ended?.data).toMatchObject({ status: 'ended', ended_by: 'ended' });
    const follows = await stage.world.state(deriveId(ended?.id ?? '', 'on_end'));
    expect(follows).toMatchObject({ reference: { type: 'recording', id: ended?.id }, status: 'ended', variables: { of: expect.stringMatching(/\.wav$/) as string } });
    expect(stage.calls.up()).toBe(0);
    expect(await stage.documents('leg')).toEqual([]);
  });

  it('whose end is never told is ended with its leg', async () => {
    const caller = await stage.dial([record(), nap]);
    stage.legs.say(caller.id, { type: 'ended', cause: 'normal', by: 'remote', detail: '' });
    await stage.world.idle();
    expect((await recordings())[0]?.data).toMatchObject({ status: 'ended', ended_by: 'ended' });
  });

  it('that cannot be written is skipped, with a word, and leaves nothing open', async () => {
    rmSync(stage.recordings, { recursive: true });
    writeFileSync(stage.recordings, 'a file, where a directory should be');
    const caller = await stage.dial([record(), nap]);
    expect(await stage.current(caller)).toBe('sleep');
    expect(await stage.line(caller)).toEqual(['start', 'recording_start:failed:RECORDING_FAILED']);
    expect(await recordings()).toEqual([]);
    expect(JSON.stringify(await stage.world.events(caller.run))).not.toContain(stage.recordings);
  });

  it('is stopped, all of them, and the flow goes on once they are whole', async () => {
    const caller = await stage.dial([record(), record(), { type: 'recording_stop' }, { type: 'recording_stop' }, nap]);
    expect(await stage.current(caller)).toBe('sleep');
    expect((await recordings()).map(({ data }) => data['status'])).toEqual(['ended', 'ended']);
    expect(stage.legs.asked(caller.id).filter((what) => what === 'stop recording')).toHaveLength(2);
  });
});
