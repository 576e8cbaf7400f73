// The sound of recordings: who may have it, the whole and parts of it, and that it goes with its recording.
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pathBelow, rangeOf } from './send-file.js';
import { startTest, type Tested } from './testing/server.js';

describe('recordings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'recordings-'));
  const sound = randomBytes(300_000);
  let t: Tested;
  beforeAll(async () => { t = await startTest('memory', { RECORDINGS: folder }); });
  afterAll(async () => { await t.close(); rmSync(folder, { recursive: true }); });

  const recorded = async (data: object): Promise<string> => {
    const id = randomUUID();
    await t.server.parts.store.commit([{ documents: [{ kind: 'recording', id, customer_id: t.customer_id, parent: '', key: null, version: 1, tm_create: 1, tm_update: null, tm_delete: null, data: { status: 'ended', ...data } }] }]);
    return id;
  };
  const written = (file: string): string => {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), sound);
    return file;
  };
  const bytes = async (id: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(`${t.url}/v1.0/recordingfiles/${id}`, { method, headers: { authorization: `Bearer ${t.key}`, ...headers } });
    return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
  };

  test('the sound comes as it is, with its type, length and name', async () => {
    const id = await recorded({ file: written('2026/a.wav'), recording_name: 'a "name"\r\nof it' });
    const { status, headers, body } = await bytes(id);
    expect(status).toBe(200);
    expect(body.equals(sound)).toBe(true);
    expect(Object.fromEntries(['content-type', 'content-length', 'content-disposition', 'accept-ranges', 'x-content-type-options'].map((name) => [name, headers.get(name)]))).toEqual({
      'content-type': 'audio/wav', 'content-length': '300000', 'content-disposition': 'attachment; filename="a__name___of_it.wav"', 'accept-ranges': 'bytes', 'x-content-type-options': 'nosniff',
    });
    expect(headers.get('x-request-id')).toMatch(/^req_/);
    const head = await bytes(id, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), head.body.length]).toEqual([200, '300000', 0]);
  });

  test('a part of it is sent where one is asked for that there is', async () => {
    const id = await recorded({ file: written('b.wav') });
    for (const [range, start, end] of [['bytes=0-0', 0, 0], ['bytes=100-199', 100, 199], ['bytes=299990-', 299_990, 299_999], ['bytes=-5', 299_995, 299_999], ['bytes=0-999999', 0, 299_999]] as const) {
      const { status, headers, body } = await bytes(id, { range });
      expect([status, headers.get('content-range'), body.equals(sound.subarray(start, end + 1))], range).toEqual([206, `bytes ${start}-${end}/300000`, true]);
    }
    for (const range of ['bytes=300000-', 'bytes=5-1', 'bytes=-', 'bytes=-0', 'bytes=0-1,3-4', 'lines=1-2', 'x']) expect((await bytes(id, { range })).body.length, range).toBe(300_000);
    expect(rangeOf('bytes=0-', 0)).toBe(undefined);
  });

  test('a recording without a sound says why; a file outside the folder is none', async () => {
    const why = async (data: object) => { const { status, body } = await t.ask('GET', `/recordingfiles/${await recorded(data)}`); return [status, body.error.reason, body.error.message] as unknown[]; };
    const none = (message: string) => [404, 'RECORDINGFILE_NOT_FOUND', message];
    expect(await why({ played: true })).toEqual(none('the call was played, so that there is no sound'));
    expect(await why({})).toEqual(none('the recording has no sound'));
    expect(await why({ status: 'recording', file: written('c.wav') })).toEqual(none('the recording is not over yet'));
    expect(await why({ file: 'gone.wav' })).toEqual(none('the sound of the recording is no longer there'));
    expect(await why({ file: '2026' })).toEqual(none('the sound of the recording is no longer there'));
    for (const file of ['../x', '/etc/hostname', '..', '.', 'a/../../x', 'a\0b']) {
      expect(pathBelow(folder, file), file).toBe(undefined);
      expect(await why({ file }), file).toEqual(none('the recording has no sound'));
    }
    expect((await t.ask('GET', `/recordingfiles/${randomUUID()}`)).body.error.reason).toBe('RECORDING_NOT_FOUND');
  });

  test('its sound goes with a recording that is deleted, and with nobody else', async () => {
    const file = written('d.wav');
    const id = await recorded({ file });
    const other = await t.customer();
    for (const [method, path] of [['GET', '/recordingfiles'], ['DELETE', '/recordings']]) expect((await t.ask(method!, `${path}/${id}`, { key: other.key })).body.error.reason).toBe('RECORDING_NOT_FOUND');
    expect(existsSync(join(folder, file))).toBe(true);
    expect((await t.ask('DELETE', `/recordings/${id}`)).status).toBe(200);
    expect(existsSync(join(folder, file))).toBe(false);
    expect((await t.ask('GET', `/recordingfiles/${id}`)).body.error.reason).toBe('RECORDING_NOT_FOUND');
    expect((await t.ask('DELETE', `/recordings/${await recorded({ file: 'never-there.wav' })}`)).status).toBe(200);
  });

  test('a reader that goes away leaves the server as it was', async () => {
    writeFileSync(join(folder, 'long.wav'), Buffer.alloc(20_000_000));
    const id = await recorded({ file: 'long.wav' });
    const gone = new AbortController();
    const response = await fetch(`${t.url}/v1.0/recordingfiles/${id}`, { headers: { authorization: `Bearer ${t.key}` }, signal: gone.signal });
    await response.body?.getReader().read();
    gone.abort();
    expect((await bytes(await recorded({ file: 'b.wav' }))).body.equals(sound)).toBe(true);
  });
});
