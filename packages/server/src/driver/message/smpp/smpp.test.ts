// What leaves by SMPP and what does not, and what an SMSC can do wrong meanwhile.
import { afterEach, describe, expect, it } from 'vitest';
import { Permanent, Retryable } from '../../errors.js';
import { providerConforms } from '../conformance.js';
import { delivered, openSmpp, read, receiptOf, until, type SmppStage } from './testing/stage.js';

const THROTTLED = 0x58;
const [BAD_DESTINATION, SYSTEM_ERROR, BAD_PASSWORD] = [0x0b, 0x08, 0x0e];

let stage: SmppStage;
afterEach(() => stage.close());

providerConforms('SMPP, an SMSC played over npm\'s smpp', async () => {
  const own = await openSmpp({}, { start: false, times: { wait_ms: 400 } });
  let failing: number | undefined;
  own.smsc.script = { submit: () => { const status = failing; failing = undefined; return status === undefined ? undefined : { status }; } };
  stage = own;
  return {
    provider: own.provider(),
    taken: async () => read(own.smsc.taken).map((text) => ({ source: own.smsc.taken[0]?.source ?? '', destination: own.smsc.taken[0]?.destination ?? '', text })),
    async fail(how) {
      // After a word about too much, nothing is asked for half a second.
      if (how === 'refused') await new Promise((resolve) => { setTimeout(resolve, 600); });
      failing = how === 'throttled' ? THROTTLED : BAD_DESTINATION;
    },
    deliver: async ({ source, destination, text }) => (await own.smsc.deliver(delivered(text, { source_addr: source.replace('+', ''), destination_addr: destination.replace('+', '') }))) === 0,
    arrive: async () => (await own.smsc.deliver(receiptOf(own.smsc.taken.at(-1)?.id ?? '', 'DELIVRD'))) === 0,
    close: async () => undefined,
  };
});

describe('what leaves', () => {
  it('has its numbers and names as SMPP writes them', async () => {
    stage = await openSmpp({}, { settings: { source: '+4930123' } });
    await stage.submit({ source: '+1 (555) 01-00', destination: '+49 151 1234567' });
    await stage.submit({ source: 'ACME Corp', destination: '015112' });
    await stage.submit({ source: '' });
    expect(stage.smsc.taken.map(({ pdu: { fields } }) => [fields['source_addr_ton'], fields['source_addr_npi'], fields['source_addr'], fields['dest_addr_ton'], fields['destination_addr'], fields['registered_delivery']])).toEqual([
      [1, 1, '15550100', 1, '491511234567', 1], [5, 0, 'ACME Corp', 0, '015112', 1], [1, 1, '4930123', 1, '4915112345678', 1],
    ]);
    expect(await stage.submit({ destination: 'bob@example.com' })).toMatchObject({ reason: 'INVALID_DESTINATION' });
    expect(await stage.submit({ source: 'a name that is too long' })).toMatchObject({ reason: 'INVALID_SOURCE' });
    expect(stage.smsc.taken).toHaveLength(3);
  });

  it('has the alphabet that the letters need, and parts that are numbered', async () => {
    stage = await openSmpp();
    const texts = ['€[]', 'Привет', `${'x'.repeat(152)}€${'y'.repeat(200)}`, `${'ж'.repeat(66)}😀${'я'.repeat(70)}`];
    for (const [i, text] of texts.entries()) await stage.submit({ reference: `m.${i}`, destination: `+49${i}`, text });
    expect(read(stage.smsc.taken)).toEqual(texts);
    expect(stage.smsc.taken.map(({ data_coding, esm_class }) => [data_coding, esm_class])).toEqual([[0, 0], [8, 0], [0, 64], [0, 64], [0, 64], [8, 64], [8, 64], [8, 64]]);
    expect(stage.smsc.taken[0]?.octets).toEqual(Buffer.from([0x1b, 0x65, 0x1b, 0x3c, 0x1b, 0x3e]));
    for (const { octets } of stage.smsc.taken) expect(octets.length).toBeLessThanOrEqual(160);
  });

  it('is not more at once than the window, however much is asked for', async () => {
    let [inside, most] = [0, 0];
    stage = await openSmpp({ submit: () => { most = Math.max(most, ++inside); setTimeout(() => { inside -= 1; }, 4); return { delay_ms: 5 }; } }, { settings: { window: 5 } });
    await Promise.all(Array.from({ length: 60 }, (_, i) => stage.submit({ reference: `m.${i}` })));
    expect(stage.smsc.taken).toHaveLength(60);
    expect(most).toBeLessThanOrEqual(6);
    expect(stage.provider().health()).toEqual({ up: true, detail: '', in_flight: 0 });
  });

  it('goes on behind the parts that were taken, under the same number', async () => {
    stage = await openSmpp({ submit: (_, n) => (n === 1 ? { status: SYSTEM_ERROR } : undefined) });
    const text = 'x'.repeat(400);
    const first = await stage.submit({ text });
    expect(first).toMatchObject({ outcome: 'partial', provider_ids: ['1'], parts: 3, error: expect.any(Retryable) as unknown });
    expect(await stage.submit({ text, taken: ['1'] })).toMatchObject({ outcome: 'sent', provider_ids: ['1', '3', '4'], parts: 3 });
    expect(read(stage.smsc.taken)).toEqual([text]);
  });
});

