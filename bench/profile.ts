// Where the engine's CPU goes: a profile of one work, summed by function, by file and by room.
import type { Profiler } from 'node:inspector';

/** Self time of one place, in microseconds. */
export type Cost = { readonly name: string; readonly self_us: number };

/** What a profile says. */
export type Summary = { readonly total_us: number; readonly functions: readonly Cost[]; readonly files: readonly Cost[]; readonly rooms: readonly Cost[] };

/** Sums a profile by self time; idle time is left out. */
export function summarise(profile: Profiler.Profile): Summary {
  const self = selfTimes(profile);
  const busy = profile.nodes.filter(({ callFrame }) => callFrame.functionName !== '(idle)');
  const costs = (name: (node: Profiler.ProfileNode) => string): Cost[] => {
    const sums = new Map<string, number>();
    for (const node of busy) sums.set(name(node), (sums.get(name(node)) ?? 0) + (self.get(node.id) ?? 0));
    return [...sums].map(([at, self_us]) => ({ name: at, self_us })).sort((a, b) => b.self_us - a.self_us);
  };
  const callers = callersOf(profile.nodes);
  const functions = costs((node) => functionOf(node, callers));
  return {
    total_us: functions.reduce((sum, { self_us }) => sum + self_us, 0), functions,
    files: costs((node) => fileOf(placeOf(node, callers).callFrame.url) || node.callFrame.functionName),
    rooms: costs((node) => roomOf(placeOf(node, callers).callFrame.url) || node.callFrame.functionName),
  };
}

type Callers = ReadonlyMap<number, Profiler.ProfileNode>;

const callersOf = (nodes: readonly Profiler.ProfileNode[]): Callers => new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)));

/** Native code has no file, and often another function's name: it belongs to the script that called it. */
function placeOf(node: Profiler.ProfileNode, callers: Callers): Profiler.ProfileNode {
  const caller = callers.get(node.id);
  return node.callFrame.url === '' && !node.callFrame.functionName.startsWith('(') && caller ? placeOf(caller, callers) : node;
}

function functionOf(node: Profiler.ProfileNode, callers: Callers): string {
  const place = placeOf(node, callers);
  const { functionName, url, lineNumber } = place.callFrame;
  return `${functionName || '(anonymous)'}${place === node ? '' : ' (native)'}  ${fileOf(url)}${url ? `:${lineNumber + 1}` : ''}`;
}

function selfTimes({ samples = [], timeDeltas = [] }: Profiler.Profile): Map<number, number> {
  const self = new Map<number, number>();
  // A delta is the time before its sample, so it belongs to the sample before.
  samples.forEach((id, i) => { self.set(id, (self.get(id) ?? 0) + Math.max(0, timeDeltas[i + 1] ?? 0)); });
  return self;
}

/** A file as people name it: a package's own path, `node:` modules as they are. */
function fileOf(url: string): string {
  const path = url.replace(/^file:\/\//, '');
  const module = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(path);
  if (module) return `${module[1] ?? ''}/${(module[2] ?? '').split('/').at(-1) ?? ''}`;
  const own = /\/(?:packages\/([^/]+)\/dist|(bench)\/dist)\/(.*)$/.exec(path);
  return own ? `${own[1] ?? own[2] ?? ''}/${own[3] ?? ''}` : path;
}

/** The room of a file: engine, server/api, server/store, a dependency, node. */
function roomOf(url: string): string {
  const file = fileOf(url);
  if (url.startsWith('node:')) return 'node';
  const [first = '', second = '', ...rest] = file.split('/');
  return first === 'server' && rest.length > 0 ? `server/${second}` : first.startsWith('@') ? `${first}/${second}` : first;
}

/** The summary as text: the share of each, and that share of `cpu_us`, which is what the process used for one `unit`. */
export function showSummary({ total_us, functions, files, rooms }: Summary, cpu_us: number, unit: string): string {
  // Samples are taken by the clock, also while another process has the core; shares are right all the same, times are not.
  const line = ({ name, self_us }: Cost): string => `${((cpu_us * self_us) / total_us).toFixed(2).padStart(9)}  ${((100 * self_us) / total_us).toFixed(1).padStart(5)} %  ${name}`;
  const part = (title: string, costs: readonly Cost[], count: number): string[] => ['', `  us/${unit}    share  ${title}`, ...costs.slice(0, count).map(line)];
  return [`${cpu_us.toFixed(1)} us of CPU for each ${unit} while profiled`, ...part('room', rooms, 12), ...part('file', files, 25), ...part('function (self time)', functions, 25)].join('\n');
}
