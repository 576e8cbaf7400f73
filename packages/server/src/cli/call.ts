// `activeflow call`: a played caller at the terminal. What is spoken appears, what is typed is pressed.
import { ActiveflowError, type Client, type HistoryEntry, type PlayedCallInput } from '@activeflow/client';
import type { Command } from 'commander';
import { createCaller, type Hands } from './caller.js';
import { readActions } from './flow-file.js';
import { follow } from './follow.js';
import { plain } from './output.js';
import { connect, explain, findFlow, withRemote, type Remote } from './remote.js';
import { CommandError, note, paint, say, UsageError } from './terminal.js';

type Options = Remote & { readonly file?: string; readonly from: string; readonly to?: string };

const HELP = `
At a terminal the keys are the telephone's, and Ctrl-C hangs up. Otherwise each line of stdin is what the caller does the next time the flow
listens: digits, \`hangup\`, or nothing where the line is empty. Exits 1 where the run failed or crossed a limit. The server must have its
simulator on, as \`activeflow dev\` has.

Examples:
  $ activeflow call hello
  $ activeflow call +15551234567 --from +15557654321
  $ printf '1\\n' | activeflow call --file examples/ivr.json`;

/** Adds the command. */
export function addCall(program: Command): void {
  withRemote(program.command('call [flow-or-number]').description('call a flow, by id or name, or a number, and listen').addHelpText('after', HELP))
    .option('--file <file>', 'a flow in a file, called without being stored').option('--from <number>', 'who calls', '+15550100').option('--to <number>', 'who is called')
    .action(call);
}

async function call(target: string | undefined, options: Options): Promise<void> {
  if ((target === undefined) === (options.file === undefined)) throw new UsageError('Say what to call: a flow, a number, or --file; one of them.');
  const client = connect(options);
  const { id, activeflow_id } = await dial(client, await inputOf(client, target, options));
  await say(paint('dim', `Calling; call ${id}, activeflow ${activeflow_id}.`));
  const line = createLine(client, id);
  const caller = createCaller(line);
  let last: HistoryEntry | undefined;
  try {
    for await (const { entry, closed } of follow(client, activeflow_id)) {
      if (last?.number === entry.number) { if (entry.error) await say(failed(entry)); }
      else {
        for (const text of heard(entry)) await say(text);
        if (entry.kind === 'step') caller.heard(entry, !closed);
      }
      last = entry;
    }
  } finally {
    caller.close();
  }
  if (last) await conclude(client, id, last);
}

/** What the caller does goes to the server one after another, while the call is listened to; what comes too late has nothing to do. */
function createLine(client: Client, id: string): Hands {
  let before: Promise<unknown> = Promise.resolve();
  let hung_up = false;
  const then = (ask: () => Promise<unknown>, shown: string) => {
    before = before.then(ask).then(() => say(paint('cyan', shown))).catch((error: unknown) => {
      if (!(error instanceof ActiveflowError)) throw error;
      if (error.reason !== 'STATE_INVALID') note(explain(error));
    });
  };
  return {
    press: (digits) => { then(() => client.simulator.digits(id, digits), `[${digits}]`); },
    hangUp() {
      // Whoever asks twice wants to leave, whatever the server does.
      if (hung_up) process.exit(130);
      hung_up = true;
      then(() => client.simulator.hangup(id), '[hangs up]');
    },
  };
}

async function dial(client: Client, input: PlayedCallInput) {
  try {
    return await client.simulator.call(input);
  } catch (error) {
    if (error instanceof ActiveflowError && error.reason === 'ROUTE_NOT_FOUND') throw new CommandError('This server plays no calls: start it with ACTIVEFLOW_SIMULATOR=true, or use `activeflow dev`.');
    throw error;
  }
}

async function inputOf(client: Client, target: string | undefined, { file, from, to }: Options): Promise<PlayedCallInput> {
  const people = { source: { target: from }, ...(to === undefined ? {} : { destination: { target: to } }) };
  if (file !== undefined) return { ...people, actions: await readActions(file) };
  if (target !== undefined && /^\+?[0-9]+$/.test(target)) return { ...people, number: target };
  return { ...people, flow_id: (await findFlow(client, target ?? '')).id };
}

/** What a caller notices of an entry: what is spoken and played, and, dimmer, what happens behind it. */
function heard(entry: HistoryEntry): readonly string[] {
  const { kind, action, error, detail } = entry;
  if (kind !== 'step' || action === null) return kind === 'created' || kind === 'ended' ? [] : [paint('dim', `  (${[kind, plain(detail)].filter(Boolean).join(' ')})`)];
  if (error) return [failed(entry)];
  const { text, stream_urls, length, duration, key } = action.option as { text?: string; stream_urls?: readonly string[]; length?: number; duration?: number; key?: string };
  switch (action.type) {
    case 'talk': return [`${paint('bold', '»')} ${plain(text ?? '')}`];
    case 'play': return [`${paint('bold', '♪')} ${plain((stream_urls ?? []).join(' '))}`];
    case 'digits_receive': return [paint('dim', `  (listens for ${length ? `${length} digit${length === 1 ? '' : 's'}` : 'digits'}${key ? ` or ${plain(key)}` : ''}, ${(duration ?? 5000) / 1000} s)`)];
    default: return [paint('dim', `  (${action.type})`)];
  }
}

const failed = ({ action, error }: HistoryEntry): string => paint('yellow', `  (${action?.type ?? ''}: ${plain(error?.message ?? '')})`);

const FAILURES: readonly string[] = ['failed', 'limit_exceeded', 'expired'];

async function conclude(client: Client, id: string, { result, detail }: HistoryEntry): Promise<void> {
  const { hangup_by } = await client.calls.get(id);
  const how = { completed: 'the flow is through', stopped: 'the flow stopped', canceled: 'it was stopped from outside', hangup: hangup_by === 'remote' ? 'the caller hung up' : 'the call was hung up' }[result];
  const why = result === 'hangup' ? '' : plain(detail);
  const sentence = `The call is over (${result}): ${[how, why].filter(Boolean).join('; ')}.`;
  if (FAILURES.includes(result)) throw new CommandError(sentence);
  await say(sentence);
}
