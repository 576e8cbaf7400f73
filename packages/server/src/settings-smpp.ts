// The settings of messages by SMPP.
import { any, entry, number, word } from './setting.js';

/** An account at an SMSC, as a URL has it. */
export type SmscUrl = { readonly host: string; readonly port: number; readonly secure: boolean; readonly system_id: string; readonly password: string };

/** What SMPP needs. */
export function smppEntries() {
  return {
    smpp_url: entry('SMPP_URL', '', 'the SMSC that messages go to and come from: `smpp://system_id:password@host:2775`, or `smpps://` for TLS; empty is none', smscUrl, true),
    smpp_bind: entry('SMPP_BIND', 'transceiver', '`transceiver`: one connection for both ways; `separate`: one for each', word('transceiver', 'separate')),
    smpp_window: entry('SMPP_WINDOW', '50', 'submissions that may be unanswered at once', number(1, 1_000)),
    smpp_rate: entry('SMPP_RATE', '0', 'submissions a second that the SMSC was promised not to be exceeded; 0: as fast as it takes them', number(0, 100_000)),
    smpp_source: entry('SMPP_SOURCE', '', 'who sends where a message does not say: a number, or a name of at most 11 letters; empty leaves it to the SMSC', source),
    smpp_system_type: entry('SMPP_SYSTEM_TYPE', '', 'the system_type of the bind, where the SMSC wants one', systemType),
    smpp_tls_ca: entry('SMPP_TLS_CA', '', 'file with the authority of the SMSC\'s certificate, PEM, where it is one of your own', any),
  };
}

function smscUrl(text: string): SmscUrl | undefined {
  if (text === '') return undefined;
  const shape = 'must be `smpp://system_id:password@host:port` or `smpps://…`, with special characters as %XX';
  // A URL parser reads hosts of schemes that it knows.
  const [, scheme = '', rest = ''] = /^(smpps?):\/\/(\S+)$/.exec(text) ?? [];
  if (scheme === '' || !URL.canParse(`http://${rest}`)) throw new Error(shape);
  const { hostname, port, username, password, pathname, search, hash } = new URL(`http://${rest}`);
  if (pathname !== '/' || search !== '' || hash !== '') throw new Error(shape);
  try {
    const read = { host: hostname.replace(/^\[|\]$/g, ''), secure: scheme === 'smpps', system_id: decodeURIComponent(username), password: decodeURIComponent(password) };
    // What the fields of a bind have room for.
    if (read.system_id === '' || read.system_id.length > 15 || read.password.length > 64) throw new Error(shape);
    // 80 is left out by that parser.
    return { ...read, port: Number(port) || (/:80\/?$/.test(rest) ? 80 : read.secure ? 3550 : 2775) };
  } catch {
    throw new Error(shape);
  }
}

function source(text: string): string {
  if (text !== '' && !/^\+?\d{1,20}$/.test(text) && !/^[\x20-\x7e]{1,11}$/.test(text)) throw new Error('must be a number, or a name of at most 11 letters');
  return text;
}

function systemType(text: string): string {
  if (!/^[\x21-\x7e]{0,12}$/.test(text)) throw new Error('must be at most 12 letters');
  return text;
}
