// The samples are those of RFC 5769 §2.1 to §2.3.
import { describe, expect, it } from 'vitest';
import { bindingSuccess, isGenuine, isStun, readBindingRequest } from './stun.js';

const PASSWORD = 'VOkJxbRl1RmTxUk/WvJxBt';
const bytes = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const REQUEST = bytes(`000100582112a442b7e7a701bc34d686fa87dfae 802200105354554e207465737420636c69656e74 002400046e0001ff 80290008932ff9b151263b36
  0006000965 76746a3a68367659202020 000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004e57a3bcf`);

describe('STUN', () => {
  it('reads the sample request, and knows the password', () => {
    const request = readBindingRequest(REQUEST)!;
    expect(request).toMatchObject({ username: 'evtj:h6vY', nominates: false });
    expect(isGenuine(request, PASSWORD)).toBe(true);
    expect(isGenuine(request, `${PASSWORD}x`)).toBe(false);
  });

  it('does not believe a request of which a byte was changed', () => {
    // The type and length of the fingerprint aside: without one, a request is as good.
    for (const at of REQUEST.keys()) {
      if (at >= 100 && at < 104) continue;
      const changed = Buffer.from(REQUEST);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      const request = readBindingRequest(changed);
      expect(request !== undefined && isGenuine(request, PASSWORD), String(at)).toBe(false);
    }
  });

  it('throws at nothing that is cut off or garbled', () => {
    for (let length = 0; length < REQUEST.length; length++) {
      const cut = Buffer.from(REQUEST.subarray(0, length));
      expect(readBindingRequest(cut)).toBeUndefined();
      if (length >= 20) cut.writeUInt16BE(length - 20, 2);
      const request = readBindingRequest(cut);
      if (request) expect(request.packet).toEqual(cut);
    }
  });

  it.each([
    ['192.0.2.1', '002000080001a147e112a643'],
    ['2001:db8:1234:5678:11:2233:4455:6677', '002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9'],
  ])('answers with the address that it was asked from: %s', (address, attribute) => {
    const answer = bindingSuccess({ transaction: REQUEST.subarray(8, 20) }, { address, port: 32_853 }, PASSWORD);
    expect(answer.readUInt16BE(0)).toBe(0x0101);
    expect(answer.readUInt16BE(2)).toBe(answer.length - 20);
    expect(answer.subarray(20, 20 + attribute.length / 2).toString('hex')).toBe(attribute);
    // Signed and checked as a request would be.
    const as_request = Buffer.from(answer);
    as_request.writeUInt16BE(0x0001, 0);
    expect(readBindingRequest(as_request)).toBeUndefined();
    expect(isStun(answer)).toBe(true);
  });
});
