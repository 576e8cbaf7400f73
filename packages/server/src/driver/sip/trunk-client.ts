// Registering with the peers of trunks (RFC 3261 §10.2): kept up, retried ever more slowly, and given up with the trunk.
import { createAnswers } from './answers.js';
import type { Directory, Trunk } from './directory.js';
import { header, headers } from './headers.js';
import type { Log } from '../../log.js';
import type { Resolve } from './resolve.js';
import { contactFor } from './session.js';
import type { Timers } from './timers.js';
import type { Hop, SipRequest, SipResponse, Transactions } from './types.js';
import { parseNameAddress, parseUri } from './uri.js';
import { token } from './ua.js';
import { hostOf } from './via.js';

/** How registering with a trunk goes. */
export type Registration = { readonly trunk_id: string; readonly state: 'trying' | 'registered' | 'failed'; readonly detail: string };

/** Keeps trunks registered. */
export type TrunkClient = {
  /** Reads anew which trunks register; also done every half minute. */
  readonly refresh: () => Promise<void>;
  readonly registrations: () => readonly Registration[];
  /** The trunk whose Contact a request names, where it comes from the place it was registered with. */
  called(request: SipRequest, source: Hop): Trunk | undefined;
  close(): Promise<void>;
};

/** What it needs. */
export type TrunkClientParts = { readonly transactions: Transactions; readonly directory: Directory; readonly resolve: Resolve; readonly timers: Timers; readonly log: Log; readonly user_agent: string };

type Kept = {
  readonly trunk: Trunk;
  readonly call_id: string;
  /** A secret of this registration, in the Contact: two customers may have the same provider. */
  readonly line: string;
  cseq: number;
  expires_s: number;
  failures: number;
  state: Registration['state'];
  detail: string;
  /** Where it is: its calls may come from each of its places. */
  addresses: readonly string[];
  stop: () => void;
  gone: boolean;
};

const EVERY_MS = 30_000;
const ASKED_S = 600;
const FIRST_MS = 30_000;
const LONGEST_MS = 1_800_000;
const FAREWELL_MS = 1_000;

/** Makes what registers; nothing happens before the first `refresh`. */
export function createTrunkClient(parts: TrunkClientParts): TrunkClient {
  const { directory, timers, log } = parts;
  const kept = new Map<string, Kept>();
  let closed = false;
  let next = (): void => undefined;

  const refresh = async (): Promise<void> => {
    next();
    const wanted = await directory.registering().catch((error: unknown) => { log.warn({ error: String(error) }, 'the trunks could not be read'); return undefined; });
    if (closed) return;
    // Whoever asked meanwhile has armed it, too.
    next();
    next = timers.after(EVERY_MS, () => { void refresh(); });
    if (wanted === undefined) return;
    const same = (entry: Kept): boolean => wanted.some((trunk) => JSON.stringify(trunk) === JSON.stringify(entry.trunk));
    for (const [id, entry] of kept) if (!same(entry)) { kept.delete(id); void giveUp(parts, entry); }
    for (const trunk of wanted) {
      if (kept.has(trunk.id)) continue;
      const entry: Kept = { trunk, call_id: token(), line: token(), cseq: 0, expires_s: ASKED_S, failures: 0, state: 'trying', detail: '', addresses: [], stop: () => undefined, gone: false };
      kept.set(trunk.id, entry);
      void register(parts, entry);
    }
  };
  return {
    refresh,
    registrations: () => [...kept.values()].map(({ trunk, state, detail }) => ({ trunk_id: trunk.id, state, detail })),
    called(request, source) {
      const line = parseUri(request.uri)?.parameters['line'];
      if (line === undefined) return undefined;
      return [...kept.values()].find((entry) => entry.line === line && entry.addresses.includes(source.address))?.trunk;
    },
    async close() {
      closed = true;
      next();
      await Promise.all([...kept.values()].map((entry) => giveUp(parts, entry)));
      kept.clear();
    },
  };
}

function again(parts: TrunkClientParts, entry: Kept, milliseconds: number): void {
  entry.stop();
  if (!entry.gone) entry.stop = parts.timers.after(milliseconds, () => { void register(parts, entry); });
}

