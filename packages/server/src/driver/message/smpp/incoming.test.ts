// What an SMSC brings: texts in every coding, messages in parts, receipts with ids in every writing; all of it kept before it is acknowledged.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { cut } from '../text/cut.js';
import { placeHeader } from '../text/header.js';
import { createIds } from './ids.js';
import { delivered, openSmpp, receiptOf, until, type SmppStage } from './testing/stage.js';

let stage: SmppStage;
afterEach(() => stage.close());

/** The parts of a text, as a phone sends them. */
function partsOf(text: string, reference: number): Parameters<typeof stage.smsc.deliver>[0][] {
  const { alphabet, parts } = cut(text);
  return parts.map((octets, i) => delivered('', { esm_class: 0x40, data_coding: alphabet === 'ucs2' ? 8 : 0, short_message: Buffer.concat([placeHeader({ reference, parts: parts.length, part: i + 1 }), octets]) }));
}
const texts = () => stage.heard.map(({ text }) => text);

describe('a message', () => {
  it('is read in the coding it says it is in', async () => {
    stage = await openSmpp();
    for (const fields of [
      delivered('€[] ä'), delivered('Ж😀'), delivered('', { data_coding: 3, short_message: Buffer.from('größe', 'latin1') }), delivered('', { data_coding: 4, short_message: Buffer.from('utf8 €') }),
      delivered('', { short_message: Buffer.alloc(0), message_payload: Buffer.from('by payload') }), delivered('', { data_coding: 0x18, short_message: Buffer.from([4, 0x16]) }), delivered(''),
    ]) expect(await stage.smsc.deliver(fields)).toBe(0);
    expect(texts()).toEqual(['€[] ä', 'Ж😀', 'größe', 'utf8 €', 'by payload', 'Ж', '']);
    expect(stage.heard[0]).toMatchObject({ source: '+4915112345678', destination: '+100' });
    expect(await stage.smsc.deliver(delivered('short', { source_addr: '4444', source_addr_ton: 3, destination_addr: '100', dest_addr_ton: 0 }))).toBe(0);
    expect(stage.heard.at(-1)).toMatchObject({ source: '4444', destination: '100' });
  });

  it('may come by data_sm', async () => {
    stage = await openSmpp();
    const { short_message: _, ...fields } = delivered('', { message_payload: Buffer.from('data') });
    expect(await stage.smsc.deliver(fields, 'data_sm')).toBe(0);
    expect(texts()).toEqual(['data']);
  });

  it('that cannot be kept is to be delivered again, under the same name', async () => {
    stage = await openSmpp();
    stage.trouble = 1;
    expect(await stage.smsc.deliver(delivered('YES'))).toBe(0x64);
    expect(await stage.smsc.deliver(delivered('YES'))).toBe(0);
    expect(texts()).toEqual(['YES']);
  });

  it('that comes again after a cut is the same, and one that merely says the same is another', async () => {
    stage = await openSmpp();
    expect(await stage.smsc.deliver(delivered('YES'))).toBe(0);
    expect(await stage.smsc.deliver(delivered('YES'))).toBe(0);
    expect(texts()).toEqual(['YES', 'YES']);
    stage.smsc.cut();
    await until(() => stage.smsc.requests.filter(({ command }) => command === 'bind_transceiver').length === 2 && stage.provider().health().up);
    expect(await stage.smsc.deliver(delivered('YES'))).toBe(0);
    expect(texts()).toEqual(['YES', 'YES']);
    expect(await stage.smsc.deliver(delivered('YES'))).toBe(0);
    expect(texts()).toEqual(['YES', 'YES', 'YES']);
  });

  it('comes behind the one that its sender wrote before it', async () => {
    stage = await openSmpp();
    const words = Array.from({ length: 40 }, (_, i) => `word ${i}`);
    await Promise.all(words.map((word) => stage.smsc.deliver(delivered(word))));
    expect(texts()).toEqual(words);
  });
});

