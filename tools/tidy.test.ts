// The house rules that no compiler and no linter keeps, as tests. A failure lists every place; each rule says why it stands.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const self = 'tools/tidy.test.ts';
const sourceLines = 320;
const testLines = 500;

// Everything that is or would be tracked: a file counts before its first commit.
const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
const files = execFileSync('git', listing, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)) && statSync(join(root, file)).isFile());

const texts = new Map<string, string>();
const read = (file: string): string => {
  const known = texts.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(join(root, file), 'utf8');
  texts.set(file, text);
  return text;
};

const trees = new Map<string, ts.SourceFile>();
const parse = (file: string): ts.SourceFile => {
  const known = trees.get(file);
  if (known !== undefined) return known;
  const tree = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  trees.set(file, tree);
  return tree;
};

const isTest = (file: string): boolean => /\.test\.tsx?$/.test(file);
const isGenerated = (file: string): boolean => /\bgenerated\b/.test(file);
const code = files.filter((file) => /\.(ts|tsx|js|cjs|mjs)$/.test(file) && !isGenerated(file));
const published = code.filter((file) => /^packages\/[^/]+\/src\/.*\.ts$/.test(file) && !isTest(file));

/** Every node of the file that `wrong` finds fault with, as `file:line: text`. */
const search = (file: string, wrong: (node: ts.Node) => boolean): string[] => {
  const tree = parse(file);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (wrong(node)) found.push(`${at(file, node)}: ${node.getText(tree).split('\n', 1)[0]!}`);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
};

const at = (file: string, node: ts.Node): string => {
  const tree = parse(file);
  return `${file}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`;
};

/** Every line of the file that matches, as `file:line: text`; for what stands in comments or in no programming language. */
const grep = (file: string, wrong: RegExp): string[] =>
  read(file)
    .split('\n')
    .flatMap((line, index) => (wrong.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : []));

/** `a.b`, `a?.b` and `a['b']` alike. */
const isMember = (node: ts.Node, object: string, names: readonly string[]): boolean => {
  if (ts.isPropertyAccessExpression(node)) return node.expression.getText() === object && names.includes(node.name.text);
  if (!ts.isElementAccessExpression(node) || node.expression.getText() !== object) return false;
  return ts.isStringLiteralLike(node.argumentExpression) && names.includes(node.argumentExpression.text);
};

describe('the engine is pure', () => {
  const impure = (node: ts.Node): boolean =>
    isMember(node, 'Date', ['now']) ||
    isMember(node, 'Math', ['random']) ||
    isMember(node, 'performance', ['now']) ||
    ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'Date') ||
    (ts.isIdentifier(node) && node.text === 'globalThis') ||
    (ts.isIdentifier(node) && node.text === 'process' && isObject(node));
  const isObject = (node: ts.Node): boolean =>
    (ts.isPropertyAccessExpression(node.parent) || ts.isElementAccessExpression(node.parent)) && node.parent.expression === node;

  test('no clock, no chance, no process: the same command on the same state decides the same again', () => {
    expect(published.filter((file) => file.startsWith('packages/engine/')).flatMap((file) => search(file, impure))).toEqual([]);
  });
});

describe('files', () => {
  test('are short enough to be read at once', () => {
    const long = files
      .filter((file) => /\.(ts|tsx|js|cjs|mjs|sql|css|sh)$/.test(file) && !isGenerated(file))
      .map((file) => ({ file, lines: read(file).split('\n').length - 1 }))
      .filter(({ file, lines }) => lines > (isTest(file) ? testLines : sourceLines));
    expect(long.map(({ file, lines }) => `${file}: ${lines} lines`)).toEqual([]);
  });

  test('are named in kebab-case or snake_case, the usual capitals of a repository aside', () => {
    const fine = /^(\.?[a-z0-9]+([-_.][a-z0-9]+)*|[A-Z][A-Z_]*(\.md)?|Dockerfile|Makefile)$/;
    expect(files.filter((file) => !fine.test(basename(file)))).toEqual([]);
  });

  test('name no path of one machine', () => {
    const machine = /(^|[^a-z.])\/(work|farm|root|Users)\//;
    expect(files.filter((file) => file !== self && !read(file).includes('\0')).flatMap((file) => grep(file, machine))).toEqual([]);
  });
});

describe('code', () => {
  test('says of each exported name what it promises', () => {
    expect(published.filter((file) => !isGenerated(file)).flatMap(undocumented)).toEqual([]);
  });

  test('leaves nothing for later and silences no check', () => {
    const later = /\b(TODO|FIXME)\b|@ts-(ignore|nocheck)/;
    const asAny = (node: ts.Node): boolean => ts.isAsExpression(node) && node.type.kind === ts.SyntaxKind.AnyKeyword;
    const others = code.filter((file) => file !== self);
    expect([...others.flatMap((file) => grep(file, later)), ...code.flatMap((file) => search(file, asAny))]).toEqual([]);
  });

  test('runs every test it has', () => {
    const off = (node: ts.Node): boolean => ts.isPropertyAccessExpression(node) && ['only', 'skip', 'todo'].includes(node.name.text);
    const suites = code.filter((file) => isTest(file) || basename(file) === 'conformance.ts');
    expect(suites.flatMap((file) => search(file, off))).toEqual([]);
  });

  test('reads the environment in config.ts only, so that the list of settings is complete', () => {
    const free = /^(sim|bench|tools|test|apps\/console\/test)\/|\.test\.tsx?$|\.config\.[jt]s$|^packages\/server\/src\/config\.ts$/;
    const env = (node: ts.Node): boolean =>
      isMember(node, 'process', ['env']) ||
      (ts.isImportDeclaration(node) && ['process', 'node:process'].includes((node.moduleSpecifier as ts.StringLiteral).text));
    expect(code.filter((file) => !free.test(file)).flatMap((file) => search(file, env))).toEqual([]);
  });
});

