// The little of npm's `smpp` that is used here: PDUs as octets and as fields.
declare module 'smpp' {
  type Fields = Record<string, unknown> & { command: string; command_id: number; command_status: number; sequence_number: number };
  type Filtered = Record<string, { filter?: unknown; type: { size(value: unknown): number } }>;
  type Pdu = new (command: string | Buffer, fields?: object) => Fields & { toBuffer(): Buffer };
  const smpp: {
    readonly PDU: Pdu & { maxLength: number };
    readonly commands: Record<string, { readonly id: number; readonly params?: Filtered }>;
    readonly tlvs: Filtered;
  };
  // eslint-disable-next-line no-restricted-syntax -- what a CommonJS module is to an import
  export default smpp;
}
