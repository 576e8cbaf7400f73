// Which input serves which schema: read once from the JSON schema, so that every action type, and any to come, has a form.

/** What of a JSON schema a form goes by. */
export type FormSchema = {
  readonly type?: string; readonly enum?: readonly unknown[]; readonly description?: string; readonly default?: unknown; readonly minimum?: number; readonly maximum?: number;
  readonly items?: FormSchema; readonly properties?: Readonly<Record<string, FormSchema>>; readonly patternProperties?: Readonly<Record<string, FormSchema>>; readonly required?: readonly string[];
};

/** What a form is told beside the schema. */
export type FormFacts = {
  /** Properties that name an action, or map to actions. */
  readonly targets?: readonly string[] | undefined;
  /** Properties that hold actions for someone else to run. */
  readonly lists?: readonly string[] | undefined;
  /** Properties without which the action does nothing; within an array, one of them will do. */
  readonly needs?: readonly (string | readonly string[])[] | undefined;
};

/** The kind of input that a property gets. */
export type Input =
  | { readonly kind: 'text'; readonly long: boolean } | { readonly kind: 'number'; readonly whole: boolean; readonly unit: 'ms' | 's' | '' } | { readonly kind: 'flag' }
  | { readonly kind: 'choice'; readonly values: readonly string[] } | { readonly kind: 'target' } | { readonly kind: 'targets' } | { readonly kind: 'flow' }
  | { readonly kind: 'days' } | { readonly kind: 'texts' } | { readonly kind: 'address' } | { readonly kind: 'addresses' } | { readonly kind: 'json' };

// A text of which people write sentences.
const LONG = ['text', 'content', 'data', 'detail'];

/** The input of a property. */
export function inputOf(name: string, schema: FormSchema, { targets = [], lists = [] }: Pick<FormFacts, 'targets' | 'lists'>): Input {
  if (lists.includes(name)) return { kind: 'json' };
  if (targets.includes(name)) return { kind: schema.type === 'object' ? 'targets' : 'target' };
  if (schema.enum) return { kind: 'choice', values: schema.enum.map(String) };
  switch (schema.type ?? '') {
    case 'string': return /(^|_)flow_id$/.test(name) ? { kind: 'flow' } : { kind: 'text', long: LONG.includes(name) };
    case 'integer': case 'number': return { kind: 'number', whole: schema.type === 'integer', unit: unitOf(name, schema) };
    case 'boolean': return { kind: 'flag' };
    case 'object': return { kind: isAddress(schema) ? 'address' : 'json' };
    case 'array': return { kind: name === 'weekdays' ? 'days' : schema.items?.type === 'string' ? 'texts' : schema.items && isAddress(schema.items) ? 'addresses' : 'json' };
    default: return { kind: 'json' };
  }
}

const isAddress = ({ properties = {} }: FormSchema): boolean => 'target' in properties && 'target_name' in properties;

/** Times of the engine's options are milliseconds up to a month; those of recordings are seconds up to a day. */
function unitOf(name: string, { description = '', maximum = 0 }: FormSchema): 'ms' | 's' | '' {
  if (!/^(duration|interval|timeout|end_of_silence)$/.test(name)) return '';
  return /millisecond/.test(description) || maximum > 86_400 ? 'ms' : 's';
}

/** `false_target_id` as people read it: "False target". */
export function titleOf(name: string): string {
  const words = name.replace(/_id$/, '').replace(/_ids$/, 's').replaceAll('_', ' ');
  const spelt = { uri: 'URI', 'event url': 'URL', 'event method': 'Method', 'stream urls': 'Sounds' }[words] ?? words;
  return `${spelt.charAt(0).toUpperCase()}${spelt.slice(1)}`;
}

/** True for a text in which a placeholder stands. */
export const holdsPlaceholder = (value: unknown): value is string => typeof value === 'string' && /\$\{[^}\n]*\}/.test(value);

/** The properties that are needed, and what to say of them. */
export function needOf(name: string, needs: FormFacts['needs'] = []): string | undefined {
  if (needs.includes(name)) return 'needed';
  const choice = needs.find((need): need is readonly string[] => Array.isArray(need) && need.includes(name));
  const others = choice?.filter((other) => other !== name).map((other) => titleOf(other).toLowerCase());
  return others && `needed, or ${others.join(' or ')}`;
}

/** The option with one property set; undefined takes it out. */
export function withProperty(option: Readonly<Record<string, unknown>>, name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (value !== undefined) return { ...option, [name]: value };
  const { [name]: _, ...rest } = option;
  return rest;
}

/** A number as somebody typed it: a number, a text with a placeholder, nothing; or the text itself, for the server to refuse. */
export function readNumber(text: string): number | string | undefined {
  if (text.trim() === '') return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/** `2000` ms as `2 s`, for the reader's eye. */
export function inWords(value: unknown, unit: 'ms' | 's' | ''): string {
  if (typeof value !== 'number' || unit === '' || value <= 0) return '';
  let seconds = unit === 'ms' ? value / 1000 : value;
  const parts: string[] = [];
  for (const [size, word] of [[86_400, 'd'], [3_600, 'h'], [60, 'min']] as const) {
    if (seconds >= size) { parts.push(`${Math.floor(seconds / size)} ${word}`); seconds %= size; }
  }
  if (seconds > 0 || parts.length === 0) parts.push(`${Number(seconds.toFixed(3))} s`);
  return parts.join(' ');
}
