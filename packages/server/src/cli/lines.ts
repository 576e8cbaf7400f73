// Which line of a JSON text a JSON pointer (RFC 6901) leads to, so that a fault in a file can be found.

/** The line, counted from 1, of each value in a JSON text that parses, by its pointer; `""` is the whole. */
export function linesOf(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+|\n/g);
  let line = 1;
  const next = (): string => {
    for (const [token] of tokens) {
      if (token !== '\n') return token;
      line++;
    }
    return '';
  };
  // The depth is bounded where files are read.
  const value = (pointer: string, token: string): void => {
    if (!lines.has(pointer)) lines.set(pointer, line);
    if (token === '{') members(pointer);
    if (token === '[') items(pointer);
  };
  const members = (pointer: string): void => {
    for (let token = next(); token !== '}' && token !== '';) {
      const name = (JSON.parse(token) as string).replaceAll('~', '~0').replaceAll('/', '~1');
      lines.set(`${pointer}/${name}`, line);
      next();
      value(`${pointer}/${name}`, next());
      token = next();
      if (token === ',') token = next();
    }
  };
  const items = (pointer: string): void => {
    let token = next();
    for (let index = 0; token !== ']' && token !== ''; index++) {
      value(`${pointer}/${index}`, token);
      token = next();
      if (token === ',') token = next();
    }
  };
  value('', next());
  return lines;
}

/** The line of the value that a pointer leads to, or of what is nearest around it. */
export function lineOf(lines: ReadonlyMap<string, number>, pointer: string): number | undefined {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const line = lines.get(at);
    if (line !== undefined || at === '') return line;
  }
}

/** The line and column, counted from 1, of a position in a text. */
export function placeOf(text: string, position: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, position).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
