// A flow in a file: `{ "name", "detail", "actions": […] }`, or the actions alone.
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import type { ActionInput, FlowInput } from '@activeflow/client';
import { lineOf, linesOf, placeOf } from './lines.js';
import { CommandError } from './terminal.js';

/** A flow as a file has it; `line` finds what a JSON pointer of the API leads to. */
export type FlowFile = { readonly id: string | undefined; readonly flow: FlowInput; readonly line: (pointer: string) => number | undefined };

/** Deeper than any flow the server takes. */
const DEEPEST = 200;

/** Reads a flow; `-` is stdin. */
export async function readFlowFile(path: string): Promise<FlowFile> {
  const text = await read(path);
  const json = parse(path, text);
  const alone = Array.isArray(json);
  if (!alone && (typeof json !== 'object' || json === null)) throw new CommandError(`${path} holds neither a flow nor a list of actions.`);
  const { id, name, detail, actions, on_complete_flow_id } = (alone ? { actions: json } : json) as Record<string, unknown>;
  const given = { name, detail, actions, on_complete_flow_id };
  const lines = linesOf(text);
  return {
    id: typeof id === 'string' && id !== '' ? id : undefined,
    // What has the wrong type is for the server to refuse, with its pointer.
    flow: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    line: (pointer) => lineOf(lines, alone ? pointer.replace(/^\/actions/, '') : pointer),
  };
}

/** The actions of a file that has some. */
export async function readActions(path: string): Promise<readonly ActionInput[]> {
  const { flow } = await readFlowFile(path);
  if (flow.actions === undefined) throw new CommandError(`${path} has no actions.`);
  return flow.actions;
}

async function read(path: string): Promise<string> {
  try {
    return path === '-' ? await textOf(process.stdin) : await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandError(code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read: ${message}.`);
  }
}

function parse(path: string, text: string): unknown {
  try {
    const json: unknown = JSON.parse(text);
    if (depthOf(text) > DEEPEST) throw new SyntaxError(`nested deeper than ${DEEPEST} levels`);
    return json;
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = /at position (\d+)/.exec(message)?.[1];
    const { line, column } = placeOf(text, position === undefined ? text.length : Number(position));
    throw new CommandError(`${path}:${line}:${column}: not JSON: ${message.replace(/ in JSON at position.*/s, '')}.`);
  }
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') deepest = Math.max(deepest, ++depth);
    if (token === '}' || token === ']') depth--;
  }
  return deepest;
}
