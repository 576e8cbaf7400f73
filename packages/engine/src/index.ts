// The public surface of the engine; nothing else is exported.
export { AddressSchema, address, addressVariables, type Address, type AddressInput } from './address.js';
export { type Context, type Definition, type Medium, type Move, type Registered, defineAction, mediumOf } from './action.js';
export { actions, definitionOf } from './actions/index.js';
export { flow, type BuiltAction, type FlowBuilder } from './builder.js';
export type { Ask, Changed, Command, Outcome, Refused, StoredList, Unchanged } from './command.js';
export { create, NO_CONFIGURATION, type Birth } from './create.js';
export { EFFECT_KINDS, effectId, type Effect, type EffectKind } from './effect.js';
export { evolve, fold, type Cause, type Event, type Happening, type Left, type OnComplete } from './event.js';
export { parseActions, type Parsed, type ParseOptions } from './flow.js';
export { deriveId, FINISH_ID, isReserved, isUuid, MAIN_FRAME_ID, NEXT_ID, NONE_ID, START_ID } from './ids.js';
export { defaultLimits, LimitsSchema, type Limits } from './limits.js';
export { compileList, flowListId, MissingList, START_ACTION, type ActionList, type Lists } from './list.js';
export { lookOutwards, pending, type Target } from './stack.js';
export {
  dueAt, END_REASONS, ms, REFERENCE_TYPES,
  type Action, type Configuration, type Current, type EndReason, type Frame, type Instant, type Option, type Position, type Reference, type ReferenceType,
  type Result, type State, type Wait,
} from './state.js';
export { transition } from './transition.js';
export { anyPlaceholder, initialVariables, isSystemName, pointerToken, substitute, utf8Length, variablesBytes, type Problem, type Variables } from './variables.js';