describe('an SMSC that', () => {
  it('throttles is asked more slowly, and nothing is lost or doubled', async () => {
    let tokens = 5;
    const filling = setInterval(() => { tokens = Math.min(5, tokens + 1); }, 20);
    stage = await openSmpp({ submit: () => (tokens-- > 0 ? undefined : { status: THROTTLED }) });
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, i) => stage.submit({ reference: `m.${i}`, destination: `+49${i}` })));
    clearInterval(filling);
    const sent = outcomes.filter((outcome) => 'outcome' in outcome);
    // Who was not served in time is told to come again, and was not taken.
    expect(stage.smsc.taken).toHaveLength(sent.length);
    expect(outcomes.filter((outcome) => !(outcome instanceof Retryable))).toHaveLength(sent.length);
    expect(new Set(stage.smsc.taken.map(({ destination }) => destination)).size).toBe(sent.length);
    // Fifty answers of that kind are one word: few were asked in vain.
    expect(stage.smsc.requests.filter(({ command }) => command === 'submit_sm').length).toBeLessThan(40 + 40);
  });

  it('refuses says whether it is for good', async () => {
    const statuses = [BAD_DESTINATION, SYSTEM_ERROR, 0x0401, 0x45];
    stage = await openSmpp({ submit: (_, n) => ({ status: statuses[n] ?? 0 }) });
    const said = [];
    for (const _ of statuses) said.push(await stage.submit({}));
    expect(said.map((error) => [error.constructor, (error as Permanent).reason])).toEqual([[Permanent, 'SMPP_INVDSTADR'], [Retryable, 'SMPP_SYSERR'], [Permanent, 'SMPP_401'], [Retryable, 'SMPP_SUBMITFAIL']]);
    expect(stage.smsc.taken).toEqual([]);
  });

  it.each(['before', 'after'] as const)('drops the connection %s it took a message leaves it uncertain: it is not sent again, the next one is', async (when) => {
    stage = await openSmpp({ submit: (_, n) => (n === 0 ? { cut: when } : undefined) });
    expect(await stage.submit({ text: 'lost?' })).toMatchObject({ outcome: 'uncertain', provider_ids: [], parts: 1, detail: expect.stringContaining('connection') as unknown });
    expect(await stage.submit({ text: 'next' })).toMatchObject({ outcome: 'sent' });
    expect(read(stage.smsc.taken)).toEqual(when === 'before' ? ['next'] : ['lost?', 'next']);
  });

  it('does not answer leaves it uncertain, and a late answer clears that up', async () => {
    stage = await openSmpp({ submit: (_, n) => (n === 0 ? { delay_ms: 400 } : undefined) }, { times: { answer_ms: 100 } });
    expect(await stage.submit({ reference: 'late.0' })).toMatchObject({ outcome: 'uncertain', detail: 'no answer to submit_sm in 100 ms' });
    await until(() => stage.receipts.length > 0);
    expect(stage.receipts).toEqual([{ reference: 'late.0', provider_id: '1', status: 'sent', detail: '' }]);
  });

  it('refuses late says so', async () => {
    stage = await openSmpp({ submit: () => ({ silent: true }) }, { times: { answer_ms: 50 } });
    expect(await stage.submit({ reference: 'late.0' })).toMatchObject({ outcome: 'uncertain' });
    const sequence = stage.smsc.requests.find(({ command }) => command === 'submit_sm')?.sequence ?? 0;
    const refusal = Buffer.alloc(16);
    for (const [i, value] of [16, 0x80000004, BAD_DESTINATION, sequence].entries()) refusal.writeUInt32BE(value, i * 4);
    stage.smsc.raw(refusal);
    await until(() => stage.receipts.length > 0);
    expect(stage.receipts).toEqual([{ reference: 'late.0', provider_id: '', status: 'rejected', detail: 'late: ESME_RINVDSTADR' }]);
  });

  it('answers late to the first of several parts does not make the message sent', async () => {
    stage = await openSmpp({ submit: () => ({ delay_ms: 200 }) }, { times: { answer_ms: 60 } });
    expect(await stage.submit({ text: 'x'.repeat(200) })).toMatchObject({ outcome: 'uncertain', parts: 2 });
    await new Promise((resolve) => { setTimeout(resolve, 400); });
    expect(stage.receipts).toEqual([]);
  });

  it('answers twice is heard once', async () => {
    stage = await openSmpp({ submit: () => ({ twice: true }) });
    expect(await Promise.all(Array.from({ length: 20 }, (_, i) => stage.submit({ reference: `m.${i}` })))).toEqual(Array.from({ length: 20 }, () => expect.objectContaining({ outcome: 'sent' }) as unknown));
    expect(stage.receipts).toEqual([]);
  });

  it('says goodbye is bound to again, and loses nothing', async () => {
    stage = await openSmpp();
    for (let i = 0; i < 5; i++) {
      stage.smsc.unbind();
      expect(await stage.submit({ reference: `m.${i}`, text: String(i) })).toMatchObject({ outcome: 'sent' });
    }
    expect(read(stage.smsc.taken)).toEqual(['0', '1', '2', '3', '4']);
  });

  it('is not there any more is found out, and found again', async () => {
    let silent = true;
    stage = await openSmpp({ enquire: () => (silent ? { silent: true } : undefined) }, { times: { idle_ms: 40, answer_ms: 60 } });
    await until(() => stage.smsc.requests.filter(({ command }) => command === 'bind_transceiver').length > 1);
    silent = false;
    await until(() => stage.provider().health().up);
    expect(stage.smsc.requests.some(({ command }) => command === 'enquire_link')).toBe(true);
  });

  it('refuses the bind is asked again until it takes it; meanwhile nothing is lost', async () => {
    stage = await openSmpp({ bind: (_, n) => (n < 2 ? { status: BAD_PASSWORD } : undefined) }, { wait: false, times: { pause_ms: [5, 40] } });
    await until(() => stage.provider().health().detail.includes('ESME_RINVPASWD'));
    expect(stage.provider().health().up).toBe(false);
    expect(await stage.submit({})).toMatchObject({ outcome: 'sent' });
  });

  it('hangs up is waited for, for a moment, before it counts as down', async () => {
    stage = await openSmpp({ bind: (_, n) => (n === 1 ? { status: SYSTEM_ERROR } : undefined) }, { times: { mended_ms: 60_000, pause_ms: [100, 100] } });
    stage.smsc.cut();
    await until(() => stage.provider().health().detail !== '');
    expect(stage.provider().health().up).toBe(true);
    expect(await stage.submit({})).toMatchObject({ outcome: 'sent' });
  });

  it('is away is a reason to come again', async () => {
    stage = await openSmpp({}, { times: { wait_ms: 50 } });
    await stage.smsc.close();
    await until(() => !stage.provider().health().up);
    expect(await stage.submit({})).toMatchObject({ name: 'Retryable', reason: 'SMPP_NOT_BOUND' });
  });

  it('sends rubbish is told so, and the rest goes on', async () => {
    stage = await openSmpp();
    const frame = (command: number, body: Buffer): Buffer => { const head = Buffer.alloc(16); for (const [i, value] of [16 + body.length, command, 0, 77].entries()) head.writeUInt32BE(value, i * 4); return Buffer.concat([head, body]); };
    // A delivery that ends in the midst of itself, an answer to nothing, commands that nobody knows.
    stage.smsc.raw(frame(5, Buffer.from('garbage')));
    stage.smsc.raw(frame(0x80000004, Buffer.from('zz\0')));
    stage.smsc.raw(frame(0x7777, Buffer.alloc(9)));
    stage.smsc.raw(frame(4, Buffer.alloc(3)));
    await until(() => stage.smsc.requests.filter(({ sequence }) => sequence === 77).length >= 3);
    expect(stage.smsc.requests.filter(({ sequence }) => sequence === 77).map(({ command, status }) => [command, status])).toEqual([['deliver_sm_resp', 0x65], ['generic_nack', 3], ['generic_nack', 3]]);
    expect(await stage.submit({})).toMatchObject({ outcome: 'sent' });
    // What is no SMPP at all ends the connection, and another is made.
    stage.smsc.raw(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await until(() => stage.smsc.requests.filter(({ command }) => command === 'bind_transceiver').length > 1);
    expect(await stage.submit({})).toMatchObject({ outcome: 'sent' });
    expect(stage.heard).toEqual([]);
  });
});

