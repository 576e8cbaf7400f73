// Two phones and a browser in one room: each hears the others, and not itself. The browser is Chromium, which calls through the console.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Phone } from './baresip.js';
import { has, program } from './programs.js';
import { PATIENCE_MS } from './server.js';
import { useStage } from './stage.js';
import { shareOf, tone, writeWav } from './wav.js';

const TONES = [550, 650, 1_050] as const;
const [FIRST, SECOND, BROWSER] = TONES;
/** A third of a second of a tone, and more. */
const heardIn = (samples: Int16Array): readonly number[] => TONES.filter((hz) => shareOf(hz, samples) * samples.length > 2_800);
const hears = (one: Phone, ...tones: readonly number[]) => expect.poll(() => heardIn(one.heard())).toEqual(expect.arrayContaining(tones));

const CHROMIUM = program('chromium', 'chromium-browser', 'google-chrome');
if (CHROMIUM === undefined) console.warn('No Chromium on this machine: the test of a browser among phones is skipped. Install it (apt-get install chromium) to run it.');
const folder = mkdtempSync(join(tmpdir(), 'activeflow-microphone-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

describe.skipIf(!has('baresip') || CHROMIUM === undefined)('two phones and a browser in one room', () => {
  const stage = useStage({ ACTIVEFLOW_WEBRTC: 'true', ACTIVEFLOW_WEBRTC_PORT: '0' });

  it('hear each other and not themselves', async () => {
    const microphone = join(folder, 'microphone.wav');
    writeWav(microphone, tone(BROWSER, 30));
    const flow = await stage.number('room', [{ type: 'answer' }, { type: 'recording_start' }, { type: 'conference_join', option: { conference_id: 'all of us' } }]);
    const browser = await chromium.launch({
      executablePath: CHROMIUM ?? '', timeout: PATIENCE_MS,
      args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${microphone}`, '--allow-loopback-in-peer-connection', '--autoplay-policy=no-user-gesture-required', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.addInitScript((key) => {
      sessionStorage.setItem('activeflow.credentials', key);
      // A steady tone is what a microphone suppresses as noise.
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = () => ask({ audio: { noiseSuppression: false, echoCancellation: false, autoGainControl: false } });
    }, stage.server().access_key);
    await page.goto(`${stage.server().url}/call?to=room`);
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await page.getByText('In the call', { exact: true }).waitFor();
    const of_browser = await stage.stands(flow, 'conference_join');

    const phones = [await stage.ready({ user: '1000', tone_hz: FIRST }), await stage.ready({ user: '1001', tone_hz: SECOND })] as const;
    for (const phone of phones) {
      await phone.dial('room');
      await phone.until('CALL_ESTABLISHED');
    }
    const [first, second] = phones;
    await hears(first, SECOND, BROWSER);
    await hears(second, FIRST, BROWSER);
    // What the browser hears is loud there.
    await page.waitForFunction(() => Number(document.querySelector('[role="meter"][aria-label="Them"]')?.getAttribute('aria-valuenow')) > 5);
    await page.getByRole('button', { name: 'Hang up' }).click();
    const [said, heard] = await stage.recorded(of_browser);
    for (const phone of phones) await phone.hangup();
    expect(heardIn(first.heard())).toEqual([SECOND, BROWSER]);
    expect(heardIn(second.heard())).toEqual([FIRST, BROWSER]);
    expect(heardIn(said)).toEqual([BROWSER]);
    expect(heardIn(heard)).toEqual([FIRST, SECOND]);
  });
});
