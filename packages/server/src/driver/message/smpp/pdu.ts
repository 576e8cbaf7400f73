// PDUs of SMPP 3.4: octets from a socket become frames, frames become fields, and back. The library knows the fields; of texts it is told nothing.
import smpp from 'smpp';

/** A field of a PDU: a number, a text, or octets. */
export type Field = number | string | Buffer;
/** A PDU. `fields` holds parameters and optional parameters by their names in the specification. */
export type Pdu = { readonly command: string; readonly status: number; readonly sequence: number; readonly fields: Readonly<Record<string, unknown>> };
/** A frame that could not be read: what its head said. */
export type Unreadable = { readonly unreadable: true; readonly command: string; readonly sequence: number };

/** The longest PDU that is taken: `message_payload` may hold 64 KiB. */
export const MOST_BYTES = 70_000;
const HEAD_BYTES = 16;

// Otherwise it reads and writes texts, and times, by rules of its own, which are not those of the alphabet; ours are in `text/`.
for (const { params } of Object.values(smpp.commands)) for (const param of Object.values(params ?? {})) delete param.filter;
for (const tlv of Object.values(smpp.tlvs)) delete tlv.filter;
smpp.PDU.maxLength = MOST_BYTES;

const names = new Map(Object.entries(smpp.commands).map(([name, { id }]) => [id, name]));

/** The octets of a PDU. */
export const encode = (command: string, sequence: number, fields: Readonly<Record<string, Field>> = {}, status = 0): Buffer =>
  new smpp.PDU(command, { ...fields, sequence_number: sequence, command_status: status }).toBuffer();

/** Reads a frame. Never throws. A command that is unknown is `unknown`. */
export function decode(frame: Buffer): Pdu | Unreadable {
  const [id, sequence] = [frame.readUInt32BE(4), frame.readUInt32BE(12)];
  try {
    const { command, command_status, sequence_number, ...fields } = new smpp.PDU(frame);
    if ((command === 'deliver_sm' || command === 'data_sm') && !isWhole(frame, command, fields)) throw new Error('it ends too soon');
    return { command, status: command_status, sequence: sequence_number, fields };
  } catch {
    return { unreadable: true, command: names.get(id) ?? 'unknown', sequence };
  }
}

/** The library takes what ends in the midst of a field for all that there is. */
function isWhole(frame: Buffer, command: string, fields: Readonly<Record<string, unknown>>): boolean {
  let at = HEAD_BYTES;
  for (const [name, { type }] of Object.entries(smpp.commands[command]?.params ?? {})) {
    const value = fields[name];
    if (value === undefined || (Buffer.isBuffer(value) && frame[at] !== value.length)) return false;
    at += type.size(value);
  }
  return at <= frame.length;
}

/** Cuts what a socket brings into frames. */
export type Framer = {
  /** The frames that are whole by now; undefined where what came is no SMPP, and never will be. */
  readonly take: (chunk: Buffer) => readonly Buffer[] | undefined;
};

/** Makes one. */
export function createFramer(): Framer {
  let rest: readonly Buffer[] = [];
  let bytes = 0;
  let wanted = 4;
  return {
    take(chunk) {
      rest = [...rest, chunk];
      bytes += chunk.length;
      if (bytes < wanted) return [];
      const all = rest.length === 1 ? chunk : Buffer.concat(rest);
      const frames: Buffer[] = [];
      let at = 0;
      wanted = 4;
      while (all.length - at >= 4) {
        const length = all.readUInt32BE(at);
        if (length < HEAD_BYTES || length > MOST_BYTES) return undefined;
        if (all.length - at < length) { wanted = length; break; }
        frames.push(all.subarray(at, at + length));
        at += length;
      }
      rest = at < all.length ? [all.subarray(at)] : [];
      bytes = all.length - at;
      return frames;
    },
  };
}

/** A field that is a text; `''` where it is not. */
export const textOf = ({ fields }: Pdu, name: string): string => { const value = fields[name]; return typeof value === 'string' ? value : ''; };
/** A field that is a number; 0 where it is not. */
export const numberOf = ({ fields }: Pdu, name: string): number => { const value = fields[name]; return typeof value === 'number' ? value : 0; };
/** A field of octets; none where it is missing. */
export const octetsOf = ({ fields }: Pdu, name: string): Buffer => { const value = fields[name]; return Buffer.isBuffer(value) ? value : Buffer.alloc(0); };
/** True where the field is there at all. */
export const hasField = ({ fields }: Pdu, name: string): boolean => fields[name] !== undefined;
