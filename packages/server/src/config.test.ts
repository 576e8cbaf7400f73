// The settings of calls: what they read as, and what is refused, in one sentence that repeats no secret.
import { describe, expect, test } from 'vitest';
import { readConfig, readSetting, showSettings, SETTINGS } from './config.js';

const read = <K extends keyof typeof SETTINGS>(key: K, text: string) => readSetting(key, { [SETTINGS[key].name]: text });

describe('settings of calls', () => {
  test('without any, SIP and browsers are left to the command, and no call goes out', () => {
    expect(readConfig({})).toMatchObject({
      sip: undefined, sip_host: '127.0.0.1', sip_port: 5060, sip_tls_port: undefined, sip_ws_port: undefined, sip_digests: ['MD5'], sip_phones_from: [], public_address: '', rtp_ports: [20_000, 29_999], webrtc: undefined,
      ice_servers: [], recordings: './data/recordings', speech_cache: './data/speech', tts: '', tts_openai_url: '', sip_extension: undefined, sip_trunk: undefined, outbound_allow: [], max_calls: 100, max_outbound_minutes: 600,
    });
    expect(readConfig({}, { sip: 'true', webrtc: 'true' })).toMatchObject({ sip: true, webrtc: true });
    expect(readConfig({ ACTIVEFLOW_SIP: 'false' }, { sip: 'true' }).sip).toBe(false);
  });

  test('are read as what they mean', () => {
    expect(read('sip_tls_port', '5061')).toBe(5_061);
    expect(read('rtp_ports', '30000-30099')).toEqual([30_000, 30_099]);
    expect(read('public_address', '2001:db8::1')).toBe('2001:db8::1');
    expect(read('ice_servers', 'stun:stun.example.com:3478, turn:ada:s3:cret@[2001:db8::1]:3478?transport=tcp')).toEqual([
      { urls: 'stun:stun.example.com:3478' }, { urls: 'turn:[2001:db8::1]:3478?transport=tcp', username: 'ada', credential: 's3:cret' },
    ]);
    expect(read('sip_extension', '1000:correct: horse')).toEqual({ extension: '1000', password: 'correct: horse' });
    expect(read('sip_trunk', '{"uri":"sip:sip.example.com","password":"x"}')).toEqual({ uri: 'sip:sip.example.com', password: 'x' });
    expect(read('sip_digests', 'SHA-256, MD5')).toEqual(['SHA-256', 'MD5']);
    expect(read('sip_phones_from', '10.0.0.0/8, 2001:db8::/32,192.0.2.1')).toEqual(['10.0.0.0/8', '2001:db8::/32', '192.0.2.1']);
    expect(read('outbound_allow', '+49, 0,+,@sip.example.com')).toEqual(['+49', '0', '+', '@sip.example.com']);
  });

  test.each([
    ['sip', ['yes', 'on']], ['sip_port', ['-1', '65536', 'x']], ['sip_ws_port', ['x']], ['sip_digests', [',', 'SHA-1', 'MD5,x']], ['sip_phones_from', ['x', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/x']], ['public_address', ['example.com', '1.2.3']], ['rtp_ports', ['20000', '1-2', '30000-20000', '20000-70000', '20000-20000']],
    ['ice_servers', ['http://x', 'stun:', 'turn:host:3478', 'stun:a:secret@host', 'turn:ada:secret@']], ['sip_extension', ['1000', '1000:secret', 'a b:correct horse', ':correct horse']],
    ['sip_trunk', ['sip:x', '[]', '"secret"', '{"password":"secret"', 'null']], ['outbound_allow', ['49x', '++49', '1234567890123456', '@', 'a@b']], ['tts', ['gcp']], ['tts_openai_url', ['ftp://x', 'x']], ['max_calls', ['-1', '1.5']],
  ] as const)('%s refuses what it cannot use', (key, texts) => {
    for (const text of texts) {
      const refused = (): string => { try { read(key, text); return 'taken'; } catch (error) { return (error as Error).message; } };
      expect(refused(), text).toMatch(new RegExp(`^${SETTINGS[key].name} must be [^\n]+\\.$`));
      expect(refused()).not.toContain('secret');
    }
  });

  test('what is secret among them is shown as set, and no more', () => {
    const secrets = ['SIP_EXTENSION', 'SIP_TRUNK', 'TTS_OPENAI_KEY', 'ICE_SERVERS'].map((name) => `ACTIVEFLOW_${name}`);
    const shown = showSettings(Object.fromEntries(secrets.map((name) => [name, 'secret'])));
    expect(shown.filter(({ name }) => secrets.includes(name)).map(({ value }) => value)).toEqual(secrets.map(() => '(set)'));
    expect(JSON.stringify(shown)).not.toContain('"secret"');
  });
});
