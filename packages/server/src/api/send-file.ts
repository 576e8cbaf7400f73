// A file as an answer: read while it is sent, as a whole or a part of it (RFC 9110 §14).
import { open, type FileHandle } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Call } from './route.js';

/** The path of a file below a folder; undefined where it is none, or would be elsewhere. */
export function pathBelow(folder: string, file: string): string | undefined {
  const root = resolve(folder);
  const path = resolve(root, file);
  return file !== '' && !file.includes('\0') && path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`) ? path : undefined;
}

/** Answers with a file; false where there is none, and then nothing has been answered. A reader that goes away ends it. */
export async function sendFile(path: string, exchange: Call['exchange'], headers: Readonly<Record<string, string>>): Promise<boolean> {
  const file = await opened(path);
  if (file === undefined) return false;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return false;
    const { request, take } = exchange();
    const { response, headers: common } = take();
    const all = { ...common, ...headers, 'accept-ranges': 'bytes', 'cache-control': 'private, no-cache', 'x-content-type-options': 'nosniff' };
    const range = rangeOf(request.headers.range, stat.size);
    if (range === undefined) response.writeHead(200, { ...all, 'content-length': stat.size });
    else response.writeHead(206, { ...all, 'content-length': range.end - range.start + 1, 'content-range': `bytes ${range.start}-${range.end}/${stat.size}` });
    if (request.method === 'HEAD' || stat.size === 0) { response.end(); return true; }
    // As long as it was when the head was written, though somebody may still write to it.
    const { start, end } = range ?? { start: 0, end: stat.size - 1 };
    await pipeline(file.createReadStream({ start, end, autoClose: false }), response).catch(() => { response.destroy(); });
    return true;
  } finally {
    await file.close();
  }
}

async function opened(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** One range of bytes, both ends included; undefined where none is asked for that could be given: then it is the whole, as §14.2 allows. */
export function rangeOf(header: string | undefined, size: number): { readonly start: number; readonly end: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end ? { start, end } : undefined;
}
