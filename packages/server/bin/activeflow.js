#!/usr/bin/env node
import('../dist/cli/index.js').catch((error) => {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !String(error.message).includes('dist/cli/index.js')) throw error;
  console.error('activeflow is not built yet: run `npm run build` first.');
  process.exit(1);
});
