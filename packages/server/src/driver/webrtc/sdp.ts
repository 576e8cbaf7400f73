// SDP of a browser's call: an offer is read with suspicion, an answer is written by hand (RFC 8866, RFC 8829, RFC 8839, RFC 8842, RFC 4733).
import { randomBytes } from 'node:crypto';
import type { MediaAgreement } from '../../media/media.js';

/** What an offer may hold, at most. */
const OFFER = { lines: 2_000, sections: 16, line_chars: 2_000 } as const;

/** An offer of sound that can be answered. */
export type BrowserOffer = {
  /** Each section: its first line, and its `mid`. */
  readonly sections: readonly { readonly kind: string; readonly protocol: string; readonly format: string; readonly mid: string }[];
  /** Which of them carries the sound. */
  readonly audio: number;
  readonly bundled: boolean;
  readonly ice: { readonly ufrag: string; readonly password: string };
  readonly fingerprints: readonly { readonly algorithm: string; readonly value: string }[];
  readonly agreement: Pick<MediaAgreement, 'codec' | 'payload_type' | 'telephone_event' | 'direction'>;
};
/** Why an offer cannot be answered: it is no offer, or none of what it offers can be done here. */
export type BadOffer = { readonly bad: 'malformed' | 'not_acceptable'; readonly detail: string };

type Section = { readonly kind: string; readonly port: string; readonly protocol: string; readonly formats: readonly string[]; readonly attributes: readonly string[] };

/** Reads an offer. It never throws. */
export function readOffer(sdp: string): BrowserOffer | BadOffer {
  const lines = sdp.split(/\r?\n/).filter((line) => line !== '');
  if (lines.length === 0) return malformed('there is no SDP');
  if (lines.length > OFFER.lines || lines.some((line) => line.length > OFFER.line_chars)) return malformed('it is too long');
  const wrong = lines.find((line) => !/^[a-z]=/.test(line));
  if (lines[0] !== 'v=0' || wrong !== undefined) return malformed(`not a line of SDP: ${(wrong ?? lines[0] ?? '').slice(0, 60)}`);
  const starts = lines.flatMap((line, index) => (line.startsWith('m=') ? [index] : []));
  if (starts.length === 0) return notAcceptable('it offers no media');
  if (starts.length > OFFER.sections) return malformed('it has too many sections');
  const session = attributesOf(lines.slice(0, starts[0]));
  const sections: Section[] = [];
  for (const [index, start] of starts.entries()) {
    const section = readSection(lines.slice(start, starts[index + 1]));
    if (section === undefined) return malformed(`not a media line: ${(lines[start] ?? '').slice(0, 60)}`);
    sections.push(section);
  }
  const audio = sections.findIndex(({ kind, port }) => kind === 'audio' && port !== '0');
  const sound = sections[audio];
  if (sound === undefined) return notAcceptable('it offers no audio');
  if (!/^(UDP\/TLS\/)?RTP\/SAVPF?$/.test(sound.protocol)) return notAcceptable(`audio by ${sound.protocol.slice(0, 40)} is not possible: WebRTC is UDP/TLS/RTP/SAVPF`);
  return readSound(session, sections, audio, sound);
}

function readSound(session: readonly string[], sections: readonly Section[], audio: number, sound: Section): BrowserOffer | BadOffer {
  const find = (name: string): string => valueOf(sound.attributes, name) ?? valueOf(session, name) ?? '';
  const ice = { ufrag: find('ice-ufrag'), password: find('ice-pwd') };
  // RFC 8839 §5.4.
  if (!/^[A-Za-z0-9+/]{4,256}$/.test(ice.ufrag) || !/^[A-Za-z0-9+/]{22,256}$/.test(ice.password)) return malformed('a=ice-ufrag or a=ice-pwd is missing or broken');
  const own = valuesOf(sound.attributes, 'fingerprint');
  const fingerprints = (own.length > 0 ? own : valuesOf(session, 'fingerprint')).flatMap(readFingerprint);
  if (fingerprints.length === 0) return malformed('a=fingerprint is missing, or none is of sha-256, sha-384 or sha-512');
  // We wait for the browser to begin DTLS: it always offers to (RFC 8842 §5.2), and no time is lost.
  if (find('setup') === 'passive') return notAcceptable('a=setup:passive: whoever offers must be ready to begin DTLS (actpass or active)');
  if (!sound.attributes.includes('rtcp-mux')) return notAcceptable('a=rtcp-mux is missing');
  const codec = codecOf(sound);
  if (codec === undefined) return notAcceptable('no common codec: PCMU or PCMA is needed');
  const direction = directionOf(sound.attributes, session);
  return {
    sections: sections.map(({ kind, protocol, formats, attributes }) => ({ kind, protocol, format: formats[0] ?? '0', mid: valueOf(attributes, 'mid') ?? '' })),
    audio, ice, fingerprints, bundled: session.some((attribute) => attribute.startsWith('group:BUNDLE')),
    agreement: { ...codec, telephone_event: eventOf(sound), direction },
  };
}

/** What the answer says of our side. */
export type OurSide = {
  readonly ice: { readonly ufrag: string; readonly password: string };
  /** SHA-256 of our certificate, as `AA:BB:…`. */
  readonly fingerprint: string;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly ssrc: number;
};

