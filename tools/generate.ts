// Writes everything that is generated: openapi.json and the reference documents. `npm run generate`; a test keeps them current.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generated } from './reference.js';

for (const [path, text] of generated()) {
  const file = join(process.cwd(), path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(path);
}
