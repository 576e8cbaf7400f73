// Reading a definition: what a client wrote becomes actions the engine can run, or a list of problems with JSON pointers (wire.md §4).
import { missingNeeds, type Registered } from './action.js';
import { definitionOf } from './actions/index.js';
import { misfits } from './check.js';
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
      if (typeof id === 'string' && id !== '' && id !== NONE_ID && !this.ids.has(keyOf(id))) {
        this.ids.set(keyOf(id), isUuid(id) ? keyOf(id) : this.options.newId());
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
    const stored = this.withIds(definition, option, `${at}/option`);
    for (const names of missingNeeds(definition, stored)) {
      this.warn('OPTION_MISSING', `${at}/option/${names.split(' ')[0] ?? ''}`, `${definition.type} does nothing without ${names}`);
    }
    return { id, next_id, type: definition.type, option: stored };
  }

  private id(given: unknown, at: string): string {
    if (given === undefined || given === null || given === '' || given === NONE_ID) return this.options.newId();
    if (typeof given !== 'string') { this.say('INVALID_ID', at, `must be a string, got ${nameOf(given)}`); return NONE_ID; }
    if (isReserved(given)) { this.say('INVALID_ID', at, 'is a reserved id'); return NONE_ID; }
    const id = this.ids.get(keyOf(given)) ?? given;
    if (this.seen.has(id) || this.options.taken?.has(id)) this.say('DUPLICATE_ACTION_ID', at, `another action has the id "${given.slice(0, 64)}"`);
    this.seen.add(id);
    return id;
  }

  /** A target as stored: none where unset, a placeholder as it is, otherwise the id of an action in reach. */
  private target(given: unknown, at: string, placeholders: boolean): string {
    if (given === undefined || given === null || given === '' || given === NONE_ID) return NONE_ID;
    if (typeof given !== 'string') { this.say('INVALID_ACTION_TARGET', at, `must be the id of an action, got ${nameOf(given)}`); return NONE_ID; }
    if (placeholders && hasPlaceholder(given)) return given;
    const id = this.ids.get(keyOf(given)) ?? keyOf(given);
    if (isReserved(id)) this.say('INVALID_ACTION_TARGET', at, 'is a reserved id');
    else if (!this.ids.has(keyOf(given)) && !this.options.outer?.(id)) this.say('INVALID_ACTION_TARGET', at, `no action has the id "${given.slice(0, 64)}"`);
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
    const checked = Object.fromEntries(Object.entries(option).filter(([name, value]) => value !== null && !this.hasIds(definition, name)));
    for (const { pointer, value, message } of misfits(definition, checked)) {
      if (typeof value !== 'string' || !hasPlaceholder(value)) this.say('INVALID_ACTION_OPTION', at + pointer, message);
    }
  }

  /** True for what is checked with the ids instead: targets and nested lists. */
  private hasIds(definition: Registered, name: string): boolean {
    const elsewhere: readonly string[] = [...(definition.targets ?? []), ...(definition.lists ?? [])];
    return elsewhere.includes(name);
  }

  /** The option as stored: unset properties gone, targets mapped, nested lists read in a scope of their own. */
  private withIds(definition: Registered, option: Option, at: string): Option {
    const targets: readonly string[] = definition.targets ?? [];
    const lists: readonly string[] = definition.lists ?? [];
    return Object.fromEntries(Object.entries(option).flatMap(([name, value]): [string, unknown][] => {
      if (value === null) return [];
      const here = `${at}/${pointerToken(name)}`;
      if (targets.includes(name)) {
        const mapped = this.mapTargets(definition, name, value, here);
        return mapped === undefined ? [] : [[name, mapped]];
      }
      if (lists.includes(name)) return [[name, this.nested(value, here)]];
      return [[name, value]];
    }));
  }

  /** A target or a map to targets, as the schema has it; undefined, and gone from a map, where it is unset. */
  private mapTargets(definition: Registered, name: string, value: unknown, at: string): unknown {
    const { type } = definition.option.properties[name] as { type?: string };
    if (type !== 'object' || (typeof value === 'string' && hasPlaceholder(value))) return setOnly(this.target(value, at, true));
    if (!isObject(value)) { this.say('INVALID_ACTION_OPTION', at, `must be an object from value to action id, got ${nameOf(value)}`); return undefined; }
    const ids = Object.entries(value).map(([key, id]) => [key, setOnly(this.target(id, `${at}/${pointerToken(key)}`, true))] as const);
    return Object.fromEntries(ids.filter(([, id]) => id !== undefined));
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

/** What an id is known by: a UUID whatever its case, any other as it is written. */
const keyOf = (id: string): string => (isUuid(id) ? id.toLowerCase() : id);

const setOnly = (id: string): string | undefined => (id === NONE_ID ? undefined : id);

const nameOf = (value: unknown): string =>
  value === undefined ? 'nothing' : value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `${typeof value} ${JSON.stringify(value).slice(0, 40)}`;

/** The nesting of a JSON value; stops counting past `limit`, so that a bottomless one costs nothing. */
function depthOf(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null || limit < 0) return 0;
  return 1 + Object.values(value).reduce<number>((deepest, item) => Math.max(deepest, depthOf(item, limit - 1)), 0);
}
