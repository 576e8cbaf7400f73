// Commands that ask a server: where it is, who asks, and what its refusals say.
import type { ActiveflowError} from '@activeflow/client';
import { createClient, type Client, type Flow } from '@activeflow/client';
import type { Command } from 'commander';
import { readSetting } from '../config.js';
import { KEY_FILE, readKept } from './kept.js';
import { isLoopback } from './loopback.js';
import { plain } from './output.js';
import { CommandError, note } from './terminal.js';

/** What `withRemote` adds. */
export type Remote = { readonly url?: string; readonly accessKey?: string };

/** Gives a command the options `--url` and `--access-key`. */
export const withRemote = (command: Command): Command => command
  .option('--url <url>', 'the server to ask (ACTIVEFLOW_URL, http://127.0.0.1:8080)')
  .option('--access-key <key>', `who asks (ACTIVEFLOW_ACCESS_KEY, ${KEY_FILE}); other users of the machine can see it here`);

/** A client for the server that the options, or the settings, name. */
export function connect({ url, accessKey }: Remote): Client {
  const base_url = url ?? readSetting('url');
  const named = accessKey ?? readSetting('access_key');
  const access_key = named === '' ? devKey(base_url) : named;
  try {
    return createClient({ base_url, access_key });
  } catch (error) {
    throw new CommandError(`--url: ${(error as Error).message}.`);
  }
}

/** The key of `dev` is for the `dev` on this machine, and sent nowhere else. */
function devKey(url: string): string {
  const key = URL.canParse(url) && isLoopback(new URL(url).hostname) ? readKept(KEY_FILE) : undefined;
  if (key === undefined) throw new CommandError(`No access key: set ACTIVEFLOW_ACCESS_KEY, or run this in the folder where \`activeflow dev\` keeps ${KEY_FILE}.`);
  return key;
}

/** An error of the API in a sentence, its details below. */
export function explain({ reason, message, details, request_id, http_status }: ActiveflowError): string {
  const where = details.flatMap(({ pointer, message: what }) => (pointer === undefined || what === undefined || message.startsWith(`${pointer}:`) ? [] : [`  ${pointer || '/'}: ${what}`]));
  const id = http_status >= 500 && request_id !== '' ? `, request ${request_id}` : '';
  return [`${sentence(plain(message))} (${reason}${id})`, ...where.map(plain)].join('\n');
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** True for text that is an id. */
export const isId = (text: string): boolean => UUID.test(text);

/** The flow that an id or a name stands for: of several with one name, the newest, which is said. */
export async function findFlow(client: Client, id_or_name: string): Promise<Flow> {
  if (isId(id_or_name)) return client.flows.get(id_or_name);
  const found = await flowsNamed(client, id_or_name);
  const [newest] = found;
  if (newest === undefined) throw new CommandError(`No flow is named "${id_or_name}": see \`activeflow flows list\`.`);
  if (found.length > 1) note(`${found.length} flows are named "${id_or_name}"; taking the newest, ${newest.id}.`);
  return newest;
}

/** All flows of a name, newest first. */
export async function flowsNamed(client: Client, wanted: string): Promise<readonly Flow[]> {
  const found: Flow[] = [];
  for await (const flow of client.flows.list()) if (flow.name === wanted) found.push(flow);
  return found;
}
