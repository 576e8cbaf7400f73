import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Built into the package `activeflow`, which serves it; of the sources of the client and the engine, so that no build has to come first. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  resolve: { alias: [{ find: /^@activeflow\/(engine|client)$/, replacement: `${root}packages/$1/src/index.ts` }] },
  build: {
    outDir: `${root}packages/server/dist/console`,
    emptyOutDir: true,
    target: ['chrome123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    manifest: true,
    reportCompressedSize: false,
  },
  server: { proxy: { '/v1.0': 'http://127.0.0.1:8080' } },
});
