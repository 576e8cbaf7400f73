// What is generated is current: a change of a route, an action or a setting shows in the same commit as its documents.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { generated } from './reference.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = [...generated()];

describe('generated files', () => {
  test.each(files)('%s is what `npm run generate` writes', (path, text) => {
    expect(readFileSync(`${root}${path}`, 'utf8')).toBe(text);
  });
});

describe('openapi.json', () => {
  const description = JSON.parse(new Map(files).get('openapi.json')!);
  type Operation = { readonly operationId: string; readonly summary: string; readonly responses: object };
  const operations = Object.values(description.paths as Record<string, Record<string, Operation>>).flatMap((methods) => Object.values(methods));

  test('refers to nothing that is not there', () => {
    const refs = [...JSON.stringify(description).matchAll(/"\$ref":"#\/components\/([^"]+)"/g)].map(([, path]) => path!);
    expect(refs.length).toBeGreaterThan(100);
    expect(refs.filter((path) => path.split('/').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], description.components) === undefined)).toEqual([]);
  });

  test('names each operation once', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });

  test('says of each operation what it answers and what can go wrong', () => {
    for (const { operationId, summary, responses } of operations) {
      expect(summary, operationId).toMatch(/\.$/);
      expect(Object.keys(responses), operationId).toEqual(expect.arrayContaining([({ openSocket: '101', callByWhip: '201' } as Record<string, string>)[operationId] ?? '200']));
    }
  });

  test('has a schema for every action, told apart by its type', () => {
    const { oneOf, discriminator } = description.components.schemas.ActionInput;
    expect(discriminator.propertyName).toBe('type');
    expect(Object.keys(discriminator.mapping)).toHaveLength(oneOf.length);
    expect(Object.keys(discriminator.mapping)).toContain('digits_receive');
  });
});
