// The shapes of the wire, once: what answers look like, and what openapi.json says of them.
import { Type, type TSchema } from 'typebox';
import { END_REASONS, REFERENCE_TYPES } from '@activeflow/engine';

/** An id, always present. */
export const id = (description: string) => Type.String({ format: 'uuid', description });
/** A time as the wire shows it. */
export const time = (description: string) => Type.String({ description: `${description}; \`YYYY-MM-DD HH:MM:SS.ffffff\`, UTC, or \`9999-01-01 00:00:00.000000\`` });
/** One of a few words. */
export const words = (values: readonly string[], description: string) => Type.Unsafe<string>(Type.Enum([...values], { description }));

/** A list of something, with the token of its next page. */
export const page = (items: TSchema) => Type.Object({ result: Type.Array(items), next_page_token: Type.String() });

/** The three times of every resource. */
export const Times = { tm_create: time('when it was made'), tm_update: time('when it last changed'), tm_delete: time('when it was deleted') };

/** An action as answers show it. */
export const ActionAnswer = Type.Object({
  id: id('the action'), next_id: id('the action after it; the none id where array order decides'), type: Type.String(),
  option: Type.Record(Type.String(), Type.Unknown()), tm_execute: Type.String(),
}, { $id: 'Action' });

/** An action as requests write it. Checked in full against the register of actions; see the action schemas. */
export const ActionInput = Type.Unknown({ $id: 'ActionInput' });
/** A list of them. */
export const Actions = Type.Array(ActionInput, { description: 'at most 2,000 actions' });

/** A flow. */
export const FlowAnswer = Type.Object({
  id: id('the flow'), customer_id: id('whose it is'), type: Type.String({ description: '`flow`' }), name: Type.String(), detail: Type.String(),
  actions: Type.Array(ActionAnswer), on_complete_flow_id: id('started when an activeflow of this flow ends'),
  revision: Type.Integer({ description: 'counts up with each change; an activeflow keeps the one it began with' }), ...Times,
}, { $id: 'Flow' });

/** What would move an activeflow, and when it moves by itself. */
export const WaitingFor = Type.Union([Type.Null(), Type.Object({ kind: Type.String(), action_id: Type.String(), until: time('when it moves by itself') })]);

/** An activeflow. */
export const ActiveflowAnswer = Type.Object({
  id: id('the activeflow'), customer_id: id('whose it is'), name: Type.String(), flow_id: id('the flow it runs'), flow_revision: Type.Integer(),
  status: words(['', 'running', 'ended'], 'where it stands'), paused: Type.Boolean(),
  reference_type: words(REFERENCE_TYPES, 'what started it'), reference_id: id('the resource that started it'), reference_activeflow_id: id('the activeflow that started it'),
  on_complete_flow_id: id('started when it ends'), webhook_uri: Type.String(), webhook_method: Type.String(),
  current_action: ActionAnswer, forward_action_id: id('where the next move goes'), executed_actions: Type.Array(ActionAnswer), pending_actions: Type.Array(ActionAnswer),
  waiting_for: WaitingFor, end_reason: words(END_REASONS, 'why it ended'), end_detail: Type.String(), version: Type.Integer(), ...Times,
}, { $id: 'Activeflow' });


const problem = Type.Object({ pointer: Type.String(), reason: Type.String(), message: Type.String() });

/** What `flows/validate` answers. */
export const Validation = Type.Object({ valid: Type.Boolean(), errors: Type.Array(problem), warnings: Type.Array(problem) }, { $id: 'Validation' });

/** One entry of a history. */
export const HistoryEntry = Type.Object({
  number: Type.Integer({ description: 'counts the events of the activeflow' }), kind: Type.String({ description: '`step`, or what was done to it' }),
  step: Type.Integer(), frame_id: Type.String(), action: Type.Union([ActionAnswer, Type.Null()]), began: time('when it began'), ended: time('when it was over'),
  result: Type.String({ description: '`done`, `skipped`, `failed`, `forwarded`; `""` while it goes on' }),
  cause: Type.Object({ by: Type.String(), ref: Type.String() }), variables: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()])),
  error: Type.Union([Type.Null(), Type.Object({ reason: Type.String(), message: Type.String() })]), detail: Type.String(),
  effects: Type.Array(Type.Object({
    id: Type.String(), kind: Type.String(), status: Type.String(), attempt: Type.Integer(), result: Type.Unknown(), error: Type.String(), tm_create: Type.String(), tm_update: Type.String(),
  })),
}, { $id: 'HistoryEntry' });

