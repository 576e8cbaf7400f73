// Session descriptions (RFC 8866) and the offers and answers made of them (RFC 3264): one audio stream, G.711, telephone-event (RFC 4733).
import { isIPv4, isIPv6 } from 'node:net';
import type { MediaAgreement } from '../../media/media.js';

/** Which way sound flows, from where it is said. */
export type Direction = MediaAgreement['direction'];

/** One `m=` line and what belongs to it. */
export type MediaLine = {
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  /** Its own `c=` address, or that of the session; `''`: none. */
  readonly address: string;
  readonly direction: Direction;
  /** Payload types by what they carry, `rtpmap` in lower case: `telephone-event/8000` → 101. */
  readonly maps: ReadonlyMap<string, number>;
};
/** A session description, as far as it matters here. */
export type Sdp = { readonly lines: readonly MediaLine[] };

/** What one side says of itself. */
export type Local = {
  readonly address: string;
  readonly port: number;
  readonly session_id: string;
  readonly version: number;
};

/** What became of an offer or an answer: what is agreed, and, of an offer, the answer to send (without its `o=` version). */
export type Agreed = { readonly agreement: MediaAgreement; readonly on_hold: boolean };

const MAX_LINES = 2_000;
const MAX_MEDIA = 32;
const DIRECTIONS: readonly string[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] satisfies readonly Direction[];
const CODECS = [['PCMU', 0], ['PCMA', 8]] as const;
/** The payload type of telephone-event in our own offers. */
const TELEPHONE_EVENT = 101;

/** Reads a session description; undefined where it is none. */
export function parseSdp(text: string): Sdp | undefined {
  const lines = text.split(/\r\n|\n|\r/);
  while (lines.at(-1) === '') lines.pop();
  if (lines.length > MAX_LINES || lines[0]?.trim() !== 'v=0' || !lines.some((line) => line.startsWith('o='))) return undefined;
  if (!lines.every((line) => /^[a-z]=/.test(line))) return undefined;
  const first = lines.findIndex((line) => line.startsWith('m='));
  const session = first === -1 ? lines : lines.slice(0, first);
  const blocks: string[][] = [];
  for (const line of first === -1 ? [] : lines.slice(first)) {
    if (line.startsWith('m=')) blocks.push([line]);
    else blocks.at(-1)?.push(line);
  }
  const address = connectionOf(session);
  if (address === undefined || blocks.length > MAX_MEDIA) return undefined;
  const media: MediaLine[] = [];
  for (const block of blocks) {
    const line = parseMedia(block, address, directionOf(session) ?? 'sendrecv');
    if (line === undefined) return undefined;
    media.push(line);
  }
  return { lines: media };
}

function parseMedia(block: readonly string[], address: string, direction: Direction): MediaLine | undefined {
  const match = /^m=(\S+) (\d{1,5})(?:\/\d{1,5})? (\S+)((?: \S+)+) *$/.exec(block[0] ?? '');
  if (match === null) return undefined;
  const [, kind = '', port = '', protocol = '', formats = ''] = match;
  const own = connectionOf(block);
  if (Number(port) > 65_535 || own === undefined) return undefined;
  const maps = new Map<string, number>();
  for (const line of block) {
    const map = /^a=rtpmap:(\d{1,3}) +([^ /]+)\/(\d+)(?:\/(\d+))? *$/.exec(line);
    const [, type, name, rate, channels = '1'] = map ?? [];
    if (type !== undefined && Number(type) < 128 && channels === '1' && !maps.has(`${name}/${rate}`.toLowerCase())) maps.set(`${name}/${rate}`.toLowerCase(), Number(type));
  }
  return {
    kind: kind.toLowerCase(), port: Number(port), protocol: protocol.toUpperCase(), formats: formats.trim().split(/ +/), address: own || address,
    direction: directionOf(block) ?? direction, maps,
  };
}

/** The address of the `c=` line, `''` where there is none; undefined for one that is garbage. */
function connectionOf(lines: readonly string[]): string | undefined {
  const line = lines.find((text) => text.startsWith('c='));
  if (line === undefined) return '';
  const match = /^c=IN +(IP4|IP6) +([^ /]+)(?:\/\S*)? *$/i.exec(line);
  return match?.[2];
}

function directionOf(lines: readonly string[]): Direction | undefined {
  const found = lines.findLast((line) => line.startsWith('a=') && DIRECTIONS.includes(line.slice(2).trim()));
  return found?.slice(2).trim() as Direction | undefined;
}

