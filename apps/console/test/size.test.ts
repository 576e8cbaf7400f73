// What the browser has to load before it shows anything: the build says.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const built = fileURLToPath(new URL('../../../packages/server/dist/console/', import.meta.url));
type Chunk = { readonly file: string; readonly isEntry?: boolean; readonly imports?: readonly string[]; readonly css?: readonly string[] };
const manifest = (): Readonly<Record<string, Chunk>> => JSON.parse(readFileSync(join(built, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;

/** The scripts that a chunk needs before it runs, itself included. */
function scriptsOf(chunks: Readonly<Record<string, Chunk>>, name: string, found = new Set<string>()): ReadonlySet<string> {
  const chunk = chunks[name];
  if (chunk === undefined || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const other of chunk.imports ?? []) scriptsOf(chunks, other, found);
  return found;
}

const packed = (files: Iterable<string>, end: string): number => [...files].reduce((sum, file) => sum + statSync(join(built, `${file}${end}`)).size, 0);

describe('the build', () => {
  test('asks for at most 300 KB of packed script before the first page is there', () => {
    const chunks = manifest();
    const first = new Set([...scriptsOf(chunks, 'index.html'), ...scriptsOf(chunks, 'src/pages/activeflows/page.tsx')]);
    expect(first.size).toBeGreaterThan(1);
    expect(packed(first, '.gz')).toBeLessThan(300_000);
    expect(packed(first, '.br')).toBeLessThan(packed(first, '.gz'));
  });

  test('loads each page when somebody goes there, and the graph and the editor with the pages that have them', () => {
    const chunks = manifest();
    const first = scriptsOf(chunks, 'index.html');
    const pages = Object.entries(chunks).filter(([name]) => /^src\/pages\/[^/]+\/(page|flow)\.tsx$/.test(name));
    expect(pages.length).toBeGreaterThanOrEqual(7);
    expect(pages.filter(([, { file }]) => first.has(file)).map(([name]) => name)).toEqual([]);
  });

  test('names every script and style by its content, and packs it both ways', () => {
    const assets = readdirSync(join(built, 'assets'));
    const plain = assets.filter((name) => /\.(js|css)$/.test(name));
    expect(plain.filter((name) => !/-[A-Za-z0-9_-]{8}\.(js|css)$/.test(name))).toEqual([]);
    expect(plain.filter((name) => !assets.includes(`${name}.br`) || !assets.includes(`${name}.gz`))).toEqual([]);
  });

  test('is served from one place: nothing in it is fetched from anywhere else', () => {
    const text = ['index.html', ...readdirSync(join(built, 'assets')).filter((name) => name.endsWith('.css')).map((name) => `assets/${name}`)].map((name) => readFileSync(join(built, name), 'utf8')).join('\n');
    expect(text.match(/(src|href)="(https?:)?\/\/|url\(["']?(https?:)?\/\/|@import/g)).toBeNull();
    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)/);
  });
});
