// `activeflow dev`: the server to try things out with. Nothing to set, everything it makes stays under ./data.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createClient } from '@activeflow/client';
import type { Command } from 'commander';
import { newAccessKey } from '../api/identity.js';
import { readConfig, type Config } from '../config.js';
import type { Server } from '../main.js';
import { keep, KEY_FILE, PHONE_FILE, SECRET_FILE } from './kept.js';
import { isLoopback } from './loopback.js';
import { CommandError, paint, say } from './terminal.js';
import { IVR, IVR_NUMBER, welcome } from './welcome.js';

const HELP = `
Keeps a SQLite file, an access key, a signing secret and a phone's password under ./data. Played callers are on, phones may call by SIP and
browsers from the console, rate limits are off. Where the port of SIP is taken, a free one is used.

Example:
  $ activeflow dev
  $ ACTIVEFLOW_PORT=9090 activeflow dev`;

/** The phone that is there from the first start on. */
const EXTENSION = '1000';

/** Adds the command. */
export function addDev(program: Command): void {
  program.command('dev').description('run a server to try things out, with its data under ./data').addHelpText('after', HELP).action(async () => {
    const given = readConfig(undefined, { rate_limit: '0', simulator: 'true', log: 'warn', sip: 'true', webrtc: 'true' });
    for (const [name, host] of [['HOST', given.host], ['SIP_HOST', given.sip_host]] as const) {
      if (!isLoopback(host)) throw new CommandError(`ACTIVEFLOW_${name} is ${host}, which others reach: \`dev\` stays on this machine; use \`activeflow start\`.`);
    }
    const config: Config = {
      ...given,
      access_key: given.access_key || keep(KEY_FILE, /^af_[A-Za-z0-9]{40}$/, newAccessKey),
      jwt_secret: given.jwt_secret || keep(SECRET_FILE, /^.{32,}$/, () => randomBytes(32).toString('hex')),
      sip_extension: given.sip_extension ?? (given.sip === true ? { extension: EXTENSION, password: keep(PHONE_FILE, /^[A-Za-z0-9]{8,128}$/, () => randomBytes(8).toString('hex')) } : undefined),
    };
    // The server is loaded for those who run it alone: the other commands start sooner.
    const { serve } = await import('./serve.js');
    await serve(config, (server) => greet(config, given, server), { any_sip_port: true });
  });
}

/** Says where it is, how to get in, and what to try. */
async function greet(config: Config, given: Config, { url, parts, telephony }: Server): Promise<void> {
  // A key that has expired opens nothing; neither does a link in its name.
  const whose = await parts.identities.identify({ kind: 'accesskey', value: config.access_key }).catch(() => undefined);
  // A flow to begin with is a courtesy: where it cannot be had, the server is there all the same.
  const ready = whose ? await welcome(createClient({ base_url: url, access_key: config.access_key })).catch(() => NOTHING) : NOTHING;
  const at = (path: string): string => (whose ? `${url}${path}#ticket=${parts.tickets.issue(whose.customer_id)}` : `${url}${path}`);
  const { access_key, store, clock, sip_extension } = config;
  const sip = telephony?.bound().find(({ transport }) => transport === 'udp');
  const lines = [
    `${paint('bold', 'activeflow')} is running. Ctrl-C stops it.`, '',
    // What follows a # is sent to no server, so that no log has it.
    row('Console', at('/'), whose ? 'the link signs in once, within ten minutes' : ''), row('API', `${url}/v1.0`), row('Reference', `${url}/docs`),
    row('Access key', access_key, given.access_key === '' ? `kept in ${KEY_FILE}` : 'from ACTIVEFLOW_ACCESS_KEY'),
    row('Store', store.kind === 'memory' ? 'memory' : store.path, store.kind === 'memory' ? 'gone when it stops' : 'what runs goes on after a restart'),
    ...(clock === 'virtual' ? [row('Clock', 'virtual', 'stands still until POST /v1.0/simulator/clock')] : []),
    ...(sip && sip_extension ? phone(`${sip.address}:${sip.port}`, sip.port !== config.sip_port && config.sip_port !== 0, sip_extension, given.sip_extension === undefined) : []),
    ...(telephony?.browsers ? [row('Browser', at('/call'), 'a phone in the console')] : []), '',
    ...toTry(url, ready, sip && `${sip.address}:${sip.port}`),
  ];
  for (const line of lines) await say(line);
}

const NOTHING = { number: false, flow: false } as const;

const row = (name: string, value: string, remark = ''): string => `  ${paint('dim', name.padEnd(12))}${value}${remark === '' ? '' : paint('dim', `  ${remark}`)}`;

function phone(at: string, moved: boolean, { extension, password }: NonNullable<Config['sip_extension']>, kept: boolean): readonly string[] {
  return [
    row('Phone', `sip:${extension}@${at}`, moved ? 'the usual port is taken; UDP and TCP' : 'UDP and TCP'),
    row('', `password ${password}`, kept ? `kept in ${PHONE_FILE}` : 'from ACTIVEFLOW_SIP_EXTENSION'),
  ];
}

/** What can be done at once. */
function toTry(url: string, ready: { readonly number: boolean; readonly flow: boolean }, sip: string | undefined): readonly string[] {
  const activeflow = existsSync('node_modules/.bin/activeflow') ? 'npx activeflow' : 'activeflow';
  const at = url === 'http://127.0.0.1:8080' ? '' : `--url ${url} `;
  if (!ready.flow) return [];
  return [
    'Call the welcome menu, from another terminal in this folder:', '', `  ${activeflow} call ${at}${IVR.name ?? ''}`, '',
    ...(ready.number && sip ? [`Or dial ${IVR_NUMBER} with the phone: sip:${IVR_NUMBER}@${sip}`, ''] : []),
  ];
}
