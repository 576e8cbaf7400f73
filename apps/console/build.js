// Builds the console into the package `activeflow`, and packs each file as browsers ask for it. Where nothing has changed, it does nothing.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = join(root, 'packages/server/dist/console');
const stamp = join(out, '.built-of');
/** What the build is made of. The lock stands for every package. */
const SOURCES = ['apps/console/src', 'apps/console/public', 'apps/console/index.html', 'apps/console/vite.config.ts', 'apps/console/build.js', 'packages/engine/src', 'packages/client/src', 'package-lock.json'];

const made = fingerprint();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== made) {
  // Loaded only now: what is up to date should not wait for a bundler.
  const { build } = await import('vite');
  await build({ configFile: join(root, 'apps/console/vite.config.ts'), logLevel: 'warn' });
  for (const file of filesUnder(out)) pack(file);
  writeFileSync(stamp, made);
}

/** One hash over the names and the contents of all sources but the tests. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of filesUnder(join(root, source))) {
      if (!/\.test\.tsx?$/.test(file)) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
    }
  }
  return hash.digest('hex');
}

function filesUnder(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true }).map((name) => join(path, name)).filter((file) => statSync(file).isFile()).sort();
}

/** Writes the file's `.br` and `.gz` beside it. */
function pack(file) {
  if (!['.js', '.css', '.html', '.svg'].includes(extname(file))) return;
  const raw = readFileSync(file);
  writeFileSync(`${file}.br`, brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } }));
  writeFileSync(`${file}.gz`, gzipSync(raw, { level: 9 }));
}