describe('actions', () => {
  const folder = 'packages/engine/src/actions/';
  const inFolder = files.filter((file) => file.startsWith(folder)).map((file) => file.slice(folder.length));
  const isAction = (name: string): boolean => /^[^/]+\.ts$/.test(name) && name !== 'index.ts' && !isTest(name);
  const actions = inFolder.filter(isAction).map((name) => basename(name, '.ts'));
  const cases = inFolder.filter((name) => /^cases\/[^/]+\.json$/.test(name)).map((name) => basename(name, '.json'));

  test('are registered in index.ts, each of them', () => {
    const register = inFolder.includes('index.ts') ? read(`${folder}index.ts`) : '';
    expect(actions.filter((name) => !register.includes(`'./${name}.js'`))).toEqual([]);
  });

  test('have a table of cases each, and no table is left behind', () => {
    expect([...cases].sort()).toEqual([...actions].sort());
  });
});

describe('packages', () => {
  type Asked = Partial<Record<'dependencies' | 'devDependencies' | 'peerDependencies', Record<string, string>>>;
  type Manifest = { name: string; version: string } & Asked;
  const manifests = files
    .filter((file) => /^((packages|apps)\/[^/]+\/)?package\.json$/.test(file))
    .map((file) => ({ file, manifest: JSON.parse(read(file)) as Manifest }));
  const names = new Set(manifests.map(({ manifest }) => manifest.name));
  const version = manifests.find(({ file }) => file === 'package.json')!.manifest.version;

  test('share one version, and ask for one another at exactly that', () => {
    const wrong = manifests.flatMap(({ file, manifest }) => {
      const asked = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies });
      const astray = asked.filter(([name, wanted]) => names.has(name) && wanted !== version);
      const others = astray.map(([name, wanted]) => `${file}: ${name} ${wanted}`);
      return manifest.version === version ? others : [`${file}: ${manifest.version}`, ...others];
    });
    expect(wrong).toEqual([]);
  });

  test('are locked without a download address, so that any mirror will do', () => {
    expect(grep('package-lock.json', /"resolved": "http/)).toEqual([]);
  });
});

describe('documents', () => {
  const documents = files.filter((file) => extname(file) === '.md');

  test('link to what exists', () => {
    expect(documents.flatMap(brokenLinks)).toEqual([]);
  });
});

/** The exported names of a file that carry no doc comment anywhere in it; a schema and its type of one name share one comment. */
function undocumented(file: string): string[] {
  const tree = parse(file);
  const declared = tree.statements.flatMap((statement) => namesOf(statement).map((name) => ({ name, statement })));
  const listed = tree.statements.flatMap((statement) => (isLocalExportList(statement) ? localNames(statement) : []));
  const documented = new Set(declared.filter(({ statement }) => hasDoc(tree, statement)).map(({ name }) => name));
  const missing = declared.filter(({ name, statement }) => (isExported(statement) || listed.includes(name)) && !documented.has(name));
  return missing.map(({ name, statement }) => `${at(file, statement)}: ${name}`);
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return named && statement.name !== undefined ? [statement.name.text] : [];
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

function isLocalExportList(statement: ts.Statement): statement is ts.ExportDeclaration {
  return ts.isExportDeclaration(statement) && statement.moduleSpecifier === undefined;
}

function localNames({ exportClause }: ts.ExportDeclaration): string[] {
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return [];
  return exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
}

function hasDoc(tree: ts.SourceFile, statement: ts.Statement): boolean {
  const last = (ts.getLeadingCommentRanges(tree.text, statement.getFullStart()) ?? []).at(-1);
  return last !== undefined && /^\/\*\*[^]*\p{L}/u.test(tree.text.slice(last.pos, last.end));
}

/** The relative links of a document whose file, or whose heading in it, does not exist. */
function brokenLinks(file: string): string[] {
  const link = /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s*(\S+)/gm;
  const targets = [...prose(file).matchAll(link)].map((match) => match[1] ?? match[2]!);
  return targets.filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target) && !resolves(file, target)).map((target) => `${file}: ${target}`);
}

function resolves(from: string, target: string): boolean {
  const [path, anchor] = decodeURI(target).split('#', 2) as [string, string?];
  const file = path === '' ? from : path.startsWith('/') ? path.slice(1) : join(dirname(from), path);
  if (!existsSync(join(root, file))) return false;
  if (anchor === undefined || extname(file) !== '.md') return true;
  return headings(file).has(anchor) || headings(file).has(anchor.replace(/-\d+$/, ''));
}

/** The anchors that a code host makes of the headings: lower case, punctuation gone, blanks to hyphens. */
function headings(file: string): Set<string> {
  const titles = [...read(file).replaceAll(/^(```|~~~)[^]*?^\1/gm, '').matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map((match) => match[1]!);
  return new Set(titles.map((title) => title.toLowerCase().replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-')));
}

/** A document without its code, where brackets mean something else. */
function prose(file: string): string {
  return read(file).replaceAll(/^\s*(```|~~~)[^]*?^\s*\1/gm, '').replaceAll(/`[^`\n]*`/g, '');
}