function failed(parts: TrunkClientParts, entry: Kept, detail: string): void {
  entry.failures++;
  // The first to be told: a trunk that is down says so once.
  if (entry.state !== 'failed' && !entry.gone) parts.log.warn({ trunk_id: entry.trunk.id, detail }, 'a trunk does not take our registration');
  entry.state = 'failed';
  entry.detail = detail;
  const wait_ms = Math.min(FIRST_MS * 2 ** (entry.failures - 1), LONGEST_MS);
  again(parts, entry, wait_ms * (0.75 + Math.random() / 2));
}

/** Registers once; whatever comes of it, the next time is armed. */
async function register(parts: TrunkClientParts, entry: Kept, expires_s = entry.expires_s): Promise<void> {
  const hops = await parts.resolve(entry.trunk.uri).catch(() => []);
  if (entry.gone && expires_s !== 0) return;
  entry.addresses = hops.map(({ address }) => address);
  const answers = createAnswers(entry.trunk.username, entry.trunk.password, token);
  const uri = `sip:${hostAndPort(entry.trunk.uri)}`;
  const aor = `<sip:${entry.trunk.username}@${hostAndPort(entry.trunk.uri)}>`;

  const ask = (place: number, seconds: number): Promise<void> => new Promise((done) => {
    const hop = hops[place];
    if (hop === undefined) { failed(parts, entry, place === 0 ? 'its name leads nowhere' : 'it does not answer'); done(); return; }
    const contact = contactFor(parts, hop, entry.trunk.username, `;line=${entry.line}`);
    const request: SipRequest = {
      kind: 'request', method: 'REGISTER', uri, body: Buffer.alloc(0),
      headers: [
        ['Max-Forwards', '70'], ['From', `${aor};tag=${token()}`], ['To', aor], ['Call-ID', entry.call_id], ['CSeq', `${++entry.cseq} REGISTER`],
        ['Contact', contact], ['Expires', String(seconds)], ['User-Agent', parts.user_agent], ...answers.headers('REGISTER', uri, Buffer.alloc(0)),
      ],
    };
    parts.transactions.request(request, hop, {
      onResponse(response) {
        if (response.status < 200) return;
        if (response.status < 300) { registered(parts, entry, response, contact, seconds); done(); return; }
        const least = Number(header(response, 'Min-Expires') ?? 0);
        if (answers.learn(response)) void ask(place, seconds).then(done);
        else if (response.status === 423 && seconds > 0 && least > seconds && least <= 86_400) { entry.expires_s = least; void ask(place, least).then(done); }
        else if (response.status === 503) void ask(place + 1, seconds).then(done);
        else { failed(parts, entry, `it answered ${response.status} ${response.phrase.slice(0, 64)}`); done(); }
      },
      onFailure: () => { void ask(place + 1, seconds).then(done); },
    });
  });
  await ask(0, expires_s);
}

function registered(parts: TrunkClientParts, entry: Kept, response: SipResponse, contact: string, asked_s: number): void {
  if (asked_s === 0) return;
  const mine = headers(response, 'Contact').map(parseNameAddress).find((address) => address?.uri.parameters['line'] === entry.line || `<${address?.uri.user}>` === contact);
  const told = Number(mine?.parameters['expires'] ?? header(response, 'Expires') ?? asked_s);
  const granted_s = Number.isFinite(told) && told > 0 ? Math.min(told, 86_400) : asked_s;
  if (entry.state !== 'registered') parts.log.info({ trunk_id: entry.trunk.id, expires_s: granted_s }, 'registered with a trunk');
  Object.assign(entry, { failures: 0, state: 'registered', detail: '' });
  // Well before it runs out: one that is lost can be sent again.
  again(parts, entry, Math.max(granted_s * 0.5, granted_s - 60, 1) * 1_000);
}

/** Says goodbye, and does not wait long for an answer. */
async function giveUp(parts: TrunkClientParts, entry: Kept): Promise<void> {
  entry.gone = true;
  entry.stop();
  if (entry.state !== 'registered') return;
  await Promise.race([register(parts, entry, 0), new Promise<void>((done) => { parts.timers.after(FAREWELL_MS, done); })]);
}

/** Where a trunk is, as its URI says: what stands in From, To and the Request-URI. */
export function hostAndPort(uri: string): string {
  const parsed = parseUri(uri);
  return parsed === undefined ? '' : `${hostOf(parsed.host)}${parsed.port === undefined ? '' : `:${parsed.port}`}`;
}
