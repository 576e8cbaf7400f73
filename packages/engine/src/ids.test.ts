// UUIDv5 against the vector of RFC 9562 and against node's SHA-1.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deriveId, FINISH_ID, isReserved, isUuid, NEXT_ID, NONE_ID, START_ID } from './ids.js';

/** RFC 9562 §5.5, by other means. */
function reference(base: string, name: string): string {
  const hash = createHash('sha1').update(Buffer.from(base.replaceAll('-', ''), 'hex')).update(name, 'utf8').digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

describe('deriveId', () => {
  const DNS = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

  test('gives the UUID that RFC 9562, appendix A.4, gives', () => {
    expect(deriveId(DNS, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });

  test('agrees with SHA-1 of node for any name, around every block boundary', () => {
    for (let length = 0; length <= 200; length++) expect(deriveId(DNS, 'é'.repeat(length % 3) + 'x'.repeat(length))).toBe(reference(DNS, 'é'.repeat(length % 3) + 'x'.repeat(length)));
    fc.assert(fc.property(fc.uuid(), fc.string({ unit: 'grapheme', maxLength: 80 }), (base, name) => {
      expect(deriveId(base, name)).toBe(reference(base, name));
      expect(isUuid(deriveId(base, name))).toBe(true);
    }));
  });

  test('is the same for an upper-case base, and differs by one character of the name', () => {
    expect(deriveId(DNS.toUpperCase(), 'a')).toBe(deriveId(DNS, 'a'));
    expect(deriveId(DNS, '1.0')).not.toBe(deriveId(DNS, '1.1'));
  });
});

describe('isUuid and isReserved', () => {
  test('a UUID of any version and case is one, in canonical form only', () => {
    for (const id of [NONE_ID, DNS_UPPER, '2ed6657d-e927-568b-95e1-2665a8aea6a2', 'ffffffff-ffff-ffff-ffff-ffffffffffff']) expect(isUuid(id)).toBe(true);
    for (const id of ['', 'menu', `x${DNS_UPPER}`, DNS_UPPER.replaceAll('-', ''), `{${DNS_UPPER}}`, `${DNS_UPPER} `, `${DNS_UPPER}\n`, 'g'.repeat(8) + DNS_UPPER.slice(8)]) expect(isUuid(id)).toBe(false);
  });

  test('four ids are reserved and no other', () => {
    expect([NONE_ID, START_ID, FINISH_ID, NEXT_ID].map(isReserved)).toEqual([true, true, true, true]);
    expect(isReserved('00000000-0000-0000-0000-000000000004')).toBe(false);
  });
});

const DNS_UPPER = '6BA7B810-9DAD-11D1-80B4-00C04FD430C8';
