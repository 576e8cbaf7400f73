// Octets become text, by what the data coding says they are (SMPP 3.4 §5.2.19, 3GPP TS 23.038 §4).
import { decodeGsm } from './gsm.js';

/** What octets are in. `bytes`: nobody says; UTF-8 where they are that, else Latin-1. */
export type Coding = 'gsm' | 'ucs2' | 'latin1' | 'ascii' | 'bytes' | 'iso-8859-5' | 'iso-8859-8' | 'shift_jis' | 'iso-2022-jp' | 'euc-kr';

/** A stretch of octets in one coding. */
export type Stretch = { readonly octets: Buffer; readonly coding: Coding };

/** The values that SMPP names itself; from 0x10 they are those of the air. */
const NAMED: readonly Coding[] = ['gsm', 'ascii', 'bytes', 'latin1', 'bytes', 'shift_jis', 'iso-8859-5', 'iso-8859-8', 'ucs2', 'bytes', 'iso-2022-jp', 'gsm', 'gsm', 'shift_jis', 'euc-kr', 'gsm'];
const AIR: readonly Coding[] = ['gsm', 'bytes', 'ucs2', 'gsm'];

/** What a data coding means; a reserved one means the default alphabet. */
export function codingOf(data_coding: number): Coding {
  const group = data_coding >> 4;
  if (group === 0) return NAMED[data_coding] ?? 'gsm';
  if (group < 8) return AIR[(data_coding >> 2) & 3] ?? 'gsm';
  if (group === 0xe) return 'ucs2';
  if (group === 0xf) return (data_coding & 4) === 0 ? 'gsm' : 'bytes';
  return 'gsm';
}

/** The text of stretches, one behind the other. Those of one coding are read as one: a letter may be cut between them. */
export function decode(stretches: readonly Stretch[]): string {
  let text = '';
  for (let i = 0; i < stretches.length;) {
    const first = stretches[i] as Stretch;
    const end = stretches.findIndex(({ coding }, at) => at > i && coding !== first.coding);
    const run = stretches.slice(i, end < 0 ? stretches.length : end);
    text += decodeRun(Buffer.concat(run.map(({ octets }) => octets)), first.coding);
    i += run.length;
  }
  return text;
}

function decodeRun(octets: Buffer, coding: Coding): string {
  switch (coding) {
    case 'gsm': return decodeGsm(octets);
    // An octet too many is no letter.
    case 'ucs2': return Buffer.from(octets.subarray(0, octets.length & ~1)).swap16().toString('utf16le');
    case 'latin1': return octets.toString('latin1');
    case 'ascii': return octets.toString('latin1').replaceAll(/[\u0080-\u00ff]/g, '\ufffd');
    case 'bytes': return utf8(octets) ?? octets.toString('latin1');
    case 'iso-8859-5': case 'iso-8859-8': case 'shift_jis': case 'iso-2022-jp': case 'euc-kr': return new TextDecoder(coding).decode(octets);
    default: return coding satisfies never;
  }
}

function utf8(octets: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return undefined;
  }
}
