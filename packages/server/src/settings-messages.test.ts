// The settings of messages by HTTP and of email: what they read as, and what is refused, in one sentence that repeats no secret.
import { describe, expect, it } from 'vitest';
import { readConfig, readSetting, showSettings, SETTINGS } from './config.js';
import { smtpSettings } from './driver/smtp/settings.js';
import { carriersOf, type CarrierParts } from './messaging.js';
import { silent } from './log.js';

const read = <K extends keyof typeof SETTINGS>(key: K, text: string) => readSetting(key, { [SETTINGS[key].name]: text });
const smtp = (more: Record<string, string>) => smtpSettings(readConfig({ ACTIVEFLOW_SMTP_FROM: 'desk@example.com', ...more }));

describe('settings of email', () => {
  it('are read as what they mean', () => {
    expect(read('smtp_url', '')).toBeUndefined();
    expect(read('smtp_url', 'smtp://us:p%40ss%3Aword@smtp.example.com')).toEqual({ host: 'smtp.example.com', port: 587, secure: false, user: 'us', password: 'p@ss:word' });
    expect(read('smtp_url', 'smtps://smtp.example.com/')).toMatchObject({ port: 465, secure: true, user: '' });
    expect(read('smtp_url', 'smtp://[::1]:25')).toMatchObject({ host: '::1', port: 25 });
    expect(read('smtp_from', 'desk@example.com')).toEqual({ name: '', address: 'desk@example.com' });
    expect(read('smtp_from', '"The Desk" <desk@example.com>')).toEqual({ name: 'The Desk', address: 'desk@example.com' });
    expect(read('public_url', 'https://flows.example.com/')).toBe('https://flows.example.com');
  });

  it.each([
    ['smtp_url', ['x', 'http://secret@x', 'smtp://', 'smtp://us:secret@host/path', 'smtp://us:secret@host?x=1', 'smtp://us:secret%@host', 'smtp://us:secret@host:99999']],
    ['smtp_from', ['x', 'a@b, c@d', '<a@b> x', 'a b@c', 'x <y>']], ['smtp_tls', ['yes']], ['smtp_bytes', ['-1', 'x']], ['public_url', ['ftp://x', 'x']], ['twilio_url', ['x']], ['kannel_url', ['x']],
  ] as const)('%s refuses what it cannot use', (key, texts) => {
    for (const text of texts) {
      const refused = (): string => { try { read(key, text); return 'taken'; } catch (error) { return (error as Error).message; } };
      expect(refused(), text).toMatch(new RegExp(`^${SETTINGS[key].name} must be [^\n]+\\.$`));
      expect(refused()).not.toContain('secret');
    }
  });

  it('have TLS required for a password that leaves the machine, unless somebody says otherwise', async () => {
    const modes = async (url: string, tls = '') => (await smtp({ ACTIVEFLOW_SMTP_URL: url, ACTIVEFLOW_SMTP_TLS: tls }))?.tls.mode;
    expect(await modes('smtp://us:secret@smtp.example.com')).toBe('required');
    expect(await modes('smtp://us:secret@smtp.example.com', 'off')).toBe('off');
    expect(await modes('smtp://us:secret@127.0.0.1')).toBe('offered');
    expect(await modes('smtp://relay.internal:25')).toBe('offered');
    expect(await smtp({})).toBeUndefined();
    await expect(smtpSettings(readConfig({ ACTIVEFLOW_SMTP_URL: 'smtp://x' }))).rejects.toThrow('ACTIVEFLOW_SMTP_URL needs ACTIVEFLOW_SMTP_FROM.');
    await expect(smtp({ ACTIVEFLOW_SMTP_URL: 'smtp://x', ACTIVEFLOW_SMTP_TLS_CA: 'no-such.pem' })).rejects.toThrow('ACTIVEFLOW_SMTP_TLS_CA names no-such.pem, which cannot be read: ENOENT.');
  });

  it('are never shown where they are secret', () => {
    const secrets = ['SMTP_URL', 'TWILIO_TOKEN', 'KANNEL_PASSWORD', 'KANNEL_SECRET'].map((name) => `ACTIVEFLOW_${name}`);
    const shown = showSettings(Object.fromEntries(secrets.map((name) => [name, 'smtp://secret'])));
    expect(shown.filter(({ name }) => secrets.includes(name)).map(({ value }) => value)).toEqual(secrets.map(() => '(set)'));
    expect(JSON.stringify(shown)).not.toContain('//secret');
  });
});

describe('the carriers that are set up', () => {
  const parts = { host: { clock: { now: () => 0 } }, log: silent } as unknown as CarrierParts;
  const names = (env: Record<string, string>) => carriersOf(readConfig(env), parts).providers.map(({ name }) => name);

  it('are those whose settings are there, and say what is missing', () => {
    expect(names({})).toEqual([]);
    expect(names({ ACTIVEFLOW_TWILIO_SID: 'AC1', ACTIVEFLOW_TWILIO_TOKEN: 'x', ACTIVEFLOW_KANNEL_URL: 'http://127.0.0.1:13013', ACTIVEFLOW_KANNEL_SECRET: '0123456789abcdef' })).toEqual(['twilio', 'kannel']);
    expect(() => names({ ACTIVEFLOW_TWILIO_SID: 'AC1' })).toThrow('ACTIVEFLOW_TWILIO_SID needs ACTIVEFLOW_TWILIO_TOKEN.');
    expect(() => names({ ACTIVEFLOW_KANNEL_URL: 'http://127.0.0.1:13013', ACTIVEFLOW_KANNEL_SECRET: 'short' })).toThrow('ACTIVEFLOW_KANNEL_URL needs ACTIVEFLOW_KANNEL_SECRET, of at least 16 characters.');
  });
});
