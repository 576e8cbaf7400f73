// The console as it is served: its paths and no others, packed, kept by browsers, and nothing else of the disk.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addConsole } from './console.js';
import { startTest, type Tested } from './testing/server.js';

describe('the console', () => {
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-built-'));
  let app: FastifyInstance;
  beforeAll(() => {
    mkdirSync(join(folder, 'assets'));
    const write = (name: string, text: string) => { writeFileSync(join(folder, name), text); };
    write('index.html', 'plain page');
    write('index.html.br', 'page by br');
    write('index.html.gz', 'page by gzip');
    write('assets/main-abc.js', 'plain script');
    write('assets/main-abc.js.gz', 'script by gzip');
    write('.built-of', 'a stamp');
    app = Fastify();
    addConsole(app, folder);
  });
  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true });
  });
  const get = (url: string, accepted = '') => app.inject({ method: 'GET', url, headers: { 'accept-encoding': accepted } });

  test('answers its own paths with its page, which asks nobody else and is asked for each time', async () => {
    for (const path of ['/', '/activeflows', '/activeflows/0b6c/x', '/flows/1', '/deliveries', '/accesskeys', '/settings?a=b']) {
      const { statusCode, body, headers } = await get(path);
      expect([path, statusCode, body, headers['cache-control']]).toEqual([path, 200, 'plain page', 'no-cache']);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(headers['content-security-policy']).toBe("default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });

  test('packs what the browser can unpack, and says so', async () => {
    const told = async (url: string, accepted: string) => { const { body, headers } = await get(url, accepted); return [body, headers['content-encoding'], headers.vary]; };
    expect(await told('/', 'gzip, deflate, br')).toEqual(['page by br', 'br', 'accept-encoding']);
    expect(await told('/', 'gzip')).toEqual(['page by gzip', 'gzip', 'accept-encoding']);
    expect(await told('/', 'br;q=0, gzip;q=0.5')).toEqual(['page by gzip', 'gzip', 'accept-encoding']);
    expect(await told('/', 'identity')).toEqual(['plain page', undefined, 'accept-encoding']);
    expect(await told('/assets/main-abc.js', 'br, gzip')).toEqual(['script by gzip', 'gzip', 'accept-encoding']);
  });

  test('lets browsers keep what has the hash of its content in its name', async () => {
    const { headers, statusCode } = await get('/assets/main-abc.js');
    expect([statusCode, headers['cache-control'], headers['content-type']]).toEqual([200, 'public, max-age=31536000, immutable', 'text/javascript; charset=utf-8']);
  });

  test('serves nothing else: no stamp, no packed file by its name, nothing outside, no listing', async () => {
    for (const path of ['/.built-of', '/index.html', '/index.html.br', '/assets/main-abc.js.gz', '/assets/', '/assets', '/assets/../.built-of', '/assets/..%2f.built-of', '/..%2f..%2fpackage.json', '/activeflowsx', '/assets/old-123.js']) {
      expect([path, (await get(path)).statusCode]).toEqual([path, 404]);
    }
  });

  test('says in a sentence that it has not been built', async () => {
    const bare = Fastify();
    addConsole(bare, join(folder, 'nowhere'));
    for (const url of ['/', '/flows/7']) {
      const { statusCode, body, headers } = await bare.inject({ method: 'GET', url });
      expect([statusCode, headers['content-type']]).toEqual([404, 'text/plain; charset=utf-8']);
      expect(body).toContain('npm run build:console');
    }
    await bare.close();
  });
});

describe('a server with a console', () => {
  let t: Tested;
  afterEach(() => t.close());

  test('keeps every path of its own', async () => {
    t = await startTest('memory');
    const ask = async (path: string, method = 'GET') => (await fetch(t.url + path, { method })).status;
    expect(await Promise.all(['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs', '/docs/style.css'].map((path) => ask(path)))).toEqual([200, 200, 200, 200, 200, 200]);
    expect([await ask('/v1.0/flows'), await ask('/v1.0'), await ask('/v1.0/nothing'), await ask('/nothing'), await ask('/auth/login'), await ask('/flows', 'POST')]).toEqual([401, 404, 404, 404, 404, 404]);
  });
});
