// Addresses: who calls, who is called, who gets the message (wire.md §6).
import { Type, type Static } from 'typebox';

/** An address as clients write it. Without a type, `+digits` is `tel`, and `sip:…` or `user@host` is `sip`. */
export const AddressSchema = Type.Object({
  type: Type.Optional(Type.String()),
  target: Type.Optional(Type.String()),
  target_name: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
});
/** An address with everything that may be left out. */
export type AddressInput = Static<typeof AddressSchema>;
/** An address as the wire shows it: every field present. */
export type Address = { readonly type: string; readonly target: string; readonly target_name: string; readonly name: string; readonly detail: string };

/** Fills in what was left out. */
export function address(given: AddressInput | undefined): Address {
  const { type = '', target = '', target_name = '', name = '', detail = '' } = given ?? {};
  return { type: type || guessType(target), target, target_name, name, detail };
}

function guessType(target: string): string {
  if (/^\+\d+$/.test(target)) return 'tel';
  return target.startsWith('sip:') || target.includes('@') ? 'sip' : '';
}

/** The variables that describe an address, under `<prefix>.` (engine.md §4). */
export const addressVariables = (prefix: string, { name, detail, target, target_name, type }: Address): Record<string, string> => ({
  [`${prefix}.name`]: name, [`${prefix}.detail`]: detail, [`${prefix}.target`]: target, [`${prefix}.target_name`]: target_name, [`${prefix}.type`]: type,
});
