// `activeflow start`: the server for production, which refuses settings that only suit a try-out.
import type { Command } from 'commander';
import { readConfig, type Config } from '../config.js';
import { isLoopback } from './loopback.js';
import { CommandError, note, say } from './terminal.js';

const HELP = `
Settings come from the environment; \`activeflow config\` shows them all.

Example:
  $ ACTIVEFLOW_JWT_SECRET="$(openssl rand -hex 32)" ACTIVEFLOW_ACCESS_KEY=af_... activeflow start`;

/** Adds the command. */
export function addStart(program: Command): void {
  program.command('start').description('run the server; refuses settings that only suit a try-out').addHelpText('after', HELP).action(async () => {
    const config = readConfig(undefined, { rate_limit: '200', simulator: 'false', sip: 'false', webrtc: 'false' });
    const refused = refusal(config);
    if (refused) throw new CommandError(refused);
    for (const warning of warnings(config)) note(`Warning: ${warning}`);
    // The server is loaded for those who run it alone: the other commands start sooner.
    const { serve } = await import('./serve.js');
    await serve(config, async ({ url, parts, telephony }) => {
      if ((await parts.store.documents({ kind: 'customer', limit: 1 })).length === 0) {
        note('Warning: there is no customer yet: set ACTIVEFLOW_ACCESS_KEY, or run `activeflow customers create <name>`.');
      }
      await say(`activeflow listens on ${url}`);
      for (const { transport, address, port } of telephony?.bound() ?? []) await say(`SIP over ${transport} on ${address}:${port}`);
    });
  });
}

/** Why these settings are not for production; undefined where they are. */
export function refusal({ jwt_secret, store, durability }: Config): string | undefined {
  if (jwt_secret === '') return 'ACTIVEFLOW_JWT_SECRET is not set: give it at least 32 random bytes, for example of `openssl rand -hex 32`.';
  if (isGuessable(jwt_secret)) return 'ACTIVEFLOW_JWT_SECRET can be guessed: give it at least 32 random bytes, for example of `openssl rand -hex 32`.';
  if (store.kind === 'sqlite' && durability === 'memory') return 'ACTIVEFLOW_DURABILITY is memory, so the file that ACTIVEFLOW_STORE names would never be written: use `fsync`, or ACTIVEFLOW_STORE=memory:.';
  return undefined;
}

/** Random text of 32 bytes, in hex or base64, has more than ten different characters; a word that is copied from somewhere says so. */
const isGuessable = (secret: string): boolean => new Set(secret).size < 8 || /change.?me|default|example|password|insecure|your.?secret/i.test(secret);

function warnings({ host, simulator, store, clock }: Config): readonly string[] {
  return [
    ...(isLoopback(host) ? [] : [`listening on ${host}: put a proxy that ends TLS in front.`]),
    ...(simulator === true ? ['the simulator is on: whoever has an access key can play calls.'] : []),
    ...(store.kind === 'memory' ? ['the store is in memory: everything is gone with the process.'] : []),
    ...(clock === 'virtual' ? ['time stands still until the simulator moves it.'] : []),
  ];
}
