// `activeflow customers …`: who uses this server. Done on the store itself: there is no way to it over HTTP.
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { allOf, newAccessKeyOf, newCustomer } from '../api/accounts.js';
import { showTime } from '../api/time.js';
import type { Document } from '../store/store.js';
import { STORE_HELP, textOf, withStore, withStoreToRead, write } from './local.js';
import { shortTime, withOutput, writeList, writeOne, type Column, type Output } from './output.js';
import { note, UsageError } from './terminal.js';

type CreateOptions = { readonly output: Output; readonly detail: string; readonly username?: string; readonly passwordStdin?: true };

/** A customer as it is listed; nothing secret is in it. */
const shown = (customer: Document) => ({
  id: customer.id, name: textOf(customer, 'name'), detail: textOf(customer, 'detail'), username: textOf(customer, 'username'), tm_create: showTime(customer.tm_create),
});
type Shown = ReturnType<typeof shown>;

const COLUMNS: readonly Column<Shown>[] = [
  { head: 'ID', width: 36, of: ({ id }) => id }, { head: 'CREATED', width: 19, of: ({ tm_create }) => shortTime(tm_create) },
  { head: 'USERNAME', width: 20, of: ({ username }) => username || '-' }, { head: 'NAME', of: ({ name }) => name },
];

/** Adds the commands. */
export function addCustomers(program: Command): void {
  const customers = program.command('customers').description('make and list customers, on the store itself').helpCommand(false);
  withOutput(customers.command('create <name>').description('make a customer and its first access key, which is shown once'))
    .option('--detail <text>', 'what else there is to say', '').option('--username <name>', 'lets it log in; needs --password-stdin').option('--password-stdin', 'read the password from stdin')
    .addHelpText('after', `${STORE_HELP}\nExamples:\n  $ activeflow customers create "Example Ltd"\n  $ activeflow customers create "Example Ltd" --username ada --password-stdin < password.txt`)
    .action(create);
  withOutput(customers.command('list').description('list customers, newest first')).addHelpText('after', STORE_HELP)
    .action(({ output }: { readonly output: Output }) => withStoreToRead((store) => writeList(each(allOf(store, { kind: 'customer' }), shown), COLUMNS, output)));
}

async function create(name: string, { output, detail, username, passwordStdin }: CreateOptions): Promise<void> {
  if ((username === undefined) !== (passwordStdin === undefined)) throw new UsageError('--username and --password-stdin go together.');
  const login = username === undefined ? {} : { username, password: await readPassword() };
  await withStore(async ({ store, now }) => {
    const customer = await newCustomer({ name, detail, ...login }, now);
    const { document, token } = newAccessKeyOf(customer.id, { name: 'first' }, now);
    await write(store, [customer, document], `The username ${username ?? ''} is taken.`);
    if (output === 'table') note('The access key is shown this once: keep it.');
    await writeOne({ ...shown(customer), access_key: token }, [['customer', customer.id], ['name', name], ...(username === undefined ? [] : [['username', username] as const]), ['access key', token]], output);
  });
}

const SHORTEST_PASSWORD = 8;

async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) note('Type the password, then Enter and Ctrl-D; it is shown while you type.');
  const password = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (password.length < SHORTEST_PASSWORD) throw new UsageError(`The password must have at least ${SHORTEST_PASSWORD} characters.`);
  return password;
}

/** Each row, shown. */
export async function* each<T, U>(rows: AsyncIterable<T>, show: (row: T) => U): AsyncGenerator<U> {
  for await (const row of rows) yield show(row);
}
