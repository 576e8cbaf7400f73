// Documents whose commands are run: what is marked in them, and a shell beside a real server to run it in.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A block of commands: the line it begins at, and what its output must contain. */
export type Block = { readonly line: number; readonly script: string; readonly expected: readonly string[] };

/**
 * Reads the blocks that are marked: `<!-- run -->` on the line before the fence; after it, any number of `<!-- expect: text -->`, each a text
 * that the output, stdout and stderr together, must contain.
 */
export function readBlocks(markdown: string): readonly Block[] {
  const marked = /^<!-- run -->\n```sh\n([^]*?)^```$((?:\s*^<!-- expect: .* -->$)*)/gm;
  return [...markdown.matchAll(marked)].map(({ 1: script = '', 2: after = '', index }) => ({
    line: markdown.slice(0, index).split('\n').length, script,
    expected: [...after.matchAll(/^<!-- expect: (.*) -->$/gm)].map(([, text = '']) => text),
  }));
}

/** What became of a block. */
export type Ran = { readonly code: number; readonly output: string };
/** A shell in a folder of its own, with a server. Variables live on from one block to the next. */
export type Session = { run(block: Block): Promise<Ran>; close(): Promise<void> };

const ADDRESS = /(127\.0\.0\.1|localhost):8080/g;
const LONGEST_MS = 60_000;

/**
 * Opens a session for the blocks of a document. The folder looks like the project to whoever types commands in it: `npx activeflow` and the
 * examples are there. A server is started in it, unless a block starts one itself; either way it has a free port instead of 8080. MY_PORT is
 * another, for what a document starts beside it.
 */
export async function openSession(root: string, blocks: readonly Block[]): Promise<Session> {
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-docs-'));
  for (const name of ['node_modules', 'packages', 'examples', 'package.json']) symlinkSync(join(root, name), join(folder, name));
  const [port, theirs] = [await freePort(), await freePort()];
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: folder, NO_COLOR: '1', ACTIVEFLOW_PORT: String(port), ACTIVEFLOW_SIP_PORT: '0', ACTIVEFLOW_URL: `http://127.0.0.1:${port}`, MY_PORT: String(theirs) };
  const shell = spawn('bash', ['--noprofile', '--norc'], { cwd: folder, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const talk = talkTo(shell);
  let counted = 0;
  const run = async (script: string): Promise<Ran> => {
    const file = join(folder, `.block-${++counted}.sh`);
    writeFileSync(file, script.replaceAll(ADDRESS, `127.0.0.1:${port}`));
    return talk(`. ${file} < /dev/null`);
  };
  const close = async (): Promise<void> => {
    // The shell, and whatever it has started: all of its process group.
    if (shell.exitCode === null && shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
    await sleep(50);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  await run(SHORTHANDS);
  const ready = await run(blocks.some(({ script }) => /activeflow(\.js)? (dev|start)\b/.test(script)) ? ':' : SERVER);
  if (ready.code !== 0) {
    await close();
    throw new Error(`no server: ${ready.output}`);
  }
  return { run: ({ script }) => run(`set -eo pipefail\n${script}`), close };
}

/** What npx would find, without its second of looking; and more patience than a reader's machine needs. */
const SHORTHANDS = `
npx() { node_modules/.bin/"$@"; }
sleep() { case $1 in *.*) command sleep $1 ;; *) command sleep $(($1 * 4)) ;; esac; }
`;

const SERVER = `
node_modules/.bin/activeflow dev > server.log 2>&1 &
for _ in {1..300}; do curl -sf "$ACTIVEFLOW_URL/readyz" > /dev/null && return 0; sleep 0.1; done
cat server.log
false
`;

/** Gives a function that has the shell carry out a line and resolves with what came of it. A shell that ends has failed, with that code. */
function talkTo(shell: ChildProcess): (line: string) => Promise<Ran> {
  let output = '';
  let wake = (): void => undefined;
  for (const stream of [shell.stdout, shell.stderr]) stream?.setEncoding('utf8').on('data', (chunk: string) => { output += chunk; wake(); });
  shell.on('exit', () => { wake(); });
  let asked = 0;
  return async (line) => {
    const mark = `=== ${++asked} is over:`;
    const until = performance.now() + LONGEST_MS;
    output = '';
    shell.stdin?.write(`exec 2>&1; ${line}\necho "${mark} $?"\n`);
    for (;;) {
      const [, before = '', code] = new RegExp(`^([^]*)${mark} (\\d+)\\n`).exec(output) ?? [];
      if (code !== undefined) return { code: Number(code), output: before };
      if (shell.exitCode !== null) return { code: shell.exitCode, output };
      if (performance.now() > until) return { code: -1, output: `${output}\n(not over after ${LONGEST_MS} ms)` };
      await Promise.race([new Promise<void>((resolve) => { wake = resolve; }), sleep(200)]);
    }
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

/** The documents of a project that may hold marked blocks, from its root. */
export function documentsOf(root: string): readonly string[] {
  const folders = ['docs/start', 'docs/guide', 'docs/recipes'].filter((folder) => existsSync(join(root, folder)));
  const inside = folders.flatMap((folder) => readdirSync(join(root, folder)).filter((name) => name.endsWith('.md')).sort().map((name) => `${folder}/${name}`));
  return ['README.md', ...inside].filter((file) => existsSync(join(root, file)));
}
