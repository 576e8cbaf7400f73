// Messages by an SMSC that nobody here wrote: a conversation, and many messages over connections that are cut and processes that are killed.
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { hasSmsc, startSmsc, type Smsc } from './smsc.js';
import { PATIENCE_MS, startServer, type Server } from './server.js';

/** What is sent and how often it is killed meanwhile; the figures of the README are made with 10,000 and 20. */
const MESSAGES = Number(process.env['ACTIVEFLOW_PEERS_MESSAGES'] ?? 300);
const KILLS = Number(process.env['ACTIVEFLOW_PEERS_KILLS'] ?? 2);
const OURS = '+15550100';
/** Unanswered at once: so many may be in doubt at each cut. */
const WINDOW = 10;
const BATCH = 10;
/** Requests at once. */
const SENDERS = 8;

describe.skipIf(!hasSmsc())('an SMSC of Net::SMPP', () => {
  let smsc: Smsc | undefined;
  let server: Server | undefined;
  afterEach(async () => { await server?.close(); await smsc?.close(); [server, smsc] = [undefined, undefined]; });
  const open = async (cut = 0): Promise<{ readonly smsc: Smsc; readonly server: Server }> => {
    const peer = smsc = await startSmsc(cut);
    const ours = server = await startServer({ ACTIVEFLOW_SIP: 'false', ACTIVEFLOW_SMPP_URL: peer.url, ACTIVEFLOW_SMPP_WINDOW: String(WINDOW) }, false);
    return { smsc: peer, server: ours };
  };

  it('delivers YES: the flow goes on, its answer arrives, the receipt updates the target', async () => {
    const { smsc: peer, server: { client } } = await open();
    const flow = await client.flows.create({
      name: 'asks', actions: [
        { type: 'message_send', option: { source: { target: OURS }, destinations: [{ target: '${voipbin.message.source.target}' }], text: 'Shall we come at ten? €' } },
        { type: 'message_receive', option: { duration: 600_000 } },
        { type: 'message_send', option: { source: { target: OURS }, destinations: [{ target: '${voipbin.message.source.target}' }], text: 'You said ${voipbin.message.text}.' } },
      ],
    });
    await client.numbers.create({ number: OURS, type: 'virtual', name: '', detail: '', call_flow_id: '', message_flow_id: flow.id });
    expect(await peer.deliver('4915112345678', OURS.slice(1), 'hello')).toBe(0);
    await expect.poll(() => peer.taken.length, { timeout: PATIENCE_MS }).toBe(1);
    expect(peer.taken[0]).toMatchObject({ source: OURS.slice(1), destination: '4915112345678', data_coding: 0 });
    // The escape, and what it stands before.
    expect(peer.taken[0]?.octets.subarray(-2)).toEqual(Buffer.from([0x1b, 0x65]));
    expect(await peer.deliver('4915112345678', OURS.slice(1), 'YES')).toBe(0);
    await expect.poll(() => peer.taken.at(-1)?.octets.toString('latin1'), { timeout: PATIENCE_MS }).toBe('You said YES.');
    const outbound = async () => (await client.messages.list({}).page()).result.filter(({ direction }) => direction === 'outbound');
    await expect.poll(async () => (await outbound()).map(({ targets }) => targets.map(({ status, parts }) => `${status} ${parts}`).join()), { timeout: PATIENCE_MS }).toEqual(['delivered 1', 'delivered 1']);
    // For a number that nobody has, it is acknowledged and left alone.
    expect(await peer.deliver('4915112345678', '15559999', 'hello?')).toBe(0);
    expect((await client.activeflows.list({}).page()).result).toHaveLength(1);
  });

  it('gets each message once, over connections that are cut and a server that is killed; what may have gone out is named', async () => {
    const { smsc: peer, server: ours } = await open(Math.max(50, MESSAGES / 50));
    const numbers = Array.from({ length: MESSAGES }, (_, i) => `4917${String(1_000_000 + i)}`);
    const batches = Array.from({ length: Math.ceil(MESSAGES / BATCH) }, (_, i) => ({ key: randomUUID(), to: numbers.slice(i * BATCH, (i + 1) * BATCH) }));
    const send = async ({ key, to }: { readonly key: string; readonly to: readonly string[] }): Promise<void> => {
      // Whoever heard no answer asks again under the same key.
      for (;;) {
        try {
          await ours.client.messages.send({ source: { target: OURS }, destinations: to.map((number) => ({ target: `+${number}` })), text: 'Your table is ready.' }, { idempotency_key: key });
          return;
        } catch {
          await new Promise((resolve) => { setTimeout(resolve, 200); });
        }
      }
    };
    const left = [...batches];
    const sending = Promise.all(Array.from({ length: SENDERS }, async () => { for (let batch = left.shift(); batch; batch = left.shift()) await send(batch); }));
    for (let kills = 0; kills < KILLS; kills++) {
      // Somewhere in the midst of it: when so many more have gone out.
      const least = Math.min(MESSAGES * 0.9, peer.taken.length + MESSAGES / (KILLS + 1) * Math.random());
      await expect.poll(() => peer.taken.length, { timeout: PATIENCE_MS, interval: 5 }).toBeGreaterThanOrEqual(least);
      await ours.kill();
      await ours.again();
    }
    await sending;
    const statuses = new Map<string, string>();
    await expect.poll(async () => {
      for await (const { targets } of ours.client.messages.list({})) for (const { destination, status } of targets) statuses.set(destination.target.slice(1), status);
      const open = [...statuses.values()].filter((status) => status !== 'delivered' && status !== 'uncertain');
      return { known: statuses.size, open: [...new Set(open)].map((status) => `${open.filter((one) => one === status).length} ${status}`) };
    }, { timeout: 4 * PATIENCE_MS, interval: 500 }).toEqual({ known: MESSAGES, open: [] });
    const taken = new Map<string, number>();
    for (const { destination } of peer.taken) taken.set(destination, (taken.get(destination) ?? 0) + 1);
    const uncertain = numbers.filter((number) => statuses.get(number) === 'uncertain');
    expect(numbers.filter((number) => (taken.get(number) ?? 0) > 1), 'doubled').toEqual([]);
    expect(numbers.filter((number) => !taken.has(number) && statuses.get(number) !== 'uncertain'), 'lost').toEqual([]);
    // At most those that were under way at a cut or a kill.
    expect(uncertain.length).toBeLessThanOrEqual(WINDOW * (peer.bound() + KILLS));
    console.log(`${MESSAGES} messages, ${KILLS} kills: ${taken.size} at the SMSC, none twice; ${uncertain.length} named as uncertain, of which ${uncertain.filter((number) => taken.has(number)).length} had gone out.`);
  }, 5 * PATIENCE_MS);
});
