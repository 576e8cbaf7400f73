// Actions for openapi.json: one schema for each type in the engine's register, and a `oneOf` with a discriminator over them.
import { actions, type Registered } from '@activeflow/engine';

/** A JSON schema, as it is written down. */
export type JsonSchema = { readonly [key: string]: unknown };

/** The name of an action's schema. */
export const schemaName = (type: string): string => `${type.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Action`;

/** The schemas of all actions as requests write them, by name; `ActionInput` is any of them. */
export function actionSchemas(): Readonly<Record<string, JsonSchema>> {
  const all = Object.values(actions) as readonly Registered[];
  const ref = (type: string) => `#/components/schemas/${schemaName(type)}`;
  return {
    ActionInput: {
      description: 'One action of a flow. Ids that are no UUIDs ("menu") are mapped to fresh ones within the request, in every place that names them.',
      oneOf: all.map(({ type }) => ({ $ref: ref(type) })),
      discriminator: { propertyName: 'type', mapping: Object.fromEntries(all.map(({ type }) => [type, ref(type)])) },
    },
    ...Object.fromEntries(all.map((definition) => [schemaName(definition.type), actionSchema(definition)])),
  };
}

const MEDIA = { rtc: 'Runs on calls; elsewhere it is skipped.', non_rtc: 'Runs on anything but calls; there it is skipped.', any: 'Runs everywhere.' } as const;

function actionSchema({ type, summary, medium, on_failure, option, unsupported, lists }: Registered): JsonSchema {
  const nested: readonly string[] = lists ?? [];
  const properties = Object.entries(plain(option)['properties'] as Record<string, JsonSchema>).map(([name, schema]): [string, JsonSchema] =>
    [name, nested.includes(name) ? { ...schema, items: { $ref: '#/components/schemas/ActionInput' } } : orPlaceholder(schema)]);
  const failing = on_failure === 'end' ? 'A failure ends the activeflow.' : 'A failure is recorded and skipped.';
  return {
    type: 'object', description: unsupported ? summary : `${summary} ${MEDIA[medium]} ${failing}`, required: ['type'],
    properties: {
      id: { type: 'string', description: 'generated where it is left out' }, next_id: { type: 'string', description: 'the action after it; array order where it is left out' },
      type: { const: type }, option: { type: 'object', properties: Object.fromEntries(properties), description: 'unknown properties are kept' },
    },
  };
}

const PLACEHOLDER = { type: 'string', pattern: '\\$\\{[^}\\n]*\\}', description: 'a placeholder `${name}`' };

/** Where a value is no text of any kind, a placeholder may stand for it until the action is executed. */
function orPlaceholder(schema: JsonSchema): JsonSchema {
  const { description, default: fallback, ...rest } = schema as { readonly description?: unknown; readonly default?: unknown; readonly type?: unknown };
  if (rest.type === 'string' || rest.type === 'object' || rest.type === 'array' || Object.keys(rest).length === 0) return schema;
  return { ...(description === undefined ? {} : { description }), ...(fallback === undefined ? {} : { default: fallback }), anyOf: [rest, PLACEHOLDER] };
}

/** A schema without what only the code sees. */
export const plain = (schema: unknown): JsonSchema => JSON.parse(JSON.stringify(schema)) as JsonSchema;
