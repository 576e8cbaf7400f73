// `activeflow dev`: the server to try things out with. Nothing to set, everything it makes stays under ./data.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createClient } from '@activeflow/client';
import type { Command } from 'commander';
import { newAccessKey } from '../api/identity.js';
import { readConfig, type Config } from '../config.js';
import { keep, KEY_FILE, SECRET_FILE } from './kept.js';
import { isLoopback } from './loopback.js';
import { CommandError, paint, say } from './terminal.js';
import { welcome } from './welcome.js';

const HELP = `
Keeps a SQLite file, an access key and a signing secret under ./data. Played callers are on, rate limits are off.

Example:
  $ activeflow dev
  $ ACTIVEFLOW_PORT=9090 activeflow dev`;

/** Adds the command. */
export function addDev(program: Command): void {
  program.command('dev').description('run a server to try things out, with its data under ./data').addHelpText('after', HELP).action(async () => {
    const given = readConfig(undefined, { rate_limit: '0', simulator: 'true', log: 'warn' });
    if (!isLoopback(given.host)) throw new CommandError(`ACTIVEFLOW_HOST is ${given.host}, which others reach: \`dev\` stays on this machine; use \`activeflow start\`.`);
    const config: Config = {
      ...given,
      access_key: given.access_key || keep(KEY_FILE, /^af_[A-Za-z0-9]{40}$/, newAccessKey),
      jwt_secret: given.jwt_secret || keep(SECRET_FILE, /^.{32,}$/, () => randomBytes(32).toString('hex')),
    };
    // The server is loaded for those who run it alone: the other commands start sooner.
    const { serve } = await import('./serve.js');
    await serve(config, async ({ url, parts }) => {
      // A key that has expired opens nothing; neither does a link in its name.
      const whose = await parts.identities.identify({ kind: 'accesskey', value: config.access_key }).catch(() => undefined);
      // A flow to begin with is a courtesy: where it cannot be had, the server is there all the same.
      if (whose) await welcome(createClient({ base_url: url, access_key: config.access_key })).catch(() => undefined);
      const link = whose ? `${url}/#ticket=${parts.tickets.issue(whose.customer_id)}` : `${url}/`;
      for (const line of banner(config, url, given.access_key === '', link)) await say(line);
    });
  });
}

/** The first thing to try: a flow that a caller can be played at. */
const HELLO = {
  name: 'hello',
  actions: [
    { type: 'talk', option: { text: 'Hello. Press a key.', digits_handle: 'next' } },
    { type: 'digits_receive', option: { length: 1, duration: 5000 } },
    { type: 'talk', option: { text: 'You pressed ${voipbin.call.digits}. Goodbye.' } },
  ],
};

/** What `dev` prints: where it is, how to get in, and two lines to try. */
function banner(config: Config, url: string, kept: boolean, link: string): readonly string[] {
  const { access_key, store, clock } = config;
  const row = (name: string, value: string, remark = '') => `  ${paint('dim', name.padEnd(12))}${value}${remark === '' ? '' : paint('dim', `  ${remark}`)}`;
  const activeflow = existsSync('node_modules/.bin/activeflow') ? 'npx activeflow' : 'activeflow';
  const at = url === 'http://127.0.0.1:8080' ? '' : `--url ${url} `;
  return [
    `${paint('bold', 'activeflow')} is running. Ctrl-C stops it.`, '',
    // What follows a # is sent to no server, so that no log has it.
    row('Console', link, link.includes('#') ? 'the link signs in once, within ten minutes' : ''), row('API', `${url}/v1.0`), row('Reference', `${url}/docs`), row('Access key', access_key, kept ? `kept in ${KEY_FILE}` : 'from ACTIVEFLOW_ACCESS_KEY'),
    row('Store', store.kind === 'memory' ? 'memory' : store.path, store.kind === 'memory' ? 'gone when it stops' : 'what runs goes on after a restart'),
    ...(clock === 'virtual' ? [row('Clock', 'virtual', 'stands still until POST /v1.0/simulator/clock')] : []), '',
    'Register a flow:', '',
    `  curl -s ${url}/v1.0/flows -H 'Authorization: Bearer ${access_key}' -H 'Content-Type: application/json' -d '${JSON.stringify(HELLO)}'`, '',
    'Call it, from another terminal in this folder:', '',
    `  ${activeflow} call ${at}hello`, '',
  ];
}
