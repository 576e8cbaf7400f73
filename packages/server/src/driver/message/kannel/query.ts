// A query whose values are octets: which letters they are is said by one of them.
/** The values of a query, as octets. The first of several counts. */
export function queryOf(query: string): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=');
    const name = octetsOf(at < 0 ? pair : pair.slice(0, at)).toString('utf8');
    if (name !== '' && !found.has(name)) found.set(name, octetsOf(at < 0 ? '' : pair.slice(at + 1)));
  }
  return found;
}

/** Form encoding, undone. */
const octetsOf = (text: string): Buffer => Buffer.from(text.replaceAll('+', ' ').replaceAll(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1');

/** A value as text. A charset that is not known is read as UTF-8, and what is no letter in it as U+FFFD. */
export function textOf(query: ReadonlyMap<string, Buffer>, name: string, charset = ''): string {
  return decoderOf(charset).decode(query.get(name) ?? Buffer.alloc(0));
}

function decoderOf(charset: string): InstanceType<typeof TextDecoder> {
  // What came in the alphabet of GSM, Kannel hands on as UTF-8, under the name of GSM.
  const label = /^(?:|gsm|utf-?8)$/i.test(charset) ? 'utf-8' : charset;
  try {
    return new TextDecoder(label, { ignoreBOM: true });
  } catch {
    return new TextDecoder();
  }
}
