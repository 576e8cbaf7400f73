// A softphone registers: over every transport, with the password and without.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from 'activeflow/internal/driver/sip/testing/certificate';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from './ports.js';
import { has } from './programs.js';
import { useStage } from './stage.js';

const folder = mkdtempSync(join(tmpdir(), 'activeflow-certificate-'));
const { key, cert } = selfSigned('127.0.0.1');
const [key_path, cert_path] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
writeFileSync(key_path, key);
writeFileSync(cert_path, cert);
const tls_port = await freePort();

describe.skipIf(!has('baresip'))('a softphone', () => {
  const stage = useStage({ ACTIVEFLOW_SIP_TLS_PORT: String(tls_port), ACTIVEFLOW_SIP_TLS_CERT: cert_path, ACTIVEFLOW_SIP_TLS_KEY: key_path });
  afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

  it.each(['udp', 'tcp', 'tls'] as const)('registers over %s, calls and is called there', async (transport) => {
    const flow = await stage.number(`by-${transport}`, [{ type: 'answer' }, { type: 'digits_receive', option: { length: 1, duration: 600_000 } }]);
    const phone = await stage.ready({ transport, ...(transport === 'tls' ? { server: `127.0.0.1:${tls_port}` } : {}) });
    const [extension] = (await stage.server().client.extensions.list({}).page()).result.filter(({ extension: name }) => name === '1000');
    expect(extension?.registered_contacts).toHaveLength(1);
    await phone.dial(`by-${transport}`);
    await phone.until('CALL_ESTABLISHED');
    await stage.stands(flow, 'digits_receive');
    await phone.hangup();
    expect(await stage.ended(flow)).toMatchObject({ end_reason: 'hangup' });
    await stage.server().client.calls.create({ destinations: [{ type: 'extension', target: '1000' }], actions: [{ type: 'hangup' }] as never });
    await phone.until('CALL_INCOMING');
    await phone.command('accept');
    await phone.until('CALL_CLOSED');
  });

  it('is refused with a wrong password as somebody unknown is, and its calls, too', async () => {
    const said: string[][] = [];
    const calls = (await stage.server().client.calls.list({}).page()).result.length;
    for (const user of ['1000', 'nobody']) {
      const phone = await stage.phone({ user, password: 'wrong-horse-battery' });
      expect(await phone.registered()).toBe(false);
      await phone.dial('by-udp');
      const { param } = await phone.until('CALL_CLOSED');
      said.push([...phone.log().matchAll(/\b4\d\d [A-Z]\w+/g)].map(([status]) => status).concat(param));
      await phone.close();
    }
    expect(said[0]).toEqual(said[1]);
    expect(said[0]?.join()).toMatch(/40[137] /);
    expect((await stage.server().client.calls.list({}).page()).result).toHaveLength(calls);
  });
});
