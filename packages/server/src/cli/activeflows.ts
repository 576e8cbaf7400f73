// `activeflow activeflows …`: what runs on a server, from the command line.
import type { Activeflow, ActiveflowInput, HistoryEntry, ReferenceType } from '@activeflow/client';
import type { Command } from 'commander';
import { readActions } from './flow-file.js';
import { follow } from './follow.js';
import { rowLine, shortTime, withOutput, writeList, writeOne, type Column, type Output } from './output.js';
import { connect, findFlow, withRemote, type Remote } from './remote.js';
import { say, UsageError } from './terminal.js';

type Options = Remote & { readonly output: Output };
type ListOptions = Options & { readonly status?: 'running' | 'ended'; readonly flow?: string; readonly referenceType?: ReferenceType; readonly variable: Readonly<Record<string, string>> };
type StartOptions = Options & { readonly file?: string; readonly id?: string; readonly name?: string; readonly variable: Readonly<Record<string, string>> };

const COLUMNS: readonly Column<Activeflow>[] = [
  { head: 'ID', width: 36, of: ({ id }) => id }, { head: 'STATUS', width: 8, of: ({ status, paused }) => (paused ? 'paused' : status) },
  { head: 'STARTED BY', width: 12, of: ({ reference_type }) => reference_type || '-' }, { head: 'CREATED', width: 19, of: ({ tm_create }) => shortTime(tm_create) },
  { head: 'AT', width: 20, of: ({ current_action }) => current_action.type || (current_action.id.endsWith('2') ? 'finish' : 'start') },
  { head: 'WHY', of: ({ waiting_for, end_reason }) => end_reason || (waiting_for ? `waits for ${waiting_for.kind} until ${shortTime(waiting_for.until)}` : '') },
];

const HISTORY: readonly Column<HistoryEntry>[] = [
  { head: 'BEGAN', width: 26, of: ({ began }) => began }, { head: 'STEP', width: 4, of: ({ step }) => (step > 0 ? String(step) : '') },
  { head: 'WHAT', width: 20, of: ({ kind, action }) => (kind === 'step' ? (action?.type ?? '') : kind) },
  { head: 'RESULT', width: 9, of: ({ kind, result }) => result || (kind === 'step' ? '…' : '') },
  { head: 'BY', width: 9, of: ({ cause }) => cause.by }, { head: 'DETAIL', of: (entry) => detailOf(entry) },
];

/** Adds the commands. */
export function addActiveflows(program: Command): void {
  const activeflows = program.command('activeflows').description('list, read, start, stop and follow what runs').helpCommand(false);
  withOutput(withRemote(activeflows.command('list').description('list activeflows, newest first')))
    .option('--status <status>', 'running or ended').option('--flow <flow>', 'those of a flow, by id or name').option('--reference-type <type>', 'what started them: api, call, sms, …')
    .option('--variable <name=value>', 'those with this value of a variable; may be repeated', pair, {})
    .addHelpText('after', '\nExamples:\n  $ activeflow activeflows list --status running\n  $ activeflow activeflows list --variable order=4711 --output json')
    .action(list);
  withOutput(withRemote(activeflows.command('get <id>').description('read an activeflow')))
    .action(async (id: string, options: Options) => writeActiveflow(await connect(options).activeflows.get(id), options.output));
  withOutput(withRemote(activeflows.command('start [flow]').description('start a flow, by id or name, or the actions of a file')))
    .option('--file <file>', 'actions to run, in place of a flow; `-` is stdin').option('--id <id>', 'an id of your choice').option('--name <name>', 'a name for the run')
    .option('--variable <name=value>', 'a variable it begins with; may be repeated', pair, {})
    .addHelpText('after', '\nExamples:\n  $ activeflow activeflows start reminder --variable customer="Ada Lovelace"\n  $ echo \'[{"type":"sleep","option":{"duration":60000}}]\' | activeflow activeflows start --file -')
    .action(start);
  withOutput(withRemote(activeflows.command('stop <id>').description('stop an activeflow; its call is hung up')))
    .action(async (id: string, options: Options) => writeActiveflow(await connect(options).activeflows.stop(id), options.output));
  withOutput(withRemote(activeflows.command('history <id>').description('everything that happened to an activeflow, oldest first')))
    .action(async (id: string, options: Options) => writeList(connect(options).activeflows.history(id), HISTORY, options.output));
  withOutput(withRemote(activeflows.command('tail <id>').description('follow an activeflow until it ends; outlives a restart of the server')))
    .addHelpText('after', '\nIn json each step is one line, written when it is over. Exits 0 however the activeflow ends.\n\nExample:\n  $ activeflow activeflows tail 6f18ae1c-ddf8-413b-9572-ad30574604ef')
    .action(tail);
}

