// The reference as a page: openapi.json, written for people. Rendered here, so that it needs no script and no request to anywhere.
import type { JsonSchema } from './action-schemas.js';

type Operation = {
  readonly operationId: string; readonly tags: readonly string[]; readonly summary: string; readonly parameters: readonly JsonSchema[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: JsonSchema; readonly example?: unknown } } };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>> }>>;
};
type Description = {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>>; readonly parameters: Readonly<Record<string, JsonSchema>>; readonly 'x-reasons': Readonly<Record<string, string>> };
};
type Row = { readonly method: string; readonly path: string; readonly operation: Operation };

/** The page of a description that `openapi` made. */
export function docsPage(description: object): string {
  const { info, tags, paths, components } = description as Description;
  const rows = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]): Row => ({ method, path, operation })));
  const of = (tag: string) => rows.filter(({ operation }) => operation.tags.includes(tag));
  const shapes = Object.entries(components.schemas).filter(([, schema]) => !isAction(schema));
  const actions = Object.entries(components.schemas).filter(([, schema]) => isAction(schema));
  const navigation = [
    ...tags.map(({ name }) => menu(name, of(name).map(({ operation: { operationId }, method, path }) => [`#${operationId}`, `${method.toUpperCase()} ${path.replace('/v1.0', '')}`]))),
    menu('actions', actions.map(([name, schema]) => [`#${name}`, typeOf(schema)])), menu('shapes', [...shapes.map(([name]) => [`#${name}`, name] as const), ['#reasons', 'reasons of errors']]),
  ];
  const main = [
    `<h1>${text(info.title)} <span class="soft">${text(info.version)}</span></h1><p>${prose(info.description)}</p><p>As data: <a href="/openapi.json">openapi.json</a>. ${CREDENTIALS}</p>`,
    ...tags.map((tag) => `<section aria-labelledby="${tag.name}"><h2 id="${tag.name}">${text(tag.name)}</h2><p>${prose(tag.description)}</p>${of(tag.name).map((row) => operationOf(row, components)).join('')}</section>`),
    `<section aria-labelledby="actions"><h2 id="actions">actions</h2>${actions.map(([name, schema]) => actionOf(name, schema)).join('')}</section>`,
    `<section aria-labelledby="shapes"><h2 id="shapes">shapes</h2>${shapes.map(([name, schema]) => `<article id="${name}"><h3>${text(name)}</h3>${describe(schema)}</article>`).join('')}</section>`,
    `<section aria-labelledby="reasons"><h2 id="reasons">reasons of errors</h2>${table(Object.entries(components['x-reasons']).map(([reason, meaning]) => [reason, '', prose(meaning)]))}</section>`,
  ];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${text(info.title)} API</title>`
    + `<link rel="stylesheet" href="/docs/style.css"></head><body><a class="skip" href="#main">Skip to the reference</a><nav aria-label="Reference">${navigation.join('')}</nav><main id="main" tabindex="-1">${main.join('')}</main></body></html>\n`;
}

const CREDENTIALS = 'Credentials: <code>Authorization: Bearer</code> with an access key or a token, the cookies <code>token</code> and <code>accesskey</code>, or the query parameters of these names.';

const menu = (title: string, links: readonly (readonly [string, string])[]): string =>
  `<h2>${text(title)}</h2><ul>${links.map(([to, label]) => `<li><a href="${to}">${text(label)}</a></li>`).join('')}</ul>`;

function operationOf({ method, path, operation }: Row, { parameters }: Description['components']): string {
  const { operationId, summary, requestBody, responses } = operation;
  const body = requestBody?.content['application/json'];
  const asked = operation.parameters.map((one) => (typeof one['$ref'] === 'string' ? parameters[one['$ref'].split('/').at(-1) ?? ''] ?? {} : one));
  const errors = Object.entries(responses).filter(([status]) => status !== '200').map(([status, { description }]) => `<tr><td><code>${status}</code></td><td>${prose(description)}</td></tr>`);
  const [answer] = Object.values(responses['200']?.content ?? {});
  return `<article id="${operationId}"><h3><span class="method ${method}">${method.toUpperCase()}</span><code>${text(path)}</code></h3><p>${prose(summary)}</p>`
    + (asked.length === 0 ? '' : `<h4>Parameters</h4>${table(asked.map((one) => [String(one['name']), `${String(one['in'])} · ${shape(one['schema'])}`, prose(said(one['description']))]))}`)
    + (body ? `<h4>Body</h4>${describe(body.schema)}${body.example === undefined ? '' : `<pre tabindex="0"><code>${text(JSON.stringify(body.example, null, 2))}</code></pre>`}` : '')
    + (answer ? `<h4>Answer</h4>${describe(answer.schema)}` : '')
    + `<details><summary>Errors</summary><div class="scroll"><table><tbody>${errors.join('')}</tbody></table></div></details></article>`;
}

const isAction = (schema: JsonSchema): boolean => typeOf(schema) !== '';
const typeOf = (schema: JsonSchema): string => said((schema['properties'] as Record<string, JsonSchema> | undefined)?.['type']?.['const']);

function actionOf(name: string, schema: JsonSchema): string {
  const { option } = schema['properties'] as Record<string, JsonSchema>;
  return `<article id="${name}"><h3><code>${text(typeOf(schema))}</code></h3><p>${prose(said(schema['description']))}</p>${describe(option ?? {})}</article>`;
}

/** A schema: its fields as a table, or what it is in a line. */
function describe(schema: JsonSchema): string {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  if (properties.length === 0) return `<p>${shape(schema)}${schema['description'] === undefined ? '' : `: ${prose(said(schema['description']))}`}</p>`;
  return table(properties.map(([name, one]) => [name, shape(one), [prose(said(one['description'])), one['default'] === undefined ? '' : `default <code>${text(JSON.stringify(one['default']))}</code>`].filter(Boolean).join('; ')]));
}

const table = (rows: readonly (readonly [string, string, string])[]): string =>
  `<div class="scroll"><table><tbody>${rows.map(([name, kind, about]) => `<tr><td><code>${text(name)}</code></td><td>${kind}</td><td>${about}</td></tr>`).join('')}</tbody></table></div>`;

/** What a schema allows, in a few words. */
function shape(given: unknown): string {
  const schema = (given ?? {}) as JsonSchema;
  const { $ref, type, enum: values, anyOf, oneOf, items, additionalProperties } = schema;
  if (typeof $ref === 'string') { const name = $ref.split('/').at(-1) ?? ''; return `<a href="#${name}">${text(name)}</a>`; }
  if (Array.isArray(values)) return values.map((value) => `<code>${text(JSON.stringify(value))}</code>`).join(' · ');
  const several = anyOf ?? oneOf;
  if (Array.isArray(several)) return several.length > 6 ? `one of ${several.length}` : several.map(shape).join(' or ');
  if (type === 'array') return `list of ${shape(items)}`;
  if (type === 'object' && typeof additionalProperties === 'object') return `map to ${shape(additionalProperties)}`;
  return schema['properties'] && type === 'object' ? 'object' : text(said(type) || 'anything');
}

const text = (raw: string): string => raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
/** What a schema says of itself, where it does. */
const said = (value: unknown): string => (typeof value === 'string' ? value : '');
/** Text with `code` in it. */
const prose = (raw: string): string => text(raw).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
