import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { silent } from '../../log.js';
import { newDocument } from '../call-document.js';
import { createEgress } from '../http/egress.js';
import { selfSigned } from '../sip/testing/certificate.js';
import { CUSTOMER, openWorld, startRun, type World } from '../testing/world.js';
import { createSmtp, type SmtpSettings } from './smtp.js';
import { startBad, startSink, takeApart } from './testing/sink.js';

const closing: (() => unknown)[] = [];
afterEach(async () => { for (const close of closing.splice(0).reverse()) await close(); });
const closed = <T extends { close: () => unknown }>(one: T): T => { closing.push(() => one.close()); return one; };

const RECORDING = 'd0000000-0000-4000-8000-000000000001';

async function openMail(port: number, settings: Partial<SmtpSettings> = {}) {
  const recordings = mkdtempSync(join(tmpdir(), 'activeflow-smtp-'));
  closing.push(() => { rmSync(recordings, { recursive: true, force: true }); });
  const egress = closed(createEgress({ allow: ['127.0.0.1'] }));
  const world = await openWorld((host) => {
    const smtp = closed(createSmtp({
      host, fetch: egress.request, log: silent,
      settings: { host: '127.0.0.1', port, secure: false, user: '', password: '', tls: { mode: 'offered', ca: '' }, from: { name: 'The Desk', address: 'desk@example.com' }, recordings, most_bytes: 1_000_000, ...settings },
    }));
    return [smtp.driver];
  });
  closing.push(() => world.stop());
  const mail = async (option: object): Promise<string> => {
    const run = await startRun(world, [{ type: 'email_send', option: { destinations: [{ type: 'email', target: 'ada@example.com', target_name: 'Ada' }], subject: 'Hi', content: 'Hello', ...option } }]);
    await world.idle();
    return run;
  };
  const outcome = async (run: string) => (await world.effects(run))[0];
  const recording = async (data: object, id = RECORDING, customer_id = CUSTOMER): Promise<void> => {
    const document = newDocument('recording', { id, customer_id, parent: '' }, world.clock.now(), { status: 'ended', recording_name: 'call_1', file: `${id}.wav`, ...data });
    await world.node().host.write({ documents: [document] });
  };
  return { world, recordings, mail, outcome, recording };
}

/** Lets it be tried again. */
const later = (world: World): Promise<void> => world.pass(15_000);
const MAIL_ANYWAY = /^<.+@example\.com>$/;

