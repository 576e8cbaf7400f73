// The documents: every marked command is run against a real server, and every flow that is shown is valid.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultLimits, deriveId, NONE_ID, parseActions } from '@activeflow/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentsOf, openSession, readBlocks, type Block, type Session } from './docs.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const documents = documentsOf(root).map((file) => ({ file, text: readFileSync(`${root}${file}`, 'utf8') }));
const LONG = 120_000;

describe.each(documents.filter(({ text }) => readBlocks(text).length > 0))('$file', ({ text }) => {
  const blocks = readBlocks(text);
  let session: Session;
  beforeAll(async () => { session = await openSession(root, blocks); }, LONG);
  afterAll(() => session.close());

  test.each(blocks.map((block) => [block.line, block] as const))('line %i', async (_line, block) => {
    const { code, output } = await session.run(block);
    expect(code, output).toBe(0);
    for (const text_expected of block.expected) expect(output).toContain(text_expected);
  }, LONG);
});

describe('flows that are shown are valid, without a warning', () => {
  const flows = documents.flatMap(({ file, text }) => [...text.matchAll(/^```json\n([^]*?)^```$/gm)].flatMap(({ 1: json = '', index }) => {
    const shown = JSON.parse(json) as { actions?: unknown } | unknown[];
    const actions = Array.isArray(shown) ? shown : shown.actions;
    return actions === undefined ? [] : [[`${file}:${text.slice(0, index).split('\n').length}`, actions] as const];
  }));
  let ids = 0;

  test.each(flows)('%s', (_place, actions) => {
    const { problems, warnings } = parseActions(actions, { newId: () => deriveId(NONE_ID, String(++ids)), limits: defaultLimits });
    expect([...problems, ...warnings]).toEqual([]);
  });
});

describe('a block that is wrong is noticed', () => {
  const sample = (script: string, expected = '') => `<!-- run -->\n\`\`\`sh\n${script}\n\`\`\`\n${expected}\n`;
  const block = (script: string, expected?: string): Block => readBlocks(sample(script, expected))[0]!;

  test('a failing command, wherever it stands; what was printed before is shown', async () => {
    const session = await openSession(root, [block('activeflow start')]);
    expect(await session.run(block('X=1; echo "$X"'))).toEqual({ code: 0, output: '1\n' });
    expect(await session.run(block('echo "still $X"\nfalse\necho not seen'))).toEqual({ code: 1, output: 'still 1\n' });
    await session.close();
  }, LONG);

  test('only what is marked counts; what is expected stands after it', () => {
    const text = `${sample('a', '\n<!-- expect: one -->\n<!-- expect: "two" -->')}\n\`\`\`sh\nb\n\`\`\`\n${sample('c')}`;
    expect(readBlocks(text)).toEqual([{ line: 1, script: 'a\n', expected: ['one', '"two"'] }, { line: 12, script: 'c\n', expected: [] }]);
  });
});