describe('an account', () => {
  it('may be two connections, one for each way', async () => {
    stage = await openSmpp({}, { settings: { bind: 'separate' } });
    await until(() => stage.smsc.bound() === 2);
    expect(await stage.submit({})).toMatchObject({ outcome: 'sent' });
    expect(await stage.smsc.deliver(delivered('YES'))).toBe(0);
    expect(stage.heard).toMatchObject([{ text: 'YES', source: '+4915112345678', destination: '+100' }]);
    expect(stage.smsc.requests.map(({ command }) => command).filter((command) => command.startsWith('bind')).sort()).toEqual(['bind_receiver', 'bind_transmitter']);
  });

  it('says goodbye when it goes, after what is under way', async () => {
    stage = await openSmpp({ submit: () => ({ delay_ms: 80 }) });
    const submitted = stage.submit({});
    await until(() => stage.smsc.requests.some(({ command }) => command === 'submit_sm'));
    await stage.provider().close();
    expect(await submitted).toMatchObject({ outcome: 'sent' });
    expect(stage.smsc.requests.at(-1)?.command).toBe('unbind');
  });

  it('is asked what it knows of a message', async () => {
    stage = await openSmpp({ state: (id) => ({ '00000001': 2, '00000002': 5 })[id] });
    await stage.submit({});
    await stage.submit({});
    const ask = (provider_id: string) => stage.provider().ask?.({ reference: 'm.0', provider_id });
    expect(await ask('1')).toEqual({ provider_id: '1', status: 'delivered' });
    expect(await ask('2')).toEqual({ provider_id: '2', status: 'undelivered' });
    expect(await ask('3')).toBeUndefined();
    expect(await ask('')).toBeUndefined();
    expect(stage.smsc.requests.find(({ command }) => command === 'query_sm')?.fields['source_addr']).toBe('100');
  });
});