/** Writes the answer: the sound is taken, every other section refused. We are an ICE-lite end with host candidates, and wait for DTLS. */
export function writeAnswer(offer: BrowserOffer, us: OurSide): string {
  const mid = offer.sections[offer.audio]?.mid ?? '';
  const session = randomBytes(7).readUIntBE(0, 6);
  const sections = offer.sections.map(({ kind, protocol, format, mid: refused }, index) => (index === offer.audio ? soundLines(offer, us, mid) : [`m=${kind} 0 ${protocol} ${format}`, 'c=IN IP4 0.0.0.0', 'a=inactive', ...(refused === '' ? [] : [`a=mid:${refused}`])]));
  return [
    'v=0', `o=- ${session} 1 IN IP4 127.0.0.1`, 's=-', 't=0 0', 'a=ice-lite', ...(offer.bundled && mid !== '' ? [`a=group:BUNDLE ${mid}`] : []), 'a=msid-semantic: WMS activeflow',
    ...sections.flat(), '',
  ].join('\r\n');
}

function soundLines({ agreement: { codec, payload_type, telephone_event, direction } }: BrowserOffer, us: OurSide, mid: string): readonly string[] {
  const [first = '127.0.0.1'] = us.addresses;
  const family = first.includes(':') ? 'IP6' : 'IP4';
  const events = telephone_event === null ? [] : [`a=rtpmap:${telephone_event} telephone-event/8000`, `a=fmtp:${telephone_event} 0-16`];
  return [
    `m=audio ${us.port} UDP/TLS/RTP/SAVPF ${[payload_type, telephone_event ?? []].flat().join(' ')}`, `c=IN ${family} ${first}`, `a=rtcp:${us.port} IN ${family} ${first}`,
    ...us.addresses.map((address, index) => `a=candidate:${index + 1} 1 udp ${priorityOf(index)} ${address} ${us.port} typ host`), 'a=end-of-candidates',
    `a=ice-ufrag:${us.ice.ufrag}`, `a=ice-pwd:${us.ice.password}`, `a=fingerprint:sha-256 ${us.fingerprint}`, 'a=setup:passive', ...(mid === '' ? [] : [`a=mid:${mid}`]),
    `a=${direction}`, 'a=rtcp-mux', `a=rtpmap:${payload_type} ${codec}/8000`, ...events, 'a=ptime:20', 'a=maxptime:60',
    ...(direction === 'sendrecv' || direction === 'sendonly' ? ['a=msid:activeflow sound', `a=ssrc:${us.ssrc} cname:activeflow`] : []),
  ];
}

/** RFC 8445 §5.1.2.1: a host candidate, the first address preferred, the one component. */
const priorityOf = (index: number): number => 126 * 2 ** 24 + (65_535 - index) * 2 ** 8 + 255;

const malformed = (detail: string): BadOffer => ({ bad: 'malformed', detail });
const notAcceptable = (detail: string): BadOffer => ({ bad: 'not_acceptable', detail });

const attributesOf = (lines: readonly string[]): readonly string[] => lines.flatMap((line) => (line.startsWith('a=') ? [line.slice(2).trimEnd()] : []));
const valuesOf = (attributes: readonly string[], name: string): readonly string[] => attributes.flatMap((attribute) => (attribute.startsWith(`${name}:`) ? [attribute.slice(name.length + 1)] : []));
const valueOf = (attributes: readonly string[], name: string): string | undefined => valuesOf(attributes, name)[0];

function readSection(lines: readonly string[]): Section | undefined {
  const match = /^m=([a-z]+) (\d{1,5})(?:\/\d+)? ([A-Za-z0-9/]+) (\S.*)$/.exec(lines[0] ?? '');
  if (!match) return undefined;
  const [, kind = '', port = '', protocol = '', formats = ''] = match;
  return { kind, port, protocol, formats: formats.trim().split(/ +/), attributes: attributesOf(lines) };
}

function readFingerprint(text: string): readonly { readonly algorithm: string; readonly value: string }[] {
  const [algorithm = '', value = ''] = text.trim().split(/ +/);
  return /^sha-(256|384|512)$/i.test(algorithm) && /^[0-9a-f]{2}(:[0-9a-f]{2}){31,63}$/i.test(value) ? [{ algorithm: algorithm.toLowerCase(), value: value.toUpperCase() }] : [];
}

/** The payload types of a section with their encodings; what RFC 3551 fixes needs no rtpmap. */
function encodings({ formats, attributes }: Section): readonly { readonly payload_type: number; readonly encoding: string }[] {
  const maps = new Map(valuesOf(attributes, 'rtpmap').map((map) => { const [type = '', encoding = ''] = map.split(' '); return [type, encoding.toUpperCase()] as const; }));
  const fixed: Readonly<Record<string, string>> = { 0: 'PCMU/8000', 8: 'PCMA/8000' };
  return formats.filter((format) => /^\d{1,3}$/.test(format) && Number(format) < 128).map((format) => ({ payload_type: Number(format), encoding: maps.get(format) ?? fixed[format] ?? '' }));
}

/** The first of the two that the offer prefers. */
function codecOf(section: Section): Pick<MediaAgreement, 'codec' | 'payload_type'> | undefined {
  for (const { payload_type, encoding } of encodings(section)) {
    if (/^PCMU\/8000(\/1)?$/.test(encoding)) return { codec: 'PCMU', payload_type };
    if (/^PCMA\/8000(\/1)?$/.test(encoding)) return { codec: 'PCMA', payload_type };
  }
  return undefined;
}

const eventOf = (section: Section): number | null => encodings(section).find(({ encoding }) => encoding === 'TELEPHONE-EVENT/8000')?.payload_type ?? null;

/** The direction seen from here: the offer's, turned about (RFC 3264 §6.1). */
function directionOf(...of: readonly (readonly string[])[]): MediaAgreement['direction'] {
  const theirs = of.map((attributes) => attributes.find((attribute) => /^(sendrecv|sendonly|recvonly|inactive)$/.test(attribute))).find((found) => found !== undefined);
  if (theirs === 'sendonly') return 'recvonly';
  if (theirs === 'recvonly') return 'sendonly';
  return theirs === 'inactive' ? 'inactive' : 'sendrecv';
}
