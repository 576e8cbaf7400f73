// Reading a definition: what a client wrote becomes actions the engine can run, or a list of problems with JSON pointers (wire.md §4).
import { Value } from 'typebox/value';
import type { Registered } from './action.js';
import { definitionOf } from './actions/index.js';
import { isReserved, isUuid, NONE_ID } from './ids.js';
import type { Limits } from './limits.js';
import type { Action, Option } from './state.js';
import { hasPlaceholder, pointerToken, type Problem } from './variables.js';

/** What a definition came to. `warnings` do not keep it from being stored. */
export type Parsed = { readonly actions: readonly Action[]; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

/** How to read a definition. */
export type ParseOptions = {
  /** Makes an id for an action that has none, or one that is no UUID. */
  readonly newId: () => string;
  readonly limits: Limits;
  /** True for ids outside the list that its targets may name: the frames around it. */
  readonly outer?: (id: string) => boolean;
  /** Ids that the list must not use again: the list it is inserted into. */
  readonly taken?: { has(id: string): boolean };
};

/** Reads `actions`. Pointers start at `pointer`, as the list stands in the request body. Never throws, whatever it is given. */
export function parseActions(given: unknown, options: ParseOptions, pointer = '/actions'): Parsed {
  const reader = new Reader(options, pointer);
  if (!Array.isArray(given)) return reader.refuse('INVALID_JSON_BODY', '', `must be an array of actions, got ${nameOf(given)}`);
  const { flow_actions, flow_depth } = options.limits;
  if (given.length > flow_actions) return reader.refuse('INVALID_ARGUMENT', '', `at most ${flow_actions} actions, got ${given.length}`);
  if (depthOf(given, flow_depth) > flow_depth) return reader.refuse('INVALID_ARGUMENT', '', `at most ${flow_depth} levels deep`);
  reader.learnIds(given);
  const actions = given.map((item, i) => reader.action(item, `/${i}`));
  return { actions: actions.filter((action) => action !== undefined), problems: reader.problems, warnings: reader.warnings };
}

/** One reading of one list: the ids it has learnt, the problems it has met. */
class Reader {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  private readonly ids = new Map<string, string>();
  private readonly seen = new Set<string>();

  constructor(private readonly options: ParseOptions, private readonly base: string) {}

  refuse(reason: string, at: string, message: string): Parsed {
    this.say(reason, at, message);
    return { actions: [], problems: this.problems, warnings: this.warnings };
  }

  /** First look: every id of the list gets the id it will have, so that links survive. */
  learnIds(items: readonly unknown[]): void {
    for (const item of items) {
      const id = isObject(item) ? item['id'] : undefined;
      if (typeof id === 'string' && id !== '' && id !== NONE_ID && !this.ids.has(id.toLowerCase())) {
        this.ids.set(id.toLowerCase(), isUuid(id) ? id.toLowerCase() : this.options.newId());
      }
    }
  }

  action(item: unknown, at: string): Action | undefined {
    if (!isObject(item)) { this.say('INVALID_JSON_BODY', at, `must be an action object, got ${nameOf(item)}`); return undefined; }
    const id = this.id(item['id'], `${at}/id`);
    const next_id = this.target(item['next_id'], `${at}/next_id`, false);
    const option = this.rawOption(item['option'], `${at}/option`);
    if (typeof item['type'] !== 'string') { this.say('INVALID_ACTION_TYPE', `${at}/type`, `must be the name of an action type, got ${nameOf(item['type'])}`); return undefined; }
    const definition = definitionOf(item['type']);
    if (!definition) { this.say('INVALID_ACTION_TYPE', `${at}/type`, `unknown action type "${item['type'].slice(0, 64)}"`); return undefined; }
    if (definition.unsupported) this.warn('NOT_SUPPORTED', `${at}/type`, `${definition.type} is not supported yet: it will be skipped`);
    this.checkOption(definition, option, `${at}/option`);
    return { id, next_id, type: definition.type, option: this.withIds(definition, option, `${at}/option`) };
  }

  private id(given: unknown, at: string): string {
    if (given === undefined || given === null || given === '' || given === NONE_ID) return this.options.newId();
    if (typeof given !== 'string') { this.say('INVALID_ID', at, `must be a string, got ${nameOf(given)}`); return NONE_ID; }
    if (isReserved(given)) { this.say('INVALID_ID', at, 'is a reserved id'); return NONE_ID; }
    const id = this.ids.get(given.toLowerCase()) ?? given;
    if (this.seen.has(id) || this.options.taken?.has(id)) this.say('DUPLICATE_ACTION_ID', at, `another action has the id "${given.slice(0, 64)}"`);
    this.seen.add(id);
    return id;
  }

  /** A target as stored: none where unset, a placeholder as it is, otherwise the id of an action in reach. */
  private target(given: unknown, at: string, placeholders: boolean): string {
    if (given === undefined || given === null || given === '' || given === NONE_ID) return NONE_ID;
    if (typeof given !== 'string') { this.say('INVALID_ACTION_TARGET', at, `must be the id of an action, got ${nameOf(given)}`); return NONE_ID; }
    if (placeholders && hasPlaceholder(given)) return given;
    const id = this.ids.get(given.toLowerCase()) ?? given.toLowerCase();
    if (isReserved(id)) this.say('INVALID_ACTION_TARGET', at, 'is a reserved id');
    else if (!this.ids.has(given.toLowerCase()) && !this.options.outer?.(id)) this.say('INVALID_ACTION_TARGET', at, `no action has the id "${given.slice(0, 64)}"`);
    return id;
  }

  private rawOption(given: unknown, at: string): Option {
    if (given === undefined || given === null) return {};
    if (isObject(given)) return given;
    this.say('INVALID_ACTION_OPTION', at, `must be an object, got ${nameOf(given)}`);
    return {};
  }

  /** Wrong types, values outside their enumeration or range. Where a placeholder will put a value, there is nothing to check yet. */
  private checkOption(definition: Registered, option: Option, at: string): void {
    const checked = Object.fromEntries(Object.entries(option).filter(([name, value]) => value !== null && !this.isTarget(definition, name)));
    if (!Value.Check(definition.loose, checked)) {
      const reported = new Set<string>();
      for (const error of Value.Errors(definition.loose, checked)) {
        const value = valueAt(checked, error.instancePath);
        if ((typeof value === 'string' && hasPlaceholder(value)) || reported.has(error.instancePath)) continue;
        reported.add(error.instancePath);
        this.say('INVALID_ACTION_OPTION', at + error.instancePath, expectation(definition, error.instancePath) ?? error.message);
      }
    }
    for (const need of definition.needs ?? []) {
      const names = typeof need === 'string' ? [need] : (need as readonly string[]);
      if (names.every((name) => option[name] === undefined || option[name] === null || option[name] === '')) {
        this.warn('OPTION_MISSING', `${at}/${names[0] ?? ''}`, `${definition.type} does nothing without ${names.join(' or ')}`);
      }
    }
  }

  private isTarget(definition: Registered, name: string): boolean {
    return ((definition.targets ?? []) as readonly string[]).includes(name) || ((definition.lists ?? []) as readonly string[]).includes(name);
  }

  /** The option as stored: unset properties gone, targets mapped, nested lists read in a scope of their own. */
  private withIds(definition: Registered, option: Option, at: string): Option {
    const targets: readonly string[] = definition.targets ?? [];
    const lists: readonly string[] = definition.lists ?? [];
    return Object.fromEntries(Object.entries(option).flatMap(([name, value]) => {
      if (value === null) return [];
      const here = `${at}/${pointerToken(name)}`;
      if (targets.includes(name)) return [[name, this.mapTargets(value, here)]];
      if (lists.includes(name)) return [[name, this.nested(value, here)]];
      return [[name, value]];
    }));
  }

  private mapTargets(value: unknown, at: string): unknown {
    if (!isObject(value)) return this.target(value, at, true);
    return Object.fromEntries(Object.entries(value).map(([key, id]) => [key, this.target(id, `${at}/${pointerToken(key)}`, true)]));
  }

  private nested(value: unknown, at: string): readonly Action[] {
    const { newId, limits } = this.options;
    const parsed = parseActions(value, { newId, limits }, this.base + at);
    this.problems.push(...parsed.problems);
    this.warnings.push(...parsed.warnings);
    return parsed.actions;
  }

  private say(reason: string, at: string, message: string): void {
    this.problems.push({ pointer: this.base + at, reason, message });
  }

  private warn(reason: string, at: string, message: string): void {
    this.warnings.push({ pointer: this.base + at, reason, message });
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

const nameOf = (value: unknown): string =>
  value === undefined ? 'nothing' : value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `${typeof value} ${JSON.stringify(value).slice(0, 40)}`;

/** The nesting of a JSON value; stops counting past `limit`, so that a bottomless one costs nothing. */
function depthOf(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null || limit < 0) return 0;
  return 1 + Object.values(value).reduce<number>((deepest, item) => Math.max(deepest, depthOf(item, limit - 1)), 0);
}

function valueAt(root: unknown, pointer: string): unknown {
  return pointer.split('/').slice(1).reduce<unknown>((value, token) => (isObject(value) || Array.isArray(value) ? (value as Record<string, unknown>)[token.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined), root);
}

/** What a top-level property of an option should be, in words; undefined where the schema says too little. */
function expectation(definition: Registered, pointer: string): string | undefined {
  const schema = (definition.option.properties as Record<string, { type?: string; enum?: unknown[]; minimum?: number; maximum?: number }>)[pointer.slice(1)];
  if (!schema) return undefined;
  if (schema.enum) return `must be one of ${schema.enum.map((value) => `"${String(value)}"`).join(', ')}`;
  const range = [schema.minimum === undefined ? '' : ` of at least ${schema.minimum}`, schema.maximum === undefined ? '' : ` of at most ${schema.maximum}`].filter(Boolean).join(' and');
  return schema.type ? `must be ${/^[aeiou]/.test(schema.type) ? 'an' : 'a'} ${schema.type}${range}` : undefined;
}
