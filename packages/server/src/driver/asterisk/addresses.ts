// Addresses as Asterisk writes them: who calls, what was dialled, and the endpoint by which somebody is called.
import { address, type Address } from '@activeflow/engine';
import type { Channel } from './shapes.js';

/** How destinations are dialled, for each type of address: an endpoint of Asterisk with `{target}` in it, e.g. `PJSIP/{target}@trunk`. A type left out is not dialled. */
export type Endpoints = { readonly tel?: string; readonly extension?: string; readonly sip?: string };

/** What a target may hold, so that it stays one part of the endpoint it is put into. */
const TARGETS = {
  tel: /^\+?[0-9*#]{1,32}$/,
  extension: /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$/,
  sip: /^sips?:[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$/,
} as const;

/** The endpoint of a destination; undefined where it cannot be dialled. */
export function endpointOf(endpoints: Endpoints, { type, target }: Address): string | undefined {
  if (type !== 'tel' && type !== 'extension' && type !== 'sip') return undefined;
  const full = type === 'sip' && !/^sips?:/.test(target) ? `sip:${target}` : target;
  return TARGETS[type].test(full) && endpoints[type] ? endpoints[type].replaceAll('{target}', () => full) : undefined;
}

/** Whether somebody outside may be dialled: by beginnings of numbers, `+` for all, and `@host` for SIP addresses. Extensions are not outside. */
export function isAllowed(outbound_allow: readonly string[], { type, target }: Address): boolean {
  if (type === 'tel') return outbound_allow.some((prefix) => prefix === '+' || (!prefix.startsWith('@') && target.startsWith(prefix)));
  return type !== 'sip' || outbound_allow.includes(`@${target.replace(/^[^@]*@/, '').replace(/:\d+$/, '')}`);
}

/** Who is on a channel that came in. */
export const sourceOf = ({ caller, name }: Channel): Address => party(caller.number === '' ? endpointName(name) : caller.number, caller.name);
/** What was dialled. */
export const destinationOf = ({ dialplan }: Channel): Address => party(dialplan.exten, '');

function party(target: string, target_name: string): Address {
  const guessed = address({ target, target_name });
  return guessed.type === '' ? { ...guessed, type: /^\d{7,}$/.test(target) ? 'tel' : 'extension' } : guessed;
}

/** `PJSIP/alice` of the channel `PJSIP/alice-0000002a`. */
export const endpointName = (channel_name: string): string => channel_name.replace(/-[0-9a-f]+(;\d)?$/i, '');

/** The caller as Asterisk shows it to whoever is called: `"name" <number>`. */
export function callerId({ target, target_name, name }: Address, anonymous: boolean): string {
  if (anonymous) return '"Anonymous" <anonymous>';
  const number = target.replace(/^sips?:/, '').replace(/@.*$/, '');
  return `"${plain(target_name || name)}" <${plain(number)}>`;
}

/** Without what would end the one field or begin another. */
const plain = (field: string): string => field.replace(/[^\p{L}\p{N} .+*#_-]/gu, '').slice(0, 64);