describe('a message in parts', () => {
  const LONG = `${'x'.repeat(152)}€${'ä'.repeat(250)}`;

  it('is put together, in whatever order they come and however often', async () => {
    stage = await openSmpp();
    const [one = {}, two = {}, three = {}] = partsOf(LONG, 7);
    for (const part of [three, one, one, three, two, one]) expect(await stage.smsc.deliver(part)).toBe(0);
    expect(texts()).toEqual([LONG]);
    const wide = `${'ж'.repeat(66)}😀${'я'.repeat(40)}`;
    for (const part of partsOf(wide, 7)) await stage.smsc.deliver(part);
    expect(texts()).toEqual([LONG, wide]);
  });

  it('says the same whatever its letters are and wherever it is cut', async () => {
    stage = await openSmpp();
    let reference = 0;
    await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('a', '€', 'é', 'ж', '😀', '\n', '漢'), { minLength: 171, maxLength: 500 }), fc.infiniteStream(fc.nat()), async (letters, order) => {
      const text = letters.join('');
      const parts = partsOf(text, reference++ % 256).map((part) => ({ part, at: order.next().value ?? 0 })).sort((a, b) => a.at - b.at);
      for (const { part } of parts) await stage.smsc.deliver(part);
      expect(texts().at(-1)).toBe(text);
    }), { numRuns: 40 });
    expect(stage.heard).toHaveLength(40);
  });

  it('survives the process that had a part of it', async () => {
    stage = await openSmpp();
    const [one = {}, ...rest] = partsOf(LONG, 9);
    expect(await stage.smsc.deliver(one)).toBe(0);
    await stage.restart();
    for (const part of rest) await stage.smsc.deliver(part);
    expect(texts()).toEqual([LONG]);
  });

  it('is passed on once more where that failed, under the same name', async () => {
    stage = await openSmpp();
    const [one = {}, two = {}, three = {}] = partsOf(LONG, 3);
    await stage.smsc.deliver(one);
    await stage.smsc.deliver(two);
    stage.trouble = 1;
    expect(await stage.smsc.deliver(three)).toBe(0x64);
    expect(texts()).toEqual([]);
    expect(await stage.smsc.deliver(three)).toBe(0);
    expect(texts()).toEqual([LONG]);
  });

  it('goes out with a gap once the rest has not come in time', async () => {
    stage = await openSmpp();
    const [one = {}, two = {}, three = {}] = partsOf(LONG, 11);
    await stage.smsc.deliver(one);
    await stage.smsc.deliver(three);
    stage.world.clock.advance(601_000);
    await until(() => stage.heard.length > 0);
    expect(texts()).toEqual([`${'x'.repeat(152)}…${'ä'.repeat(99)}`]);
    // What is late is a message of its own, in its time.
    expect(await stage.smsc.deliver(two)).toBe(0);
    stage.world.clock.advance(601_000);
    await until(() => stage.heard.length > 1);
    expect(texts()[1]).toBe(`…€${'ä'.repeat(151)}…`);
  });

  it('leaves the number to the next one', async () => {
    stage = await openSmpp();
    const [first, second] = [partsOf(`1${LONG}`, 5), partsOf(`2${LONG}`, 5)];
    await stage.smsc.deliver(first[0] ?? {});
    for (const part of second) await stage.smsc.deliver(part);
    expect(texts()).toEqual([expect.stringMatching(/^1x+…$/) as unknown, `2${LONG}`]);
    for (const part of partsOf(`3${LONG}`, 5)) await stage.smsc.deliver(part);
    expect(texts().at(-1)).toBe(`3${LONG}`);
  });

  it('may be numbered by parameters in place of a header', async () => {
    stage = await openSmpp();
    for (const part of [2, 1]) await stage.smsc.deliver(delivered(`part ${part};`, { sar_msg_ref_num: 500, sar_total_segments: 2, sar_segment_seqnum: part }));
    expect(texts()).toEqual(['part 1;part 2;']);
  });
});

