import { Type, type Static } from 'typebox';

const bound = (value: number, description: string) => Type.Integer({ minimum: 1, default: value, description });

/** Every bound of the engine. All are settings; crossing one at run time ends the activeflow as `limit_exceeded` (age: `expired`). */
export const LimitsSchema = Type.Object({
  burst_actions: bound(1_000, 'actions in one burst, that is between two waits'),
  burst_bytes: bound(4 * 1024 * 1024, 'bytes of the actions in one burst, as executed: what one commit may grow to'),
  executed_actions: bound(10_000, 'executed actions in the life of an activeflow'),
  frames: bound(32, 'frames on the stack'),
  chain: bound(5, 'activeflows in an on-complete chain, the first included'),
  age_ms: bound(30 * 24 * 3_600_000, 'milliseconds from creation to the forced end'),
  variables: bound(1_000, 'variables of an activeflow: a step that sets one copies them'),
  variables_bytes: bound(256 * 1024, 'bytes of all variables, keys and values, in UTF-8'),
  value_bytes: bound(64 * 1024, 'bytes of one variable, in UTF-8'),
  state_bytes: bound(1024 * 1024, 'bytes of the state of an activeflow; also of one substituted option'),
  flow_actions: bound(2_000, 'actions in one list'),
  flow_depth: bound(32, 'nesting of values in a definition'),
});
/** The bounds in force, in the units their names end with. */
export type Limits = Static<typeof LimitsSchema>;

/** The bounds as they come. */
export const defaultLimits: Limits = Object.fromEntries(
  Object.entries(LimitsSchema.properties).map(([name, schema]) => [name, (schema as { default?: number }).default]),
) as Limits;
