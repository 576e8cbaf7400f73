// `activeflow messages`, as it is typed.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf, FREE_PORT, makePlace, type Place } from './testing/process.js';

const LONG = 180_000;
let place: Place;
let ask: (...args: string[]) => ReturnType<Place['run']>;
beforeAll(async () => {
  place = makePlace();
  const url = await addressOf(place.start(['dev'], FREE_PORT));
  ask = (...args) => place.run([...args, '--url', url]);
}, LONG);
afterAll(() => place.close());

test('send says what became of it, list shows it', async () => {
  const sent = await ask('messages', 'send', 'Your table\nis ready.', '--from', '+15550100', '--to', '+15550101', '--to', '+15550102');
  expect(sent).toMatchObject({ code: 0, stderr: '' });
  expect(sent.stdout).toMatch(/^from +\+15550100$/m);
  expect(sent.stdout).toMatch(/^to +\+15550102 {2}delivered$/m);
  const list = await ask('messages', 'list');
  expect(list.stdout.split('\n')[1]).toMatch(/^[0-9a-f-]{36} {2}\d{4}-\S+ \S+ +out +\+15550100 +\+15550101 \+1 +delivered +Your table is ready\.$/);
  const [json] = (await ask('messages', 'list', '--output', 'json')).stdout.split('\n');
  expect(JSON.parse(json ?? '')).toMatchObject({ direction: 'outbound', text: 'Your table\nis ready.', targets: [{ status: 'delivered', provider: 'simulator' }, { status: 'delivered' }] });
}, LONG);

test('what is missing is said', async () => {
  expect(await ask('messages', 'send', 'Hi')).toMatchObject({ code: 2, stderr: expect.stringContaining("'--to <number>'") as string });
  expect(await ask('messages', 'send', '', '--to', '+1')).toMatchObject({ code: 1, stderr: expect.stringContaining('MISSING_REQUEST_PARAMETER') as string });
}, LONG);
