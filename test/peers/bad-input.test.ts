// What goes wrong around a call: prompts that never end, disks that are full. The call goes on, the others do not notice, and the history says what it was.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Activeflow } from '@activeflow/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { has } from './programs.js';
import { useStage, type Stage } from './stage.js';
import { shareOf, soundSeconds, tone, writeWav } from './wav.js';

const folder = mkdtempSync(join(tmpdir(), 'activeflow-sounds-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** How each action came out that was not done: its type and why. */
async function undone({ server }: Stage, { id }: Activeflow): Promise<readonly string[]> {
  const { result } = await server().client.activeflows.history(id).page();
  return result.flatMap(({ action, error }) => (error ? [`${action?.type}: ${error.reason}`] : []));
}

/** Answers with a tone, with what is no sound, or with a sound that never ends, fast or slowly. */
function sounds(): Promise<HttpServer> {
  writeWav(join(folder, 'tone.wav'), tone(650, 2));
  const whole = readFileSync(join(folder, 'tone.wav'));
  const flood = (answer: ServerResponse): void => { while (answer.write(whole)); answer.once('drain', () => { flood(answer); }); };
  const http = createServer(({ url }, answer) => {
    answer.on('error', () => undefined);
    answer.setHeader('content-type', 'audio/wav');
    if (url === '/tone.wav') { answer.end(whole); return; }
    if (url === '/text.wav') { answer.end('This is a text.'.repeat(1_000)); return; }
    answer.write(whole.subarray(0, 44));
    if (url === '/flood.wav') { flood(answer); return; }
    const drip = setInterval(() => { answer.write(whole.subarray(44, 60)); }, 100);
    answer.once('close', () => { clearInterval(drip); });
  });
  return new Promise((resolve) => { http.listen(0, '127.0.0.1', () => { resolve(http); }); });
}

describe.skipIf(!has('baresip'))('a prompt from elsewhere', () => {
  const stage = useStage({ ACTIVEFLOW_EGRESS_ALLOW: '127.0.0.1/32' });
  let http: HttpServer | undefined;
  let base = '';
  beforeAll(async () => {
    http = await sounds();
    base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  afterAll(() => { http?.closeAllConnections(); http?.close(); });
  const play = (name: string) => ({ type: 'play', option: { stream_urls: [`${base}/${name}`] } });

  it('is heard; what is no sound, or floods, is left out', async () => {
    const flow = await stage.number('played', [play('flood.wav'), play('text.wav'), play('tone.wav')]);
    const caller = await stage.ready();
    await caller.dial('played');
    await caller.until('CALL_CLOSED');
    const run = await stage.ended(flow);
    expect(run).toMatchObject({ end_reason: 'completed' });
    expect(await undone(stage, run)).toHaveLength(2);
    expect(soundSeconds(caller.heard())).toBeGreaterThan(1.5);
    expect(soundSeconds(caller.heard())).toBeLessThan(2.5);
    expect(shareOf(650, caller.heard())).toBeGreaterThan(0.5);
  });

  it('that never ends is given up, and keeps nobody else waiting', async () => {
    const flow = await stage.number('endless', [{ type: 'answer' }, play('endless.wav'), { type: 'digits_receive', option: { length: 1, duration: 600_000 } }]);
    await stage.number('other', [play('tone.wav')]);
    const [caller, other] = [await stage.ready(), await stage.ready({ user: '1001' })];
    await caller.dial('endless');
    await stage.stands(flow, 'play');
    await other.dial('other');
    await other.until('CALL_CLOSED');
    expect(soundSeconds(other.heard())).toBeGreaterThan(1.5);
    const run = await stage.stands(flow, 'digits_receive');
    expect(await undone(stage, run)).toHaveLength(1);
    await caller.press('1');
    await caller.until('CALL_CLOSED');
    expect(await stage.ended(flow)).toMatchObject({ end_reason: 'completed' });
  });

  it('is not fetched on once nobody waits for it', async () => {
    const flow = await stage.number('given-up', [{ type: 'answer' }, play('another-endless.wav')]);
    const fetched = new Promise((resolve) => { http?.on('request', ({ url }, answer: ServerResponse) => { if (url === '/another-endless.wav') answer.once('close', resolve); }); });
    const caller = await stage.ready();
    await caller.dial('given-up');
    await stage.stands(flow, 'play');
    await caller.hangup();
    expect(await stage.ended(flow)).toMatchObject({ end_reason: 'hangup' });
    await fetched;
  });
});

const ECHO = { type: 'echo', option: { duration: 600_000 } };

describe.skipIf(!has('baresip'))('a recording without a folder', () => {
  const taken = join(folder, 'taken');
  writeFileSync(taken, 'a file where the folder should be');
  const stage = useStage({ ACTIVEFLOW_RECORDINGS: taken });

  it('is not begun; the flow says why, and goes on', async () => {
    const flow = await stage.number('no-folder', [{ type: 'answer' }, { type: 'recording_start' }, { type: 'talk', option: { text: 'Going on.' } }]);
    const caller = await stage.ready();
    await caller.dial('no-folder');
    await caller.until('CALL_CLOSED');
    const run = await stage.ended(flow);
    expect(run).toMatchObject({ end_reason: 'completed' });
    expect(await undone(stage, run)).toEqual(['recording_start: RECORDING_FAILED']);
    expect(soundSeconds(caller.heard())).toBeGreaterThan(0.3);
  });
});

/** Starts a command with a disk of 200 KB at the place of the recordings, seen by nobody else: some six seconds of sound. */
const SMALL_DISK = ['unshare', '-rm', 'sh', '-c', 'mkdir -p "$ACTIVEFLOW_RECORDINGS" && mount -t tmpfs -o size=200k none "$ACTIVEFLOW_RECORDINGS" && exec "$@"', 'sh'];
const can_mount = spawnSync(SMALL_DISK[0] ?? '', [...SMALL_DISK.slice(1), 'true'], { env: { ...process.env, ACTIVEFLOW_RECORDINGS: join(folder, 'disk') } }).status === 0;
if (!can_mount) console.warn('Nothing can be mounted here: the test of a full disk is skipped.');

describe.skipIf(!has('baresip') || !can_mount)('a recording on a disk that is full', () => {
  const stage = useStage({}, { by: SMALL_DISK });

  it('ends, what was said until then can be played, and the call goes on', async () => {
    const flow = await stage.number('full', [{ type: 'answer' }, { type: 'recording_start' }, ECHO]);
    const caller = await stage.ready({ tone_hz: 650 });
    await caller.dial('full');
    await caller.until('CALL_ESTABLISHED');
    const run = await stage.stands(flow, 'echo');
    // Its end comes while the call is up.
    const [said] = await stage.recorded(run);
    expect(said.length).toBeGreaterThan(8_000);
    expect(shareOf(650, said)).toBeGreaterThan(0.8);
    expect(await stage.call(run)).toMatchObject({ status: 'progressing' });
    const before = await caller.received();
    await expect.poll(() => caller.received()).toBeGreaterThan(before + 50);
    await caller.hangup();
    expect(await stage.ended(flow)).toMatchObject({ end_reason: 'hangup' });
    // The next recording fails at once, and tells nobody else.
    const next = await stage.ready();
    await next.dial('full');
    await next.until('CALL_ESTABLISHED');
    await expect.poll(() => next.received()).toBeGreaterThan(50);
    await next.hangup();
    await expect.poll(async () => (await stage.server().client.recordings.list({}).page()).result.map(({ status }) => status)).toEqual(['ended', 'ended']);
  });
});
