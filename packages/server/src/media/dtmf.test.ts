import { describe, expect, test } from 'vitest';
import { createDigitSender, createEventReceiver, writeEvent } from './dtmf.js';

/** A packet as [event, end, duration, timestamp]. */
type Packet = readonly [number, boolean, number, number];

/** What was heard of packets. */
function heard(packets: readonly Packet[]): string {
  const receiver = createEventReceiver();
  return packets.map(([code, end, duration, timestamp]) => {
    const bytes = new Uint8Array(4);
    writeEvent(bytes, 0, { code, end, duration, sounding: true, first: false });
    return receiver.take(bytes, 0, 4, timestamp >>> 0);
  }).join('');
}

describe('a digit is heard once', () => {
  const whole = (code: number, timestamp: number): Packet[] => [[160, false], [320, false], [480, false], [640, true], [640, true], [640, true]].map(([duration, end]) => [code, end as boolean, duration as number, timestamp]);
  test.each([
    ['as it should be', whole(5, 1_000), '5'],
    ['without its start', whole(5, 1_000).slice(2), '5'],
    ['without its end', [...whole(5, 1_000).slice(0, 2), ...whole(6, 3_000)], '56'],
    ['of which only the last end came', whole(5, 1_000).slice(5), '5'],
    ['twice the same key', [...whole(5, 1_000), ...whole(5, 3_000)], '55'],
    ['the end of one comes after the start of the next', [...whole(5, 1_000).slice(0, 5), ...whole(6, 3_000).slice(0, 2), ...whole(5, 1_000).slice(5), ...whole(6, 3_000).slice(2)], '56'],
    ['over the end of the timestamps', [...whole(5, 2 ** 32 - 500), ...whole(6, 2_000)], '56'],
    ['held for longer than fits: segments', [[5, false, 0xffff, 1_000], [5, false, 160, 1_000 + 0xffff], [5, true, 800, 1_000 + 0xffff]], '5'],
    ['the keys beside the numbers', [10, 11, 12, 15].map((code, i) => [code, true, 160, i * 1_000] as const), '*#AD'],
    ['an event that is no key: a fax', [[32, false, 160, 1_000]], ''],
  ] as const)('%s', (_name, packets, digits) => { expect(heard(packets)).toBe(digits); });

  test('and a payload that is cut off is none', () => { expect(createEventReceiver().take(Uint8Array.of(5, 0, 1), 0, 3, 1_000)).toBe(''); });
});

describe('digits are sent', () => {
  test('at the pace that was asked for, one order after the other', () => {
    const sent: string[] = [];
    const sender = createDigitSender((id) => sent.push(id));
    sender.add({ id: 'a', digits: '1b', duration_ms: 60, interval_ms: 80 });
    sender.add({ id: 'b', digits: '-', duration_ms: 60, interval_ms: 80 });
    sender.add({ id: null, digits: '#', duration_ms: 0, interval_ms: 0 });
    const steps = Array.from({ length: 19 }, () => { const step = sender.step(); return step && `${step.code}${step.first ? 'f' : ''}${step.sounding ? 's' : ''}${step.end ? 'e' : ''}${step.duration}`; });
    expect(steps).toEqual(['1fs160', '1s320', '1se480', '1e480', '1e480', '1480', '1480', '13fs160', '13s320', '13se480', '13e480', '13e480', '13480', '13480', '11fs160', '11se320', '11e320', '11e320', null]);
    expect(sent).toEqual(['a', 'b']);
  });
});
