// The pictures of the documents, made only when asked for: `npm run screenshots`.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, startStage, type Stage } from './harness.js';
import { seed } from './seed.js';

const wanted = process.env['ACTIVEFLOW_SCREENSHOTS'] ?? '';
const folder = wanted === '' || wanted === '1' ? fileURLToPath(new URL('../../../docs/screenshots/', import.meta.url)) : wanted;
/** A picture is seen by many, and kept in the history for ever. */
const MOST_BYTES = 200_000;

const PICTURES: readonly (readonly [name: string, path: string, ready: string])[] = [
  ['activeflows', '/activeflows', 'tbody tr'], ['accesskeys', '/accesskeys', 'tbody tr'], ['settings', '/settings', '.section'],
];

describe.skipIf(CHROMIUM === undefined || wanted === '')('pictures', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
    await seed(stage.client);
    mkdirSync(folder, { recursive: true });
  });
  afterAll(async () => { await stage?.close(); });

  test.each((['light', 'dark'] as const).flatMap((theme) => PICTURES.map((picture) => [...picture, theme] as const)))('%s of %s', async (name, path, ready, theme) => {
    const page = await stage.open(path, { theme, size: { width: 1280, height: 760 } });
    await page.locator(ready).first().waitFor();
    const file = join(folder, `${name}-${theme}.png`);
    await page.screenshot({ path: file });
    expect(statSync(file).size).toBeLessThan(MOST_BYTES);
  });

  test.each(['light', 'dark'] as const)('signing in (%s)', async (theme) => {
    const page = await stage.open('/', { theme, signed_in: false, size: { width: 1280, height: 760 } });
    await page.getByLabel('Access key', { exact: true }).waitFor();
    await page.screenshot({ path: join(folder, `sign-in-${theme}.png`) });
  });
});
