// `activeflow flows …`: flows of a server, from the command line.
import type { Client, Flow, Problem } from '@activeflow/client';
import { ActiveflowError } from '@activeflow/client';
import type { Command } from 'commander';
import { readFlowFile, type FlowFile } from './flow-file.js';
import { plain, shortTime, withOutput, writeList, writeOne, type Column, type Output } from './output.js';
import { connect, findFlow, flowsNamed, withRemote, type Remote } from './remote.js';
import { CommandError, paint, say, UsageError } from './terminal.js';

type Options = Remote & { readonly output: Output };

const COLUMNS: readonly Column<Flow>[] = [
  { head: 'ID', width: 36, of: ({ id }) => id }, { head: 'REVISION', width: 8, of: ({ revision }) => String(revision) },
  { head: 'ACTIONS', width: 7, of: ({ actions }) => String(actions.length) }, { head: 'CREATED', width: 19, of: ({ tm_create }) => shortTime(tm_create) },
  { head: 'NAME', of: ({ name }) => name },
];

/** Adds the commands. */
export function addFlows(program: Command): void {
  const flows = program.command('flows').description('list, read, store, check and delete flows').helpCommand(false);
  withOutput(withRemote(flows.command('list').description('list flows, newest first')))
    .addHelpText('after', '\nExamples:\n  $ activeflow flows list\n  $ activeflow flows list --output json | head -1')
    .action(async (options: Options) => writeList(connect(options).flows.list(), COLUMNS, options.output));
  withOutput(withRemote(flows.command('get <flow>').description('read a flow, by id or name')))
    .addHelpText('after', '\nExample:\n  $ activeflow flows get hello --output json > hello.json')
    .action(async (flow: string, options: Options) => writeFlow(await findFlow(connect(options), flow), options.output));
  withOutput(withRemote(flows.command('put <file>').description('create or update a flow from a file, or from stdin with `-`')))
    .option('--id <id>', 'the flow to update')
    .addHelpText('after', `
Updates the flow that --id names. Without --id: the one with the id inside the file, else the one with the name inside the file; creates
one where there is neither. What runs keeps the revision it began with.

Examples:
  $ activeflow flows put examples/ivr.json
  $ activeflow flows put hello.json --id 6f18ae1c-ddf8-413b-9572-ad30574604ef`)
    .action(put);
  withOutput(withRemote(flows.command('validate <file>').description('check a flow in a file without storing it')))
    .addHelpText('after', '\nPrints each problem with its line and JSON pointer; exits 1 where there are errors, 0 where there are none or warnings alone.\n\nExample:\n  $ activeflow flows validate examples/ivr.json')
    .action(validate);
  withOutput(withRemote(flows.command('delete <id>').description('delete a flow; what runs goes on')))
    .action(async (id: string, options: Options) => {
      const flow = await connect(options).flows.delete(id);
      await (options.output === 'json' ? writeFlow(flow, 'json') : say(`Deleted ${flow.id} ${plain(flow.name)}`));
    });
}

async function writeFlow(flow: Flow, output: Output): Promise<void> {
  await writeOne(flow, [
    ['id', flow.id], ['name', flow.name], ...(flow.detail === '' ? [] : [['detail', flow.detail] as const]), ['revision', String(flow.revision)],
    ['created', shortTime(flow.tm_create)], ['updated', shortTime(flow.tm_update)],
  ], output);
  if (output === 'json') return;
  for (const [index, { type, option }] of flow.actions.entries()) await say(`${String(index).padStart(6)}  ${type.padEnd(20)}  ${plain(JSON.stringify(option))}`);
}

async function put(path: string, options: Options & { readonly id?: string }): Promise<void> {
  const file = await readFlowFile(path);
  const client = connect(options);
  const found = await existing(client, file, options.id, path);
  try {
    const flow = found ? await client.flows.update(found.id, file.flow) : await client.flows.create(file.flow);
    if (options.output === 'json') return await writeFlow(flow, 'json');
    await say(found ? `Updated ${flow.id} ${plain(flow.name)} to revision ${flow.revision} (found by ${found.by})` : `Created ${flow.id} ${plain(flow.name)}`);
  } catch (error) {
    throw error instanceof ActiveflowError && error.details.length > 0 ? refused(path, error, file) : error;
  }
}

type Existing = { readonly id: string; readonly by: string };

async function existing(client: Client, { id, flow }: FlowFile, asked: string | undefined, path: string): Promise<Existing | undefined> {
  if (asked !== undefined) return { id: (await client.flows.get(asked)).id, by: '--id' };
  if (id !== undefined && (await isThere(client, id))) return { id, by: 'the id in the file' };
  if (typeof flow.name !== 'string' || flow.name === '') throw new UsageError(`${path} names no flow: give --id, or a name inside the file.`);
  const named = await flowsNamed(client, flow.name);
  const [only] = named;
  if (named.length > 1) throw new CommandError(`${named.length} flows are named "${flow.name}": say which with --id (${named.map((one) => one.id).join(', ')}).`);
  return only && { id: only.id, by: 'its name' };
}

async function isThere(client: Client, id: string): Promise<boolean> {
  try {
    await client.flows.get(id);
    return true;
  } catch (error) {
    if (error instanceof ActiveflowError && (error.reason === 'FLOW_NOT_FOUND' || error.reason === 'INVALID_ID')) return false;
    throw error;
  }
}

/** The server's refusal, told by the lines of the file. */
function refused(path: string, { details, reason }: ActiveflowError, file: FlowFile): CommandError {
  const lines = details.map(({ pointer = '', message = '' }) => `  ${place(path, pointer, file)}: ${message}`);
  return new CommandError([`${path} is refused (${reason}):`, ...lines.map(plain)].join('\n'));
}

const place = (path: string, pointer: string, { line }: FlowFile): string => `${path}:${line(pointer) ?? 1} ${pointer || '/'}`;

async function validate(path: string, options: Options): Promise<void> {
  const file = await readFlowFile(path);
  const { valid, errors, warnings } = await connect(options).flows.validate(file.flow);
  const placed = (problems: readonly Problem[]) => problems.map((problem) => ({ ...problem, line: file.line(problem.pointer) ?? 1 }));
  if (options.output === 'json') await say(JSON.stringify({ valid, errors: placed(errors), warnings: placed(warnings) }, null, 2));
  else {
    for (const { pointer, message } of errors) await say(`${place(path, pointer, file)}: ${paint('red', 'error')}: ${plain(message)}`);
    for (const { pointer, message } of warnings) await say(`${place(path, pointer, file)}: ${paint('yellow', 'warning')}: ${plain(message)}`);
    if (valid) await say(`${path} is valid${warnings.length > 0 ? `, ${count(warnings.length, 'warning')}` : ''}`);
  }
  if (!valid) throw new CommandError(`${path} has ${count(errors.length, 'error')}.`);
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