/** The offer of one audio stream, or of one that is on hold as `direction` says. */
export function printOffer(local: Local, direction: Direction = 'sendrecv'): string {
  return print(local, [audio(local.port, CODECS.map(([name, type]) => ({ name, type })), TELEPHONE_EVENT, direction)]);
}

/**
 * Answers an offer: the first audio stream with a codec of ours is taken, in the order that the offer prefers, every other is refused by port 0
 * (RFC 3264 §6). Undefined where nothing of it can be taken.
 */
export function answerOffer(offer: Sdp, local: Local): (Agreed & { readonly text: string }) | undefined {
  let agreed: Agreed | undefined;
  const lines = offer.lines.map((line) => {
    const taken = agreed === undefined ? agree(line) : undefined;
    if (taken === undefined) return `m=${line.kind} 0 ${line.protocol} ${line.formats.join(' ')}\r\n`;
    agreed = taken;
    const { codec, payload_type, telephone_event, direction } = taken.agreement;
    return audio(local.port, [{ name: codec, type: payload_type }], telephone_event, direction);
  });
  return agreed === undefined ? undefined : { ...agreed, text: print(local, lines) };
}

/** What an answer to an offer of ours agrees; undefined where it refuses our stream or takes a codec that we did not offer. */
export function readAnswer(answer: Sdp): Agreed | undefined {
  const [line] = answer.lines;
  return line === undefined ? undefined : agree(line);
}

/** What is agreed about a stream; undefined for one that cannot be taken. */
function agree(line: MediaLine): Agreed | undefined {
  if (line.kind !== 'audio' || line.port === 0 || !['RTP/AVP', 'RTP/AVPF'].includes(line.protocol)) return undefined;
  const codec = line.formats.map((format) => codecOf(line, format)).find((found) => found !== undefined);
  if (codec === undefined) return undefined;
  const event = line.maps.get('telephone-event/8000');
  const telephone_event = event !== undefined && line.formats.includes(String(event)) ? event : null;
  // An address of zeros is how hold was said before there were directions (RFC 3264 §8.4): nothing is to be sent there.
  const nowhere = line.address === '0.0.0.0' || line.address === '::';
  if (!nowhere && !isIPv4(line.address) && !isIPv6(line.address)) return undefined;
  const direction = nowhere ? withoutSending(mirrored(line.direction)) : mirrored(line.direction);
  const remote = nowhere ? null : { address: line.address, port: line.port };
  return { agreement: { remote, ...codec, telephone_event, direction }, on_hold: direction !== 'sendrecv' };
}

function codecOf(line: MediaLine, format: string): Pick<MediaAgreement, 'codec' | 'payload_type'> | undefined {
  for (const [codec, fixed] of CODECS) {
    // 0 and 8 need no rtpmap (RFC 3551 §6); another number is theirs only by one.
    const type = Number(format);
    const mapped = line.maps.get(`${codec.toLowerCase()}/8000`);
    if (/^\d{1,3}$/.test(format) && (mapped === type || (type === fixed && mapped === undefined))) return { codec, payload_type: type };
  }
  return undefined;
}

/** A direction as the other side sees it. */
function mirrored(direction: Direction): Direction {
  switch (direction) {
    case 'sendonly': return 'recvonly';
    case 'recvonly': return 'sendonly';
    case 'sendrecv':
    case 'inactive': return direction;
    default: return direction satisfies never;
  }
}

const withoutSending = (direction: Direction): Direction => (direction === 'sendrecv' || direction === 'recvonly' ? 'recvonly' : 'inactive');

function audio(port: number, codecs: readonly { readonly name: string; readonly type: number }[], event: number | null, direction: Direction): string {
  const types = [...codecs.map(({ type }) => type), ...(event === null ? [] : [event])];
  return [
    `m=audio ${port} RTP/AVP ${types.join(' ')}`,
    ...codecs.map(({ name, type }) => `a=rtpmap:${type} ${name}/8000`),
    ...(event === null ? [] : [`a=rtpmap:${event} telephone-event/8000`, `a=fmtp:${event} 0-15`]),
    'a=ptime:20',
    `a=${direction}`,
    '',
  ].join('\r\n');
}

function print({ address, session_id, version }: Local, media: readonly string[]): string {
  const family = isIPv6(address) ? 'IP6' : 'IP4';
  return `v=0\r\no=- ${session_id} ${version} IN ${family} ${address}\r\ns=-\r\nc=IN ${family} ${address}\r\nt=0 0\r\n${media.join('')}`;
}
