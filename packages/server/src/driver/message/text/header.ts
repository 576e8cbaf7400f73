// The user data header (3GPP TS 23.040 §9.2.3.24): which part of which message this is.

/** One of several parts. `reference` is the same in all of them; `part` counts from 1. */
export type Place = { readonly reference: number; readonly parts: number; readonly part: number };
/** Octets without their header, and what it said of their place; undefined: the message is whole. */
export type Headed = { readonly octets: Buffer; readonly place: Place | undefined };

const [CONCATENATED_8, CONCATENATED_16] = [0x00, 0x08];

/** The header of a part, with a reference of 8 bits. */
export const placeHeader = ({ reference, parts, part }: Place): Buffer => Buffer.from([5, CONCATENATED_8, 3, reference & 0xff, parts, part]);

/** Takes the header off. Elements that are unknown are passed over; a header that does not fit is none, and its octets are text. */
export function takeHeader(octets: Buffer): Headed {
  const length = octets[0] ?? 0;
  if (octets.length === 0 || length + 1 > octets.length) return { octets, place: undefined };
  let place: Place | undefined;
  for (let at = 1; at + 1 <= length;) {
    const [element, size] = [octets[at], octets[at + 1] ?? 0];
    const from = at + 2;
    if (from + size > length + 1) return { octets, place: undefined };
    if (element === CONCATENATED_8 && size === 3) place = placeOf(octets.readUInt8(from), octets.readUInt8(from + 1), octets.readUInt8(from + 2)) ?? place;
    if (element === CONCATENATED_16 && size === 4) place = placeOf(octets.readUInt16BE(from), octets.readUInt8(from + 2), octets.readUInt8(from + 3)) ?? place;
    at = from + size;
  }
  return { octets: octets.subarray(length + 1), place };
}

/** A place that can be: of one part, or with a number that is none of its parts, it says nothing. */
export const placeOf = (reference: number, parts: number, part: number): Place | undefined =>
  parts > 1 && part >= 1 && part <= parts ? { reference, parts, part } : undefined;