/** The stack of an activeflow. */
export const StackAnswer = Type.Object({
  frames: Type.Array(Type.Object({
    id: Type.String(), actions: Type.Array(ActionAnswer), return_frame_id: Type.String(), return_action_id: Type.String(), gotos: Type.Record(Type.String(), Type.Integer()),
  })),
  cursor: Type.Object({ frame_id: Type.String(), action_id: Type.String() }), current_action: ActionAnswer, forward_action_id: Type.String(), pending_actions: Type.Array(ActionAnswer),
  limits: Type.Record(Type.String(), Type.Object({ used: Type.Integer(), limit: Type.Integer() })),
}, { $id: 'Stack' });

const position = Type.Object({ frame_id: Type.String(), action_id: Type.String() });
const frame = Type.Object({
  id: Type.String(), list_id: Type.String({ description: 'the list of actions that it runs' }), return_to: Type.Union([position, Type.Null()]), gotos: Type.Record(Type.String(), Type.Integer()),
});
const json = Type.Record(Type.String(), Type.Unknown());
const outcome = Type.Object({
  result: Type.String(), reason: Type.Optional(Type.String()), message: Type.Optional(Type.String()), variables: Type.Optional(Type.Record(Type.String(), Type.String())),
  frame: Type.Optional(frame), counted: Type.Optional(Type.Boolean()),
}, { description: 'how the action that was current came out' });

/** One event of a log: the engine's own, so that the engine can fold it. Which fields there are beside the first five depends on the type. */
export const LogEvent = Type.Object({
  n: Type.Integer({ description: 'counts the events of the activeflow from 0, without a gap' }), version: Type.Integer({ description: 'the commit it came in' }),
  at: Type.Integer({ description: 'microseconds since 1970, UTC' }), cause: Type.Object({ by: Type.String(), ref: Type.Optional(Type.String()) }),
  type: words(['created', 'moved', 'settled', 'variables_set', 'forwarded', 'pushed', 'added', 'configured', 'paused', 'resumed', 'ended', 'deleted'], 'what happened'),
  state: Type.Optional(json), left: Type.Optional(outcome),
  entered: Type.Optional(Type.Object({ frame_id: Type.String(), action_id: Type.String(), action: json, step: Type.Integer() }, { description: 'where the cursor went, the action as executed' })),
  wait: Type.Optional(json), result: Type.Optional(json), variables: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]))),
  to: Type.Optional(position), frame: Type.Optional(frame), frame_id: Type.Optional(Type.String()), list_id: Type.Optional(Type.String()), action_ids: Type.Optional(Type.Array(Type.String())),
  configuration: Type.Optional(json), reason: Type.Optional(Type.String()), detail: Type.Optional(Type.String()), on_complete: Type.Optional(json),
}, { $id: 'LogEvent' });

/** A page of a log. */
export const LogAnswer = Type.Object({ events: Type.Integer({ description: 'how many events there are by now' }), result: Type.Array(LogEvent) }, { $id: 'Log' });

/** A list of actions as a frame runs it. */
export const ListAnswer = Type.Object({ id: Type.String(), actions: Type.Array(ActionAnswer) }, { $id: 'ActionList' });

/** Variables, as read and as written. */
export const VariablesAnswer = Type.Object({ variables: Type.Record(Type.String(), Type.String()) });

/** An error. */
export const ErrorAnswer = Type.Object({
  error: Type.Object({ status: Type.String(), reason: Type.String(), message: Type.String(), request_id: Type.String(), details: Type.Array(Type.Record(Type.String(), Type.Unknown())) }),
}, { $id: 'Error' });
