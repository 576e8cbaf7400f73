// The console: static files that apps/console builds into this package, served beside the API from the same origin.
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Where the build is: `dist/console` of the package, seen from `src/api` and from `dist/api` alike. */
const BUILT = fileURLToPath(new URL('../../dist/console/', import.meta.url));

/** The first names of the console's own paths: at these, and below, the page is answered that finds its way by itself. Anything else stays unknown. */
const PAGES = ['activeflows', 'flows', 'call', 'deliveries', 'accesskeys', 'settings'] as const;

/** Nothing from elsewhere and no script but its own. Style attributes are how a graph places its nodes. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.json': 'application/json; charset=utf-8',
};
const ENCODINGS = [['br', '.br'], ['gzip', '.gz']] as const;

const NOT_BUILT = 'The console has not been built. In a checkout: npm run build:console, and start the server again. The API works without; its reference is at /docs.\n';

/** Adds the console at the root. `folder` is what was built; where it is not there, a sentence says so. */
export function addConsole(app: FastifyInstance, folder: string = BUILT): void {
  const files = listed(folder);
  const send = files.has('index.html') ? sender(folder, files) : undefined;
  const page = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    if (!send) return reply.code(404).headers({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }).send(NOT_BUILT);
    return send('index.html', request, reply);
  };
  app.get('/', page);
  for (const name of PAGES) {
    app.get(`/${name}`, page);
    app.get(`/${name}/*`, page);
  }
  // A route for each file there is: no name from a request ever reaches the disk.
  if (send) for (const name of files) if (isServed(name)) app.get(`/${name}`, (request, reply) => send(name, request, reply));
}

const isServed = (name: string): boolean => name !== 'index.html' && !name.startsWith('.') && !ENCODINGS.some(([, end]) => name.endsWith(end));

/** Gives a function that answers with a file, packed as the browser takes it. A file is read when first asked for. */
function sender(folder: string, files: ReadonlySet<string>): (name: string, request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  const read = new Map<string, Promise<Buffer>>();
  const bytes = (name: string): Promise<Buffer> => {
    const known = read.get(name) ?? readFile(join(folder, name));
    read.set(name, known);
    known.catch(() => { read.delete(name); });
    return known;
  };
  return async (name, request, reply) => {
    const accepted = String(request.headers['accept-encoding'] ?? '');
    const packed = ENCODINGS.find(([encoding, end]) => files.has(`${name}${end}`) && new RegExp(`\\b${encoding}\\b(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))`).test(accepted));
    if (packed) reply.header('content-encoding', packed[0]);
    // The name of an asset has the hash of what is in it; the page has not, and is asked for each time.
    const hashed = name.startsWith('assets/');
    return reply.headers({
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream', 'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache', vary: 'accept-encoding',
      'content-security-policy': POLICY, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin',
    }).send(await bytes(`${name}${packed?.[1] ?? ''}`));
  };
}

function listed(folder: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length).replaceAll('\\', '/')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Set();
    throw error;
  }
}