describe('an email', () => {
  it('arrives with text, HTML, names and letters of every kind', async () => {
    const sink = closed(await startSink());
    const { mail, outcome } = await openMail(sink.port);
    const text = 'Grüße aus Köln 🎉\n.\n..a line that begins with a dot\n한국어';
    const run = await mail({ subject: 'Köln 🎉', content: text, html: '<p>Grüße 🎉</p>', destinations: [{ target: 'ada@example.com', target_name: 'Ada, Gräfin "L"' }, { target: 'bob@münchen.example' }] });
    const [arrived] = sink.mails;
    expect(arrived).toMatchObject({ from: 'desk@example.com', to: ['ada@example.com', 'bob@münchen.example'] });
    const { headers, parts } = takeApart(arrived!.text);
    expect(headers['subject']).toMatch(/^=\?UTF-8\?/);
    expect(headers['message-id']).toMatch(MAIL_ANYWAY);
    expect(headers['from']).toBe('The Desk <desk@example.com>');
    expect(headers['auto-submitted']).toBe('auto-generated');
    expect(parts.map(({ headers: { 'content-type': type }, body }) => [type?.split(';')[0], body.toString('utf8').replaceAll('\r\n', '\n').trimEnd()])).toEqual([['text/plain', text], ['text/html', '<p>Grüße 🎉</p>']]);
    expect(await outcome(run)).toMatchObject({ status: 'done', attempt: 1, result: { ok: true, data: { accepted: ['ada@example.com', 'bob@xn--mnchen-3ya.example'], message_id: headers['message-id'] } } });
  });

  it('takes a recording and the answer of a URL with it, byte for byte', async () => {
    const sink = closed(await startSink());
    const { mail, outcome, recording, recordings } = await openMail(sink.port);
    const [sound, paper] = [Buffer.from(Array.from({ length: 70_001 }, (_none, at) => (at * 31) % 256)), Buffer.from('\r\n.\r\n\0\xff', 'latin1')];
    writeFileSync(join(recordings, `${RECORDING}.wav`), sound);
    await recording({});
    const web = createServer((_request, response) => { response.setHeader('content-type', 'application/pdf').end(paper); }).listen(0, '127.0.0.1');
    await new Promise((resolve) => { web.once('listening', resolve); });
    closed(web);
    const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/terms%20of%20use.pdf?x=1`;
    const run = await mail({ attachments: [{ recording_id: RECORDING.toUpperCase() }, { reference_type: 'recording', reference_id: RECORDING, name: 'again.wav' }, { url }] });
    expect((await outcome(run))?.result).toMatchObject({ ok: true });
    const [, ...files] = takeApart(sink.mails[0]!.text).parts;
    expect(files.map(({ headers }) => [headers['content-type']?.split(';')[0], /filename="?([^";]+)/.exec(headers['content-disposition'] ?? '')?.[1]])).toEqual([['audio/wav', 'call_1.wav'], ['audio/wav', 'again.wav'], ['application/pdf', 'terms of use.pdf']]);
    expect(files.map(({ body }) => body)).toEqual([sound, sound, paper]);
  });

  it('goes by TLS where the server offers it, and says a password to nobody without', async () => {
    const { key, cert } = selfSigned('127.0.0.1');
    const auth = { onAuth: ({ username, password }: { username?: string | undefined; password?: string | undefined }, _session: unknown, done: (error: Error | null, answer?: { user: string }) => void) => { done(username === 'us' && password === 'secret' ? null : new Error('no'), { user: 'us' }); } };
    const sink = closed(await startSink({}, { key, cert, authOptional: false, ...auth }));
    const as = { user: 'us', password: 'secret' };
    const good = await openMail(sink.port, { ...as, tls: { mode: 'required', ca: cert } });
    expect((await good.outcome(await good.mail({})))?.result).toMatchObject({ ok: true });
    expect(sink.mails).toMatchObject([{ secure: true, user: 'us' }]);
    const stranger = await openMail(sink.port, { ...as, tls: { mode: 'required', ca: '' } });
    expect(await stranger.outcome(await stranger.mail({}))).toMatchObject({ status: 'pending', error: expect.stringContaining('could not be spoken to') as string });
    const wrong = await openMail(sink.port, { ...as, password: 'wrong', tls: { mode: 'required', ca: cert } });
    const refused = await wrong.outcome(await wrong.mail({}));
    expect(refused).toMatchObject({ status: 'pending', error: expect.stringContaining('does not take our name and password') as string });
    expect(JSON.stringify(refused)).not.toContain('wrong');
    const bare = closed(await startSink({}, { authOptional: true, allowInsecureAuth: true, ...auth }));
    const careful = await openMail(bare.port, { ...as, tls: { mode: 'required', ca: cert } });
    expect(await careful.outcome(await careful.mail({}))).toMatchObject({ status: 'pending' });
    expect(bare.mails).toEqual([]);
  });

  it.each([
    ['a subject with a second header', { subject: 'Hi\r\nBcc: all@example.com' }, '/subject'],
    ['a subject with a bare line feed', { subject: 'Hi\nX: y' }, '/subject'],
    ['a name with a line break', { destinations: [{ target: 'ada@example.com', target_name: 'Ada\r\nBcc: all@example.com' }] }, '/destinations/0/target_name'],
    ['an address with a line break', { destinations: [{ target: 'ada@example.com\r\nRCPT TO:<all@example.com>' }] }, '/destinations/0/target'],
    ['two addresses in one', { destinations: [{ target: 'ada@example.com, all@example.com' }] }, '/destinations/0/target'],
    ['an address in brackets', { destinations: [{ target: '<ada@example.com> SIZE=1' }] }, '/destinations/0/target'],
    ['a number', { destinations: [{ type: 'tel', target: '+15550100' }] }, '/destinations/0/target'],
    ['a name of a file with a line break', { attachments: [{ url: 'https://example.com/', name: 'a\r\nX: y' }] }, '/attachments/0/name'],
    ['an attachment that names nothing', { attachments: [{ path: '/etc/passwd' }] }, '/attachments/0'],
    ['an attachment that names two things', { attachments: [{ url: 'https://example.com/', recording_id: RECORDING }] }, '/attachments/0'],
    ['too many recipients', { destinations: Array.from({ length: 101 }, (_none, at) => ({ target: `a${at}@example.com` })) }, '/destinations'],
  ])('is not sent with %s', async (_what, option, pointer) => {
    const sink = closed(await startSink());
    const { mail, outcome } = await openMail(sink.port);
    expect(await outcome(await mail(option))).toMatchObject({ status: 'failed', result: { ok: false, reason: 'INVALID_EMAIL', message: expect.stringMatching(new RegExp(`^${pointer}: `)) as string } });
    expect(sink.connections()).toBe(0);
  });

  it.each([
    ['of another customer', { customer: 'c0000000-0000-4000-8000-000000000002' }, 'RECORDING_NOT_FOUND'],
    ['that does not exist', { id: 'd0000000-0000-4000-8000-000000000009' }, 'RECORDING_NOT_FOUND'],
    ['that was played', { data: { file: '' } }, 'RECORDINGFILE_NOT_FOUND'],
    ['whose file is gone', {}, 'RECORDINGFILE_NOT_FOUND'],
    ['whose file is elsewhere', { data: { file: '../../etc/passwd' } }, 'RECORDINGFILE_NOT_FOUND'],
  ])('is not sent with a recording %s', async (_what, { customer, id, data = {} }: { customer?: string; id?: string; data?: object }, reason) => {
    const sink = closed(await startSink());
    const { mail, outcome, recording } = await openMail(sink.port);
    await recording(data, RECORDING, customer);
    expect((await outcome(await mail({ attachments: [{ recording_id: id ?? RECORDING }] })))?.result).toMatchObject({ ok: false, reason });
    expect(sink.connections()).toBe(0);
  });

  it('is not sent with more than is allowed, nor with what a private address says, and waits for a recording that is not over', async () => {
    const sink = closed(await startSink());
    const { world, mail, outcome, recording, recordings } = await openMail(sink.port, { most_bytes: 1_000 });
    writeFileSync(join(recordings, `${RECORDING}.wav`), Buffer.alloc(600));
    await recording({});
    expect((await outcome(await mail({ attachments: [{ recording_id: RECORDING }, { recording_id: RECORDING }] })))?.result).toMatchObject({ reason: 'EMAIL_TOO_LARGE' });
    expect((await outcome(await mail({ attachments: [{ url: 'http://10.0.0.1/' }] })))?.result).toMatchObject({ reason: 'EGRESS_REFUSED' });
    const other = RECORDING.replace(/1$/, '2');
    await recording({ status: 'recording', file: `${RECORDING}.wav` }, other);
    const run = await mail({ attachments: [{ recording_id: other }] });
    expect(await outcome(run)).toMatchObject({ status: 'pending', error: expect.stringContaining('is not over yet') as string });
    const [document] = (await world.store.documents({ kind: 'recording', limit: 10 })).map(({ row }) => row).filter(({ id }) => id === other);
    await world.node().host.write({ documents: [{ ...document!, version: 2, data: { ...document!.data, status: 'ended' } }] });
    await later(world);
    expect((await outcome(run))?.result).toMatchObject({ ok: true });
  });
});

describe('a mail server', () => {
  it('that says 451 is asked again, with the same Message-ID', async () => {
    const sink = closed(await startSink({ data: (_what, times) => (times === 0 ? 451 : undefined) }));
    const { world, mail, outcome } = await openMail(sink.port);
    const run = await mail({});
    expect(await outcome(run)).toMatchObject({ status: 'pending', error: expect.stringContaining('451') as string });
    await later(world);
    expect(await outcome(run)).toMatchObject({ status: 'done', attempt: 2 });
    expect(sink.mails).toHaveLength(1);
  });

  it('that says 550 is not asked again, of the mail or of all it is for', async () => {
    for (const script of [{ data: () => 550 }, { rcpt: () => 550 }]) {
      const sink = closed(await startSink(script));
      const { world, mail, outcome } = await openMail(sink.port);
      const run = await mail({});
      await world.pass(3 * 24 * 3_600_000);
      expect(await outcome(run)).toMatchObject({ status: 'failed', attempt: 1, result: { ok: false, reason: 'EMAIL_REFUSED', message: expect.stringContaining('550 of the sink') as string } });
      expect(sink.mails).toEqual([]);
    }
  });

  it('that takes it for some is asked for the others alone; who is refused for good is named', async () => {
    const sink = closed(await startSink({ rcpt: (address, times) => (address.startsWith('never') ? 550 : address.startsWith('later') && times === 0 ? 452 : undefined) }));
    const { world, mail, outcome } = await openMail(sink.port);
    const run = await mail({ destinations: ['now@example.com', 'never@example.com', 'later@example.com', 'now@example.com'].map((target) => ({ target })) });
    expect(await outcome(run)).toMatchObject({ status: 'pending', error: expect.stringContaining('later@example.com (452') as string });
    await world.restart();
    await later(world);
    expect(sink.mails.map(({ to }) => to)).toEqual([['now@example.com'], ['later@example.com']]);
    const ids = sink.mails.map(({ text }) => takeApart(text).headers['message-id']);
    expect(ids[0]).toBe(ids[1]);
    expect((await outcome(run))?.result).toEqual({ ok: false, reason: 'EMAIL_REFUSED', message: 'the mail server refused never@example.com (550 of the sink); 2 others got it' });
  });

  it.each([
    ['says nothing at all', () => undefined],
    ['closes at once', (socket: { end(): void }) => { socket.end(); }],
    ['says no to everybody', (socket: { write(text: string): void }) => { socket.write('554 go away\r\n'); }],
    ['speaks nothing that is known', (socket: { write(text: string): void }) => { socket.write('SSH-2.0-x\r\n'); }],
    ['greets and is silent', (socket: { write(text: string): void }) => { socket.write('220 hello\r\n'); }],
  ])('that %s is asked again until it is given up after days', async (_what, play) => {
    const bad = closed(await startBad(play));
    const { world, mail, outcome } = await openMail(bad.port, { timeout_ms: 60 });
    const run = await mail({});
    expect(await outcome(run)).toMatchObject({ status: 'pending', error: expect.stringMatching(/^the mail server could not be spoken to/) as string });
    expect(bad.connections()).toBeGreaterThan(0);
    await world.pass(4 * 24 * 3_600_000);
    expect(await outcome(run)).toMatchObject({ status: 'dead', attempt: 13, result: { ok: false, reason: 'SMTP_UNREACHABLE' } });
  });

  it('that closes when it has the whole mail gets it again under the same Message-ID, and once for each attempt', async () => {
    const heard: string[] = [];
    const bad = closed(await startBad((socket) => {
      socket.write('220 hello\r\n');
      let text = '';
      let data = false;
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (data) {
          if (text.endsWith('\r\n.\r\n')) { heard.push(text); socket.destroy(); }
          return;
        }
        if (!text.endsWith('\r\n')) return;
        data = text.startsWith('DATA');
        text = '';
        socket.write(data ? '354 go on\r\n' : '250 fine\r\n');
      });
    }));
    const { world, mail, outcome } = await openMail(bad.port);
    const run = await mail({});
    await later(world);
    expect(await outcome(run)).toMatchObject({ status: 'pending', attempt: 2 });
    expect(heard).toHaveLength(2);
    const ids = heard.map((text) => takeApart(text.replace(/\r\n\.\r\n$/, '')).headers['message-id']);
    expect(ids).toEqual([expect.stringMatching(MAIL_ANYWAY), ids[0]]);
  });
});