describe('a receipt', () => {
  it.each([
    ['DELIVRD', 'delivered', ''], ['UNDELIV', 'undelivered', 'UNDELIV'], ['EXPIRED', 'expired', 'EXPIRED'], ['REJECTD', 'rejected', 'REJECTD'], ['ACCEPTD', 'sent', ''], ['ENROUTE', 'sent', ''],
    ['DELETED', 'failed', 'DELETED'], ['UNKNOWN', 'failed', 'UNKNOWN'], ['Delivered', 'delivered', ''],
  ])('that says %s is %s', async (stat, status, detail) => {
    stage = await openSmpp();
    await stage.submit({});
    expect(await stage.smsc.deliver(receiptOf('00000001', stat))).toBe(0);
    expect(stage.receipts).toEqual([{ reference: '', provider_id: '1', status, detail }]);
  });

  it('names the message by a parameter before its text, and its state, too', async () => {
    stage = await openSmpp();
    await stage.submit({});
    await stage.smsc.deliver(receiptOf('999', 'DELIVRD', { receipted_message_id: '00000001', message_state: 5 }));
    await stage.smsc.deliver(delivered('', { short_message: Buffer.alloc(0), receipted_message_id: '00000001', message_state: 2 }));
    expect(stage.receipts.map(({ provider_id, status }) => `${provider_id} ${status}`)).toEqual(['1 undelivered', '1 delivered']);
  });

  it('that cannot be kept is to be delivered again', async () => {
    stage = await openSmpp();
    stage.trouble = 1;
    expect(await stage.smsc.deliver(receiptOf('1', 'DELIVRD'))).toBe(0x64);
    expect(await stage.smsc.deliver(receiptOf('1', 'DELIVRD'))).toBe(0);
    expect(stage.receipts).toHaveLength(1);
  });

  it('that says nothing is acknowledged and done with; one for nobody is told', async () => {
    stage = await openSmpp();
    expect(await stage.smsc.deliver(delivered('', { esm_class: 4, short_message: Buffer.from('hello there') }))).toBe(0);
    expect(await stage.smsc.deliver(delivered('', { esm_class: 4, short_message: Buffer.from('id: stat:DELIVRD') }))).toBe(0);
    expect(await stage.smsc.deliver(receiptOf('77', 'DELIVRD'))).toBe(0);
    expect(stage.receipts).toMatchObject([{ provider_id: '77' }]);
    expect(stage.heard).toEqual([]);
  });

  it.each([
    ['decimal of a hexadecimal answer', (n: number) => (n + 250).toString(16).toUpperCase().padStart(8, '0'), (n: number) => String(n + 250)],
    ['hexadecimal of a decimal answer', (n: number) => String(n + 250), (n: number) => (n + 250).toString(16).padStart(10, '0')],
    ['the same with other zeros and letters', (n: number) => `00${(n + 0xab0).toString(16)}`, (n: number) => (n + 0xab0).toString(16).toUpperCase()],
    ['the same words', (n: number) => `sMs-${n}-Ab`, (n: number) => `sMs-${n}-Ab`],
  ])('names it in %s', async (_, idOf, inReceipt) => {
    stage = await openSmpp({ idOf });
    const ids: string[] = [];
    for (let n = 0; n < 30; n++) {
      const out = await stage.submit({ reference: `m.${n}`, destination: `+4917000${n}` });
      ids.push('outcome' in out ? out.provider_ids[0] ?? '' : '');
    }
    for (let n = 0; n < 20; n++) await stage.smsc.deliver(receiptOf(inReceipt(n), 'DELIVRD', { source_addr: `4917000${n}` }));
    // Another process has not seen the rest, but knows the writing.
    await stage.restart();
    for (let n = 20; n < 30; n++) await stage.smsc.deliver(receiptOf(inReceipt(n), 'DELIVRD', { source_addr: `4917000${n}` }));
    expect(stage.receipts.map(({ provider_id }) => provider_id)).toEqual(ids);
  });

  it('is understood right behind the answer that names the message', async () => {
    stage = await openSmpp({ submit: (_, n) => ({ then: () => { void stage.smsc.deliver(receiptOf(String(n + 250), 'DELIVRD')); } }), idOf: (n) => (n + 250).toString(16) });
    for (let n = 0; n < 5; n++) await stage.submit({ reference: `m.${n}` });
    await until(() => stage.receipts.length === 5);
    expect(stage.receipts.map(({ provider_id }) => provider_id)).toEqual(['fa', 'fb', 'fc', 'fd', 'fe']);
  });

  it('is not mistaken for another whose id is its own in the other writing', () => {
    const ids = createIds('same', () => undefined);
    // 0x26 is 38: both are out, and the number it is about decides.
    ids.taken('26', { destination: '+4911111111', reference: 'a', source: '' });
    ids.taken('1A', { destination: '+4922222222', reference: 'b', source: '' });
    expect(ids.named('26', '4922222222')).toBe('1a');
    expect(ids.named('26', '4911111111')).toBe('26');
  });
});
