// A server whose calls an Asterisk carries (a mock of it): the settings, the API, real speech, a recording that is fetched.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTest, type Tested } from './api/testing/server.js';
import { ACCOUNT, openAri, THEIRS, type AriMock } from './driver/asterisk/testing/ari-mock.js';

describe('a server with an Asterisk', () => {
  let folder = '';
  let ari: AriMock;
  let t: Tested | undefined;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'telephony-asterisk-'));
    ari = await openAri({ directory: join(folder, 'sounds'), speed: 4 });
  });
  afterEach(async () => {
    await t?.close();
    t = undefined;
    await ari.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const start = async (settings = {}): Promise<Tested> => {
    t = await startTest('memory', {
      ARI_URL: ari.url, ARI_USER: ACCOUNT.username, ARI_PASSWORD: ACCOUNT.password, ARI_SOUNDS: join(folder, 'sounds'), ARI_SOUNDS_THERE: THEIRS, ARI_DIAL_EXTENSION: 'PJSIP/{target}',
      SPEECH_CACHE: join(folder, 'speech'), RECORDINGS: join(folder, 'recordings'), CLOCK: 'real', ...settings,
    });
    return t;
  };

  test('takes a call, speaks, records it, connects it, and lets it live when it stops', async () => {
    const tested = await start();
    const actions = [
      { type: 'answer' }, { type: 'recording_start', option: { end_of_key: '#' } }, { type: 'talk', option: { text: 'Hello.' } },
      { type: 'digits_receive', option: { length: 1, duration: 600_000 } }, { type: 'connect', option: { destinations: [{ type: 'extension', target: 'alice' }] } },
    ];
    const flow = (await tested.ask('POST', '/flows', { body: { actions } })).body;
    await tested.ask('POST', '/numbers', { body: { number: '+15550100', call_flow_id: flow.id } });
    const channel = ari.dial({ exten: '+15550100', number: '+15551234' });
    await expect.poll(() => channel.variables['ACTIVEFLOW_LEG']).toBeTruthy();
    const call_id = channel.variables['ACTIVEFLOW_LEG']!;
    await tested.until(`/calls/${call_id}`, ({ action }) => action.type === 'digits_receive');
    expect(channel.heard[0]).toMatch(new RegExp(`^sound:${THEIRS}/playing/`));
    ari.press(channel, '#');
    await tested.until(`/calls/${call_id}`, ({ action }) => action.type === 'connect');
    const recording = await tested.until('/recordings', ({ result }) => result[0]?.status === 'ended');
    const sound = await fetch(`${tested.url}/v1.0/recordingfiles/${recording.result[0].id}`, { headers: { authorization: `Bearer ${tested.key}` } });
    expect([sound.status, Buffer.from(await sound.arrayBuffer()).toString('latin1', 0, 4)]).toEqual([200, 'RIFF']);
    const dialled = (): typeof channel | undefined => [...ari.channels.values()].find(({ asked }) => asked['endpoint'] === 'PJSIP/alice');
    await expect.poll(dialled).toBeDefined();
    ari.pickUp(dialled()!);
    await expect.poll(() => [...ari.bridges.values()].map(({ channels }) => channels.size)).toEqual([2]);
    await tested.close();
    t = undefined;
    expect(ari.channels.size).toBe(2);
    expect(ari.sockets.size).toBe(0);
  });

  test('dials nobody outside unless it is allowed', async () => {
    const tested = await start({ ARI_DIAL_TEL: 'PJSIP/{target}@trunk', OUTBOUND_ALLOW: '+49' });
    const place = (target: string) => tested.ask('POST', '/calls', { body: { destinations: [{ type: 'tel', target }], actions: [{ type: 'answer' }] } });
    await place('+49301234');
    await expect.poll(() => [...ari.channels.values()].map(({ asked }) => asked['endpoint'])).toEqual(['PJSIP/+49301234@trunk']);
    await place('+1555');
    expect(ari.channels.size).toBe(1);
  });

  test('refuses settings that cannot be, in a sentence that names them', async () => {
    await expect(start({ ARI_URL: 'nowhere' })).rejects.toThrow('ACTIVEFLOW_ARI_URL must be an http or https URL.');
    await expect(start({ ARI_DIAL_TEL: 'PJSIP/trunk' })).rejects.toThrow('ACTIVEFLOW_ARI_DIAL_TEL must be an endpoint with `{target}` in it, as `PJSIP/{target}@trunk`.');
    expect(existsSync(join(folder, 'sounds'))).toBe(false);
  });
});
