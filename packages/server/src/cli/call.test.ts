// The IVR of the examples, played through `activeflow call` with every key and a hangup at every prompt. The clock stands still until the
// test moves it, so all the callers walk through the menu in step, however slow the machine is.
import { readFileSync } from 'node:fs';
import { createClient, type ActionInput, type Client, type HistoryEntry } from '@activeflow/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, EXAMPLES, FREE_PORT, makePlace, type Place, type Running } from './testing/process.js';

const IVR = `${EXAMPLES}ivr.json`;
const actions = (JSON.parse(readFileSync(IVR, 'utf8')) as { actions: ActionInput[] }).actions;
const textOf = (id: string): string => actions.find((action) => action.id === id)?.option?.['text'] as string;
const branch = actions.find(({ type }) => type === 'branch')?.option as { target_ids: Record<string, string> };
const choices = Object.entries(branch.target_ids).map(([key, id]) => ({ key, text: textOf(id) }));
const WELCOME = textOf('menu');
const LISTENS = '(listens for 1 digit';
const GOODBYE = textOf('goodbye');
const AGAIN = textOf('again');
const HUNG_UP = 'The call is over (hangup): the caller hung up';
const THROUGH = 'The call is over (completed): the flow is through';

/** For what hangs: each of these starts several processes, and a busy machine is no failure. */
const LONG = 300_000;
const SOON = { timeout: 120_000 };

let place: Place;
let client: Client;
let env: Record<string, string>;

beforeAll(async () => {
  place = makePlace();
  const url = await addressOf(place.start(['dev'], { ...FREE_PORT, ACTIVEFLOW_CLOCK: 'virtual' }));
  env = { ACTIVEFLOW_URL: url };
  client = createClient({ base_url: url, access_key: readFileSync(`${place.folder}/data/dev-access-key`, 'utf8').trim() });
}, LONG);
afterAll(() => place.close());

const callIvr = (): Running => place.start(['call', '--file', IVR], env);
/** Moves the clock, once all that is to be heard has begun: a prompt lasts from when its driver comes to it. */
async function moveOn(seconds: number): Promise<void> {
  await expect.poll(async () => {
    for await (const { id } of client.activeflows.list({ status: 'running' })) if (!(await hasBegun(id))) return false;
    return true;
  }, SOON).toBe(true);
  await client.simulator.clock({ advance_ms: seconds * 1000 });
}

async function hasBegun(id: string): Promise<boolean> {
  let last: HistoryEntry | undefined;
  for await (const entry of client.activeflows.history(id)) last = entry;
  return last !== undefined && (last.kind === 'ended' || last.effects.some(({ status }) => status === 'open'));
}

const spoken = (stdout: string): string[] => stdout.split('\n').filter((line) => line.startsWith('» ')).map((line) => line.slice(2));
const activeflowOf = (stdout: string) => client.activeflows.get(/activeflow ([0-9a-f-]{36})/.exec(stdout)?.[1] ?? '');

/** Ends a call by Ctrl-C; the run and the call must end with it, where they stood. */
async function hangUp(caller: Running, at: string): Promise<void> {
  caller.child.kill('SIGINT');
  const { code, stdout } = await caller.ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(HUNG_UP) });
  const { status, end_reason, current_action, reference_id } = await activeflowOf(stdout);
  expect({ status, end_reason, at: current_action.option['text'] ?? current_action.type }).toEqual({ status: 'ended', end_reason: 'hangup', at });
  expect(await client.calls.get(reference_id)).toMatchObject({ status: 'hangup', hangup_by: 'remote' });
}

