import { beforeEach, describe, expect, test } from 'vitest';
import { createLatch, type Latch } from './latch.js';
import { createHeader } from './rtp.js';

const far = { address: '203.0.113.5', port: 4_000 };
let latch: Latch;
let now = 0;
beforeEach(() => {
  latch = createLatch();
  now = 1_000;
  latch.agree(far, null, now);
});

/** Packets in sequence from a source, 20 ms apart; how many were heard. */
const heard = (count: number, { address = far.address, port = far.port, ssrc = 1, from = 100, pace = 20 } = {}): number =>
  Array.from({ length: count }, (_, i) => latch.admit({ ...createHeader(), ssrc, sequence: (from + i) & 0xffff }, address, port, (now += pace))).filter((verdict) => verdict !== 'refused').length;

describe('the agreed source', () => {
  test('is heard from its first packet on, even late, and sent to', () => {
    now += 60_000;
    expect([heard(3), latch.target()]).toEqual([3, far]);
  });

  test('is taken back from another port that was first', () => {
    expect(heard(10, { port: 5_000 })).toBe(6);
    expect([heard(3, { ssrc: 2 }), latch.target(), heard(10, { port: 5_000 })]).toEqual([3, far, 0]);
  });

  test('is heard while somebody else sends from packet 0 on', () => {
    for (let i = 0; i < 50; i++) {
      expect(heard(1, { address: '198.51.100.9', ssrc: 9, from: i, pace: 1 })).toBe(0);
      expect(heard(1, { port: 4_001, ssrc: 9, from: i, pace: 1 })).toBe(0);
      expect(heard(1, { from: i, pace: 18 })).toBe(1);
    }
  });
});

describe('another source', () => {
  test('of the agreed address is heard after five packets in sequence, and sent to', () => {
    expect([heard(4, { port: 5_000 }), latch.target()]).toEqual([0, far]);
    expect([heard(1, { port: 5_000, from: 104 }), latch.target()]).toEqual([1, { ...far, port: 5_000 }]);
  });

  test('is not, where its packets are not in sequence, or come too late', () => {
    for (let i = 0; i < 20; i++) expect(heard(1, { port: 5_000, from: i * 2 })).toBe(0);
    now += 5_000;
    expect(heard(20, { port: 5_000 })).toBe(0);
  });

  test('of a third address is never heard', () => { expect(heard(100, { address: '198.51.100.9' })).toBe(0); });

  test('is heard behind NAT from the address of its signalling, and from no other', () => {
    latch.agree({ address: '192.168.1.20', port: 4_000 }, '203.0.113.77', now);
    expect(heard(20, { address: '198.51.100.9' })).toBe(0);
    expect(heard(20, { address: '203.0.113.77', port: 61_000 })).toBe(16);
    expect(latch.target()).toEqual({ address: '203.0.113.77', port: 61_000 });
  });

  test('is not heard for its signalling where the agreed address is a public one', () => {
    latch.agree(far, '203.0.113.77', now);
    expect(heard(20, { address: '203.0.113.77' })).toBe(0);
  });

  test('is not heard once the latch is closed', () => { expect([heard(1), heard(50, { port: 5_000 }), heard(50, { address: '198.51.100.9' })]).toEqual([1, 0, 0]); });
});

describe('another SSRC of the latched source', () => {
  test('is refused while the first goes on', () => {
    expect(heard(1)).toBe(1);
    for (let i = 1; i < 40; i++) {
      expect(heard(3, { ssrc: 2, from: i * 3, pace: 5 })).toBe(0);
      expect(heard(1, { from: 100 + i, pace: 5 })).toBe(1);
    }
  });

  test('is heard after a tenth of a second without the first, from its second packet on', () => {
    heard(5);
    expect(heard(20, { ssrc: 2 })).toBe(16);
    expect(heard(20, { ssrc: 1, pace: 1 })).toBe(0);
  });

  test('is heard at once after a new agreement, which keeps the latch', () => {
    heard(10, { port: 5_000 });
    latch.agree(far, null, now);
    expect([heard(1, { port: 5_000, ssrc: 7 }), latch.target()]).toEqual([1, { ...far, port: 5_000 }]);
    latch.agree({ ...far, port: 6_000 }, null, now);
    expect([heard(1, { port: 6_000, ssrc: 8 }), latch.target()]).toEqual([1, { ...far, port: 6_000 }]);
  });
});

test('where nothing is agreed, nobody is heard', () => {
  latch.agree(null, null, now);
  expect([heard(20), latch.target()]).toEqual([0, null]);
});
