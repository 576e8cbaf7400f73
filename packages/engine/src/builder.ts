// Flows in code: every action of the register is a method, options are type-checked, names become ids.
import type { Static, TObject } from 'typebox';
import { actions } from './actions/index.js';
import { deriveId } from './ids.js';

type Register = typeof actions;
type OptionOf<T extends keyof Register> = Register[T] extends { readonly option: infer S } ? (S extends TObject ? Static<S> : never) : never;
/** A value, or a text with a placeholder that gives it. */
type Filled<T> = T | `${string}\${${string}}${string}`;
/** Every property may be left out, and every value be filled by a placeholder. */
export type BuilderOption<T extends keyof Register> = { readonly [K in keyof OptionOf<T>]?: Filled<OptionOf<T>[K]> };

/** What a builder makes: actions as `POST /v1.0/flows` takes them. */
export type BuiltAction = { readonly id: string; readonly next_id?: string; readonly type: string; readonly option: Readonly<Record<string, unknown>> };

/** A flow being built: one method for each action type. Each gives the flow again; `as` names the action before it. */
export type FlowBuilder = {
  readonly [T in keyof Register]: (option?: BuilderOption<T>) => FlowBuilder;
} & {
  /** Names the action just added, so that targets can name it. */
  as(name: string): FlowBuilder;
  /** Has the action just added continue at a named action. */
  to(name: string): FlowBuilder;
  /** The actions, names turned to ids. Throws where a target names nothing. */
  build(): readonly BuiltAction[];
};

type Step = { name: string; next?: string; readonly type: string; readonly option: Readonly<Record<string, unknown>> };

const NAMES = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

/** Begins a flow: `flow().answer().talk({ text: 'Hello' }).build()`. Ids are derived from `seed` and names: the same code gives the same flow. */
export function flow(seed = 'flow'): FlowBuilder {
  const steps: Step[] = [];
  const last = (): Step => {
    const step = steps.at(-1);
    if (!step) throw new Error('there is no action yet to name');
    return step;
  };
  const builder: Record<string, unknown> = {
    as(name: string) { last().name = name; return builder; },
    to(name: string) { last().next = name; return builder; },
    build: () => build(steps, seed),
  };
  for (const type of Object.keys(actions)) {
    builder[type] = (option: Readonly<Record<string, unknown>> = {}) => { steps.push({ name: `#${steps.length}`, type, option }); return builder; };
  }
  return builder as unknown as FlowBuilder;
}

function build(steps: readonly Step[], seed: string): readonly BuiltAction[] {
  const ids = new Map(steps.map(({ name }) => [name, deriveId(NAMES, `${seed}/${name}`)]));
  if (ids.size < steps.length) throw new Error('two actions have one name');
  const idOf = (name: string): string => {
    const id = ids.get(name);
    if (id === undefined && !name.includes('${')) throw new Error(`no action is named "${name}"`);
    return id ?? name;
  };
  return steps.map(({ name, next, type, option }) => {
    const targets: readonly string[] = actions[type as keyof Register].targets ?? [];
    const mapped = Object.entries(option).map(([key, value]) => [key, targets.includes(key) ? mapTargets(value, idOf) : value] as const);
    return { id: idOf(name), ...(next === undefined ? {} : { next_id: idOf(next) }), type, option: Object.fromEntries(mapped) };
  });
}

function mapTargets(value: unknown, idOf: (name: string) => string): unknown {
  if (typeof value === 'string') return idOf(value);
  return Object.fromEntries(Object.entries(value as Record<string, string>).map(([key, name]) => [key, idOf(name)]));
}