describe('the IVR', () => {
  test('a menu of seven choices, as the welcome says', () => {
    const said = { 0: 'developer', 1: 'simple talk', 2: 'transcription', 3: 'queue', 4: 'voicemail', 5: 'conference', 6: 'chatbot' };
    expect(Object.fromEntries(choices.map(({ key, text }) => [key, /^You chose the (.+):/.exec(text)?.[1]]))).toEqual(said);
    for (const { key } of choices) expect(WELCOME).toContain(`press ${key}`);
  });

  test('every key leads where it should; a hangup at every choice and at the goodbye ends the run there', async () => {
    const through = choices.map((choice) => ({ ...choice, caller: callIvr() }));
    const leaving = choices.map((choice) => ({ ...choice, caller: callIvr() }));
    const late = callIvr();
    for (const { caller, key } of [...through, ...leaving]) caller.child.stdin.end(`${key}\n`);
    late.child.stdin.end('1\n');
    // A digit ends the welcome at once: no time has passed.
    for (const { caller, text } of [...through, ...leaving]) expect(spoken(await caller.until(text))).toEqual([WELCOME, text]);
    await Promise.all(leaving.map(({ caller, text }) => hangUp(caller, text)));
    await late.until(choices.find(({ key }) => key === '1')?.text ?? '');
    await moveOn(20);
    const at = (key: string) => through.find((one) => one.key === key)?.caller as Running;
    const [voicemail, conference, developer] = [at('4'), at('5'), at('0')];
    for (const { caller } of through) if (![voicemail, conference, developer].includes(caller)) await caller.until(GOODBYE);
    // Whoever has been joined to somebody stays until a hangup.
    for (const [caller, action] of [[conference, 'conference_join'], [developer, 'connect']] as const) {
      await caller.until(`(${action})`);
      await hangUp(caller, action);
    }
    await late.until(GOODBYE);
    await hangUp(late, GOODBYE);
    // Who leaves a message and presses nothing is waited for.
    do await moveOn(20); while ((await activeflowOf(voicemail.stdout())).status === 'running');
    for (const { caller, text } of through.filter((one) => one.caller !== conference && one.caller !== developer)) {
      const { code, stdout } = await caller.ended;
      expect({ code, spoken: spoken(stdout) }).toEqual({ code: 0, spoken: [WELCOME, text, ...(caller === voicemail ? ['Your message has been recorded.'] : []), GOODBYE] });
      expect(stdout).toContain(THROUGH);
    }
  }, LONG);

  test('no key and a wrong one: two more tries, then goodbye; a hangup at the welcome, while it listens, and at the rebuke', async () => {
    const [silent, wrong, first, second, third] = Array.from({ length: 5 }, callIvr) as [Running, Running, Running, Running, Running];
    for (const { child } of [silent, first, second, third]) child.stdin.end();
    wrong.child.stdin.end('9\n*\n#\n');
    await Promise.all([silent, first, second, third].map((caller) => caller.until(WELCOME)));
    await hangUp(first, WELCOME);
    await wrong.until(AGAIN);
    await moveOn(20);
    await Promise.all([silent, second, third].map((caller) => caller.until(LISTENS)));
    await hangUp(second, 'digits_receive');
    // In steps that are longer than the longest prompt, and far shorter than a prompt's deadline; not while somebody is about to press a key.
    const isAboutToPress = async (): Promise<boolean> => {
      const { status, current_action: { type, option } } = await activeflowOf(wrong.stdout());
      return status === 'running' && (type === 'digits_receive' || option['text'] === WELCOME) && (wrong.stdout().match(/^\[.\]$/gm)?.length ?? 0) < 3;
    };
    const goOn = async (): Promise<void> => { await expect.poll(isAboutToPress, SOON).toBe(false); await moveOn(20); };
    await goOn();
    await third.until(AGAIN);
    await hangUp(third, AGAIN);
    // The others go on by themselves.
    const over = Promise.all([silent.ended, wrong.ended]);
    for (let done = false; !done;) {
      await goOn();
      done = await Promise.race([over.then(() => true), new Promise<false>((resolve) => { setTimeout(resolve, 100, false); })]);
    }
    for (const { code, stdout } of await over) {
      expect({ code, spoken: spoken(stdout) }).toEqual({ code: 0, spoken: [WELCOME, AGAIN, WELCOME, AGAIN, WELCOME, AGAIN, GOODBYE] });
      expect(stdout).toContain(THROUGH);
    }
    expect((await wrong.ended).stdout.match(/^\[.\]$/gm)).toEqual(['[9]', '[*]', '[#]']);
  }, LONG);

  test('a script can hang up, and say nothing', async () => {
    const caller = callIvr();
    caller.child.stdin.end('\nhangup\n');
    await caller.until(WELCOME);
    await moveOn(20);
    await caller.until(LISTENS);
    await moveOn(20);
    await caller.until(AGAIN);
    await moveOn(20);
    const { stdout } = await caller.ended;
    expect(spoken(stdout)).toEqual([WELCOME, AGAIN, WELCOME]);
    expect(stdout).toContain(HUNG_UP);
  }, LONG);
});

describe('calling', () => {
  test('a number, from and to whom is asked', async () => {
    const flow = await client.flows.create({ name: 'numbered', actions: [{ type: 'talk', option: { text: '${voipbin.call.source.target} calls ${voipbin.call.destination.target}' } }] });
    await client.numbers.create({ number: '+15557654321', call_flow_id: flow.id });
    const caller = place.start(['call', '+15557654321', '--from', '+15551112222'], env);
    expect(spoken(await caller.until('calls'))).toEqual(['+15551112222 calls +15557654321']);
    await moveOn(30);
    expect((await caller.ended).code).toBe(0);
  }, LONG);

  test('a flow that fails: exit 1, and why', async () => {
    const failing = [{ type: 'variable_set', option: { key: 'nowhere', value: '${missing}' } }, { type: 'goto', option: { target_id: '${nowhere}' } }];
    const { id } = await client.flows.create({ name: 'failing', actions: failing });
    const { code, stderr } = await place.run(['call', id], env);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^The call is over \(failed\): .+\.\n$/) });
  }, LONG);

  test('nobody, and nothing that is there: one sentence', async () => {
    expect(await place.run(['call'], env)).toMatchObject({ code: 2, stderr: 'Say what to call: a flow, a number, or --file; one of them.\n' });
    expect(await place.run(['call', 'nowhere'], env)).toMatchObject({ code: 1, stderr: 'No flow is named "nowhere": see `activeflow flows list`.\n' });
    expect(await place.run(['call', '+1999'], env)).toMatchObject({ code: 1, stderr: expect.stringContaining('NUMBER_NOT_FOUND') });
  }, LONG);
});
