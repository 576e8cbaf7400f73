// The recipes of CONTRIBUTING.md: each is carried out as it stands there, in a copy of the project. One that no longer applies is red.
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { applyEdit, copyProject, readRecipes, type Recipe } from './recipes.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const recipes = readRecipes(readFileSync(`${root}CONTRIBUTING.md`, 'utf8'));
const LONG = 300_000;

const copies: string[] = [];
afterEach(() => { for (const copy of copies.splice(0)) rmSync(copy, { recursive: true, force: true }); });

function copyWith(chosen: readonly Recipe[], built: boolean): string {
  const copy = copyProject(root, { built });
  copies.push(copy);
  for (const { edits } of chosen) for (const edit of edits) applyEdit(copy, edit);
  return copy;
}

/** Runs a command; rejects with what it printed where it fails. This test's own vitest is none of its business. */
function run(copy: string, command: string): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((resolve, reject) => {
    execFile('bash', ['-c', command], { cwd: copy, env: { PATH, HOME, NO_COLOR: '1' }, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command}\n${stdout}\n${stderr}`));
      else resolve(stdout);
    });
  });
}

test('there is one for everything that is added often', () => {
  expect(recipes.map(({ title }) => title)).toEqual(['Add an action', 'Add a driver', 'Add a route', 'Add a setting', 'Add a migration']);
});

describe('each alone passes the tests it names', () => {
  test.each(recipes)('$title', async (recipe) => {
    expect(recipe.edits.length).toBeGreaterThan(0);
    expect(recipe.commands.join('\n')).toContain('npx vitest run');
    const copy = copyWith([recipe], false);
    for (const command of recipe.commands) expect(await run(copy, command)).toMatch(/Tests\s+\d+ passed/);
  }, LONG);
});

test('all together: they compile, their documents are generated, and the house rules hold', async () => {
  const copy = copyWith(recipes, true);
  const before = readFileSync(`${copy}/docs/reference/actions.md`, 'utf8');
  await run(copy, 'npm run generate');
  expect(readFileSync(`${copy}/docs/reference/actions.md`, 'utf8')).not.toBe(before);
  await run(copy, 'npx vitest run tools/tidy.test.ts tools/reference.test.ts');
  await run(copy, 'npm run check:imports');
}, LONG);

describe('a recipe that does not apply says so', () => {
  const text = (sentence: string) => `## Recipes\n\n### Add a thing\n\n${sentence}\n\n\`\`\`ts\nconst x = 1;\n\`\`\`\n\n## Next\n`;
  const apply = (sentence: string) => () => { applyEdit(root, readRecipes(text(sentence))[0]!.edits[0]!); };

  test.each([
    ['Somewhere:', /no sentence says where/],
    ['New file `STYLE.md`:', /STYLE\.md is there already/],
    ['In `STYLE.md`, after `no such line`:', /STYLE\.md has 0 lines/],
    ['In `STYLE.md`, before ` `:', /STYLE\.md has \d+ lines/],
  ])('%s', (sentence, message) => expect(apply(sentence)).toThrow(message));
});
