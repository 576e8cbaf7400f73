// Which DTLS records are shown to the handshake, and when: in their order, whatever the network makes of it; encrypted ones alone once it is through.
// What comes too soon is passed over: whoever sent it sends the flight again (RFC 6347 §4.2.4).

const RECORD_BYTES = 13;
const MESSAGE_BYTES = 12;
const HANDSHAKE = 22;
/** ClientHello twice, Certificate, ClientKeyExchange, CertificateVerify: after these a client encrypts. */
const IN_THE_CLEAR = 5;
/** What is repeated to be answered again: a ClientHello. Anything else was taken, and taking it twice would change the secret. */
const HELLOS = 2;

/** Sorts out the records of a client's packets. */
export type RecordOrder = {
  /** What of a packet is to be read now. */
  admit(packet: Buffer): Buffer;
  /** From now on nobody may begin another handshake, or end this one, in the clear. */
  through(): void;
};

/** Begins at the first message of a handshake. */
export function createRecordOrder(): RecordOrder {
  let next = 0;
  let over = false;
  const inTurn = (record: Buffer): boolean => {
    if (record.readUInt16BE(3) > 0) return over || next >= IN_THE_CLEAR;
    if (over) return false;
    if (record[0] !== HANDSHAKE) return true;
    for (let at = RECORD_BYTES; at < record.length;) {
      if (at + MESSAGE_BYTES > record.length) return false;
      const [length, sequence, offset, of_fragment] = [record.readUIntBE(at + 1, 3), record.readUInt16BE(at + 4), record.readUIntBE(at + 6, 3), record.readUIntBE(at + 9, 3)];
      if (sequence > next || (sequence < next && sequence >= HELLOS)) return false;
      if (sequence === next && offset + of_fragment === length) next++;
      at += MESSAGE_BYTES + of_fragment;
    }
    return true;
  };
  return {
    through() { over = true; },
    admit(packet) {
      const records: Buffer[] = [];
      for (let at = 0; at + RECORD_BYTES <= packet.length;) {
        const end = at + RECORD_BYTES + packet.readUInt16BE(at + 11);
        if (end > packet.length) break;
        const record = packet.subarray(at, end);
        if (inTurn(record)) records.push(record);
        at = end;
      }
      return records.length === 1 && records[0]?.length === packet.length ? packet : Buffer.concat(records);
    },
  };
}
