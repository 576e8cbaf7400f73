// `activeflow keys …`: access keys, on the store itself.
import type { Command } from 'commander';
import { allOf, newAccessKeyOf } from '../api/accounts.js';
import { hashSecret } from '../api/identity.js';
import { showTime } from '../api/time.js';
import type { Document, Store } from '../store/store.js';
import { each } from './customers.js';
import { STORE_HELP, textOf, withStore, withStoreToRead, write } from './local.js';
import { shortTime, withOutput, writeList, writeOne, type Column, type Output } from './output.js';
import { CommandError, note, say, UsageError } from './terminal.js';

type Options = { readonly output: Output; readonly customer?: string };
type CreateOptions = Options & { readonly name: string; readonly days?: string };

/** A key as it is listed: enough to know it by, not enough to use it. */
const shown = (key: Document) => ({
  id: key.id, customer_id: key.customer_id, name: textOf(key, 'name'), token_prefix: textOf(key, 'token_prefix'),
  tm_expire: showTime(typeof key.data['expires_at'] === 'number' ? key.data['expires_at'] : null), tm_create: showTime(key.tm_create),
});
type Shown = ReturnType<typeof shown>;

const COLUMNS: readonly Column<Shown>[] = [
  { head: 'ID', width: 36, of: ({ id }) => id }, { head: 'CUSTOMER', width: 36, of: ({ customer_id }) => customer_id }, { head: 'KEY', width: 14, of: ({ token_prefix }) => `${token_prefix}…` },
  { head: 'EXPIRES', width: 19, of: ({ tm_expire }) => shortTime(tm_expire) }, { head: 'CREATED', width: 19, of: ({ tm_create }) => shortTime(tm_create) }, { head: 'NAME', of: ({ name }) => name },
];

const DAY_US = 86_400_000_000;
/** `af_` and three characters. */
const SHORTEST_PREFIX = 6;

/** Adds the commands. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('make, list and revoke access keys, on the store itself').helpCommand(false);
  withOutput(keys.command('create').description('make an access key, which is shown once'))
    .option('--customer <id>', 'whose it is; may be left out where there is one customer').option('--name <name>', 'what to call it', '').option('--days <days>', 'for how long it is good; for ever where left out')
    .addHelpText('after', `${STORE_HELP}\nExample:\n  $ activeflow keys create --name "for the website" --days 90`)
    .action(create);
  withOutput(keys.command('list').description('list access keys, newest first')).option('--customer <id>', 'those of one customer').addHelpText('after', STORE_HELP)
    .action(({ output, customer }: Options) => withStoreToRead((store) => {
      const query = { kind: 'accesskey', ...(customer === undefined ? {} : { customer_id: customer }) };
      return writeList(each(allOf(store, query), shown), COLUMNS, output);
    }));
  keys.command('revoke <id-or-prefix>').description('revoke an access key, by its id or how it begins; a running server refuses it within two seconds')
    .addHelpText('after', `${STORE_HELP}A key that ACTIVEFLOW_ACCESS_KEY names comes back at the next start.\n`)
    .action((which: string) => withStore(async ({ store, now }) => {
      const key = await findKey(store, which);
      await write(store, [{ ...key, version: key.version + 1, tm_update: now, tm_delete: now }], 'The key was changed at the same moment: try again.');
      await say(`Revoked ${key.id} ${shown(key).token_prefix}…`);
    }));
}

async function create({ output, customer, name, days }: CreateOptions): Promise<void> {
  if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days)) throw new UsageError('--days takes a whole number from 1 to 99999.');
  await withStore(async ({ store, now }) => {
    const owner = await findCustomer(store, customer);
    const { document, token } = newAccessKeyOf(owner.id, { name, expires_at: days === undefined ? null : now + Number(days) * DAY_US }, now);
    await write(store, [document], 'The store refuses the key.');
    if (output === 'table') note('The access key is shown this once: keep it.');
    await writeOne({ ...shown(document), token }, [['id', document.id], ['customer', owner.id], ['access key', token]], output);
  });
}

async function findCustomer(store: Store, id: string | undefined): Promise<Document> {
  if (id !== undefined) {
    const found = await store.document('customer', id.toLowerCase());
    if (!found || found.tm_delete !== null) throw new CommandError(`There is no customer ${id}: see \`activeflow customers list\`.`);
    return found;
  }
  const [only, another] = (await store.documents({ kind: 'customer', limit: 2 })).map(({ row }) => row);
  if (only === undefined) throw new CommandError('There is no customer yet: `activeflow customers create <name>` makes one.');
  if (another !== undefined) throw new CommandError('There are several customers: say whose the key is with --customer.');
  return only;
}

async function findKey(store: Store, which: string): Promise<Document> {
  // A whole key, so that one can be revoked that turned up somewhere.
  const whole = await store.find('accesskey', hashSecret(which));
  if (whole) return whole;
  const found: Document[] = [];
  for await (const key of allOf(store, { kind: 'accesskey' })) if (key.id === which.toLowerCase() || startsWith(which, key)) found.push(key);
  const [only, another] = found;
  if (only === undefined) throw new CommandError(`There is no access key ${which.slice(0, 11)}: see \`activeflow keys list\`.`);
  if (another !== undefined) throw new CommandError(`${found.length} access keys begin so: give an id.`);
  return only;
}

const startsWith = (which: string, key: Document): boolean => which.length >= SHORTEST_PREFIX && shown(key).token_prefix.startsWith(which);