function pair(text: string, known: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--variable takes name=value, got "${text}".`);
  return { ...known, [text.slice(0, at)]: text.slice(at + 1) };
}

async function list({ status, flow, referenceType, variable, ...options }: ListOptions): Promise<void> {
  const client = connect(options);
  const flow_id = flow === undefined ? undefined : (await findFlow(client, flow)).id;
  const rows = client.activeflows.list({
    ...(status ? { status } : {}), ...(flow_id ? { flow_id } : {}), ...(referenceType ? { reference_type: referenceType } : {}), variables: variable,
  });
  await writeList(rows, COLUMNS, options.output);
}

async function start(flow: string | undefined, { file, id, name, variable, ...options }: StartOptions): Promise<void> {
  if ((flow === undefined) === (file === undefined)) throw new UsageError('Say what to start: a flow, or --file; not both.');
  const client = connect(options);
  const what = file === undefined ? { flow_id: (await findFlow(client, flow ?? '')).id } : { actions: await readActions(file) };
  const input: ActiveflowInput = { ...what, variables: variable, ...(id ? { id } : {}), ...(name ? { name } : {}) };
  await writeActiveflow(await client.activeflows.start(input), options.output);
}

function writeActiveflow(activeflow: Activeflow, output: Output): Promise<void> {
  const { id, name, flow_id, flow_revision, status, paused, reference_type, reference_id, current_action, executed_actions, pending_actions, waiting_for, end_reason, end_detail, version } = activeflow;
  const fields: (readonly [string, string])[] = [
    ['id', id], ['name', name], ['flow', flow_revision === 0 ? '-' : `${flow_id}, revision ${flow_revision}`], ['status', paused ? `${status}, paused` : status],
    ['started by', `${reference_type} ${reference_id}`], ['current action', `${current_action.type || current_action.id} ${JSON.stringify(current_action.option)}`],
    ['waits for', waiting_for ? `${waiting_for.kind} until ${waiting_for.until}` : ''], ['executed', String(executed_actions.length)],
    ['pending', pending_actions.map(({ type }) => type).join(', ')], ['ended', [end_reason, end_detail].filter(Boolean).join(': ')],
    ['created', shortTime(activeflow.tm_create)], ['updated', shortTime(activeflow.tm_update)], ['version', String(version)],
  ];
  return writeOne(activeflow, fields.filter(([, text]) => text !== ''), output);
}

async function tail(id: string, options: Options): Promise<void> {
  const client = connect(options);
  for await (const { entry, closed } of follow(client, id)) {
    if (options.output === 'json') { if (closed) await say(JSON.stringify(entry)); }
    else await say(rowLine(HISTORY, entry));
  }
}

/** What is worth telling about an entry, in a line. */
function detailOf({ action, error, variables, detail, effects }: HistoryEntry): string {
  const set = Object.entries(variables).map(([name, value]) => (value === null ? `-${name}` : `${name}=${value}`)).join(' ');
  const failing = effects.filter((effect) => effect.error !== '').map(({ kind, status, attempt, error: why }) => `${kind} ${status}, attempt ${attempt}: ${why}`);
  const option = action && Object.keys(action.option).length > 0 ? JSON.stringify(action.option) : '';
  return [error ? `${error.reason}: ${error.message}` : '', ...failing, detail, set, option].filter(Boolean).join('  ');
}
