// `activeflow messages …`: text messages of a server, from the command line.
import type { Message } from '@activeflow/client';
import type { Command } from 'commander';
import { shortTime, withOutput, writeList, writeOne, type Column, type Output } from './output.js';
import { connect, withRemote, type Remote } from './remote.js';

type Options = Remote & { readonly output: Output };
type SendOptions = Options & { readonly from?: string; readonly to: readonly string[] };

const statusOf = ({ targets }: Message): string => [...new Set(targets.map(({ status }) => status))].join(', ');

const COLUMNS: readonly Column<Message>[] = [
  { head: 'ID', width: 36, of: ({ id }) => id }, { head: 'CREATED', width: 19, of: ({ tm_create }) => shortTime(tm_create) },
  { head: 'WAY', width: 3, of: ({ direction }) => (direction === 'inbound' ? 'in' : 'out') },
  { head: 'FROM', width: 16, of: ({ source }) => source.target || '-' }, { head: 'TO', width: 16, of: ({ targets }) => (targets[0]?.destination.target ?? '-') + (targets.length > 1 ? ` +${targets.length - 1}` : '') },
  { head: 'STATUS', width: 11, of: statusOf }, { head: 'TEXT', of: ({ text }) => text.replaceAll(/\s+/g, ' ') },
];

/** Adds the commands. */
export function addMessages(program: Command): void {
  const messages = program.command('messages').description('send and list text messages').helpCommand(false);
  withOutput(withRemote(messages.command('list').description('list messages that came and went, newest first')))
    .addHelpText('after', '\nExamples:\n  $ activeflow messages list\n  $ activeflow messages list --output json | head -1')
    .action(async (options: Options) => writeList(connect(options).messages.list(), COLUMNS, options.output));
  withOutput(withRemote(messages.command('send <text>').description('send a text message')))
    .requiredOption('--to <number>', 'who gets it; may be repeated', (to: string, before: readonly string[] = []) => [...before, to]).option('--from <number>', 'the number or name that sends it')
    .addHelpText('after', '\nWhat became of it is in `activeflow messages list`.\n\nExample:\n  $ activeflow messages send "Your table is ready." --from +15550100 --to +15550101')
    .action(send);
}

async function send(text: string, { from, to, ...options }: SendOptions): Promise<void> {
  const client = connect(options);
  const { id } = await client.messages.send({ text, destinations: to.map((target) => ({ target })), ...(from === undefined ? {} : { source: { target: from } }) });
  // As it is by now: what is sent at once is shown so.
  const message = await client.messages.get(id);
  await writeOne(message, [
    ['id', id], ['from', message.source.target || '-'],
    ...message.targets.map(({ destination, status, detail }) => ['to', [destination.target, status, detail].filter(Boolean).join('  ')] as const),
    ['text', message.text], ['activeflow', message.activeflow_id],
  ], options.output);
}
