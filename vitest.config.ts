import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import type { TestProjectInlineConfiguration } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));

// Tests run against the sources, so that they never prove yesterday's build; `exports` would resolve to dist. `activeflow/internal/<path>`
// is how sim, bench and tools reach the server's own files: through `exports` of packages/server/package.json for node and tsc, through
// the alias here for tests. No extension, no promise to anyone outside this repository.
const alias = [
  { find: /^@activeflow\/(engine|client)$/, replacement: `${root}packages/$1/src/index.ts` },
  { find: /^activeflow\/internal\/(.+)$/, replacement: `${root}packages/server/src/$1.ts` },
];

// What a test starts as a worker thread runs the sources, too.
const execArgv = ['--import', new URL('./tools/threads/sources.js', import.meta.url).href];

// A timeout is for what hangs; no test measures time, and a busy machine is no failure.
const project = (name: string, include: string[], timeout_ms: number, setupFiles: string[] = [], exclude: string[] = []): TestProjectInlineConfiguration => ({
  root,
  resolve: { alias },
  test: { name, include, exclude: [...configDefaults.exclude, ...exclude], setupFiles, pool: 'forks', execArgv, testTimeout: timeout_ms, hookTimeout: timeout_ms, expect: { poll: { timeout: timeout_ms * 0.9 } } },
});

export default defineConfig({
  test: {
    projects: [
      project('engine', ['packages/engine/src/**/*.test.ts'], 120_000, ['tools/seed.ts']),
      project('client', ['packages/client/src/**/*.test.ts'], 120_000),
      project('server', ['packages/server/src/**/*.test.ts'], 180_000),
      project('sim', ['{sim,bench}/**/*.test.ts'], 180_000),
      project('tools', ['tools/{tidy,reference}.test.ts'], 180_000),
      // The console in a real browser, against a real server. What it serves is the build: `npm run test:console` builds first.
      project('console', ['apps/console/{src,test}/**/*.test.{ts,tsx}'], 600_000, [], process.env['ACTIVEFLOW_SCREENSHOTS'] === undefined ? ['**/screenshots.test.ts'] : []),
      // Programs that nobody here wrote, against the built server: phones, a switch that floods, later a message centre and a mail server.
      project('peers', ['test/peers/**/*.test.ts'], 300_000),
      // Every recipe carried out, every documented command run: minutes, so not part of `npm run check`.
      project('docs', ['tools/{recipes,docs}.test.ts'], 600_000),
    ],
  },
});
