// The recipes of CONTRIBUTING.md, read from its text and carried out in a copy of the project.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** One change that a recipe asks for; without a place the file is new. */
export type Edit = { readonly file: string; readonly text: string; readonly place?: { readonly where: Where; readonly line: string } };
/** Where text goes, seen from a line of the file. */
export type Where = 'after' | 'before' | 'in place of';
/** A recipe: its heading, what it changes, and the commands that must pass afterwards. */
export type Recipe = { readonly title: string; readonly edits: readonly Edit[]; readonly commands: readonly string[] };

const NEW = /^New file `([^`]+)`:$/;
const CHANGED = /^In `([^`]+)`, (after|before|in place of) `([^`]+)`:$/;

/**
 * Reads the recipes: the level-3 headings under `## Recipes`. A code block belongs to the sentence above it, which says where it goes; an
 * `sh` block is what is run. Throws at a block that no sentence places.
 */
export function readRecipes(markdown: string): readonly Recipe[] {
  const section = /^## Recipes$([^]*?)(?=^## |(?![^]))/m.exec(markdown)?.[1] ?? '';
  return section.split(/^### /m).slice(1).map((text) => {
    const title = text.split('\n', 1)[0] ?? '';
    const blocks = [...text.matchAll(/(?:^(.*)\n+)?^```(\w+)\n([^]*?)^```$/gm)].map(([, said = '', language = '', code = '']) => ({ said, language, code }));
    return {
      title,
      edits: blocks.filter(({ language }) => language !== 'sh').map(({ said, code }) => readEdit(title, said, code)),
      commands: blocks.filter(({ language }) => language === 'sh').flatMap(({ code }) => code.trim().split('\n')),
    };
  });
}

function readEdit(title: string, said: string, text: string): Edit {
  const file = NEW.exec(said)?.[1];
  if (file !== undefined) return { file, text };
  const [, changed, where, line] = CHANGED.exec(said) ?? [];
  if (changed === undefined || line === undefined) throw new Error(`"${title}": no sentence says where this block goes:\n${said}\n${text}`);
  return { file: changed, text, place: { where: where as Where, line } };
}

/** Carries an edit out under `root`. Throws where it does not apply: the file is there already, or the line is not there exactly once. */
export function applyEdit(root: string, { file, text, place }: Edit): void {
  const path = join(root, file);
  if (place === undefined) {
    if (existsSync(path)) throw new Error(`${file} is there already.`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  const lines = readFileSync(path, 'utf8').split('\n');
  const found = lines.flatMap((line, index) => (line.trim() === place.line ? [index] : []));
  const [at] = found;
  if (at === undefined || found.length > 1) throw new Error(`${file} has ${found.length} lines "${place.line}".`);
  const [from, removed] = place.where === 'after' ? [at + 1, 0] : [at, place.where === 'before' ? 0 : 1];
  lines.splice(from, removed, ...text.replace(/\n$/, '').split('\n'));
  writeFileSync(path, lines.join('\n'));
}

const PACKAGES = ['packages/engine', 'packages/client', 'packages/server', 'apps/console', 'sim', 'bench', 'tools'];
/** Links that must lead into the copy, which they do as they are relative; and the engine's one package, which the import rules know by its path. */
const COPIED = ['.bin', '@activeflow', 'activeflow', 'typebox'];
const LEFT_OUT = ['.cache', '.vite', '.vite-temp', '.package-lock.json'];

/** Copies a project as it stands, uncommitted work included, to a new folder; with what has been built where `built`. Gives the folder. */
export function copyProject(root: string, { built }: { readonly built: boolean }): string {
  const copy = mkdtempSync(join(tmpdir(), 'activeflow-recipe-'));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  const dist = built ? PACKAGES.map((folder) => `${folder}/dist`) : [];
  for (const path of [...listed.split('\0').filter(Boolean), ...dist].filter((one) => existsSync(join(root, one)))) {
    cpSync(join(root, path), join(copy, path), { recursive: true, preserveTimestamps: true });
  }
  linkModules(join(root, 'node_modules'), join(copy, 'node_modules'));
  // What a workspace has for itself alone.
  const own = PACKAGES.map((folder) => join(folder, 'node_modules')).filter((one) => existsSync(join(root, one)));
  for (const one of own) symlinkSync(join(root, one), join(copy, one));
  // Tests that ask git what belongs to the project find everything untracked.
  execFileSync('git', ['init', '--quiet'], { cwd: copy });
  return copy;
}

/** The packages of others are links to where they are installed. */
function linkModules(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from).filter((one) => !COPIED.includes(one) && !LEFT_OUT.includes(one))) symlinkSync(join(from, name), join(to, name));
  for (const name of COPIED) cpSync(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true });
}
