// The bench runs from end to end and says what it must; what it measures here means nothing.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readOptions } from './args.js';
import { median, middleOf, quantile, type Entry } from './entry.js';
import { judge } from './figures.js';
import { loopIn, tenSteps } from './flows.js';
import { summarise } from './profile.js';
import { hasSipp } from './works/calls.js';

const main = fileURLToPath(new URL('dist/main.js', import.meta.url));
const FIELDS = [
  'work', 'store', 'conc', 'unit', 'per_s', 'p50_ms', 'p99_ms', 'max_ms', 'engine_cpu_us_per', 'disk_flushes_per', 'rss_mb', 'fdatasync_per_s', 'http_post_per_s',
];

/** Some twenty processes are started one after the other: seconds on a quiet machine, and a busy one is no failure. */
const PATIENCE_MS = 240_000;

const run = async (...args: string[]): Promise<readonly Record<string, unknown>[]> => {
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--tiny', '--json', ...args]);
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe.runIf(existsSync(main))('a tiny run', () => {
  test('has a line with every field for each work', async () => {
    const lines = await run('--only', 'burst,event,start,read', '--conc', '4');
    const entries = lines.filter((line) => 'work' in line);
    expect(entries.map(({ work, conc }) => `${String(work)} ${String(conc)}`)).toEqual(['burst 4', 'event 4', 'start 4', 'read 4']);
    for (const entry of entries) {
      expect(Object.keys(entry)).toEqual(expect.arrayContaining(FIELDS));
      for (const field of FIELDS.slice(4)) expect(entry[field], `${String(entry['work'])}: ${field}`).toSatisfy((value) => typeof value === 'number' && value >= 0);
    }
  }, PATIENCE_MS);

  test('goes through lists, transitions, waiting runs, growth and timers', async () => {
    const lines = await run('--only', 'lists,transitions,waiting,growth,timers');
    const figures = lines.filter((line) => 'figure' in line).map(({ figure }) => String(figure)).join('\n');
    expect(figures).toMatch(/late in a run[^]*2,000-action flow[^]*full list pages[^]*waiting runs[^]*kill -9[^]*early/);
    for (const entry of lines.filter((line) => 'work' in line)) expect(Object.keys(entry)).toEqual(expect.arrayContaining(FIELDS));
  }, PATIENCE_MS);

  test('listens to the feed, over a kill -9 too, and misses nothing', async () => {
    const lines = await run('feed');
    expect(lines.filter((line) => 'work' in line).map(({ conc }) => conc)).toEqual([10, 30]);
    const figures = lines.filter((line) => 'figure' in line);
    expect(figures).toHaveLength(9);
    for (const { figure, must_met } of figures.filter(({ figure: name }) => /missing or told twice|over a kill -9|most bytes/.test(String(name)))) expect(must_met, String(figure)).toBe('PASS');
  }, PATIENCE_MS);

  test('tells an endpoint of all there is, alone and beside one that never answers', async () => {
    const lines = await run('webhooks');
    expect(lines.filter((line) => 'work' in line).map(({ conc }) => conc)).toEqual([1, 2]);
    const valueOf = (text: RegExp): unknown => lines.find(({ figure }) => text.test(String(figure)))?.['value'];
    expect([valueOf(/missing or told twice/), valueOf(/most requests at once/)]).toEqual([0, expect.toSatisfy((held: number) => held >= 1)]);
    for (const entry of lines.filter((line) => 'work' in line)) {
      expect(Object.keys(entry)).toEqual(expect.arrayContaining(FIELDS));
      expect(entry['p99_ms'], String(entry['work'])).toEqual(expect.any(Number));
    }
  }, PATIENCE_MS);

  test('says ten words, and finds them again', async () => {
    const lines = await run('speech');
    expect(lines.filter((line) => 'work' in line).map(({ unit }) => unit)).toEqual(['text', 'text']);
    for (const { figure, value } of lines.filter((line) => 'figure' in line)) expect(value, String(figure)).toBeGreaterThan(0);
  }, PATIENCE_MS);

  test('lets messages wake runs, each of which reads what came for it', async () => {
    const lines = await run('messages');
    expect(lines.filter((line) => 'work' in line).map(({ unit }) => unit)).toEqual(['message']);
    const values = lines.filter((line) => 'figure' in line).map(({ value }) => value);
    expect(values).toEqual([expect.any(Number), expect.any(Number), 0]);
  }, PATIENCE_MS);

  test('sends messages by SMPP, each once and with its receipt', async () => {
    const lines = await run('smpp');
    expect(lines.filter((line) => 'work' in line).map(({ unit }) => unit)).toEqual(['message']);
    expect(lines.filter((line) => 'figure' in line).map(({ value }) => value)).toEqual([expect.any(Number), 0, 0, 0]);
  }, PATIENCE_MS);

  test.skipIf(!hasSipp())('takes the calls of sipp', async () => {
    const lines = await run('calls');
    expect(lines.filter((line) => 'work' in line).map(({ unit }) => unit)).toEqual(['call', 'call', 'call']);
    const [failed, lossy, left] = lines.filter((line) => 'figure' in line).map(({ value }) => value);
    expect([failed, lossy, left]).toEqual([0, 0, 0]);
  }, PATIENCE_MS);

  test('connects browsers that speak and hear', async () => {
    const lines = await run('browser');
    expect(lines.filter((line) => 'work' in line).map(({ conc }) => conc)).toEqual([2]);
    for (const { figure, value } of lines.filter((line) => 'figure' in line)) expect(value, String(figure)).toBeGreaterThan(0);
  }, PATIENCE_MS);

  test('plays to calls and records them, while the main thread is blocked too', async () => {
    const lines = await run('media');
    expect(lines.filter((line) => 'work' in line).map(({ conc }) => conc)).toEqual([4, 4]);
    const values = lines.filter((line) => 'figure' in line).map(({ value }) => value);
    expect(values).toHaveLength(8);
    for (const value of values) expect(value).toEqual(expect.any(Number));
    expect(values[0]).toBeGreaterThan(0);
  }, PATIENCE_MS);
});

describe('arithmetic', () => {
  test('medians and quantiles', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), quantile([1, 2, 3, 4], 0.5), quantile([1, 2, 3, 4], 0.99), quantile([], 0.5)]).toEqual([2, 2.5, 3, 4, null]);
  });

  test('the middle of rounds is taken field by field', () => {
    const round = (per_s: number, p50_ms: number | null) => ({ work: 'a', conc: 64, per_s, p50_ms }) as Entry;
    expect(middleOf([round(1, 5), round(9, 7), round(2, 6)])).toEqual({ work: 'a', conc: 64, per_s: 2, p50_ms: 6 });
    expect(middleOf([round(1, null), round(3, null)])).toEqual({ work: 'a', conc: 64, per_s: 2, p50_ms: null });
  });

  test('a median on the wrong side of its bound is a MISS, in words', () => {
    const verdict = (name: string, ...values: number[]) => judge(values.map((value) => ({ name, value }))).map(({ must_met, goal_met }) => `${must_met} ${goal_met}`);
    expect(verdict('burst_cpu', 20, 21, 90)).toEqual(['PASS PASS']);
    expect(verdict('burst_cpu', 30)).toEqual(['PASS MISS']);
    expect(verdict('burst_rate', 10_000)).toEqual(['MISS MISS']);
    expect(verdict('event_flushes', 1.5)).toEqual(['MISS MISS']);
    expect(verdict('event_flushes', 1.01)).toEqual(['PASS PASS']);
  });

  test('self time belongs to the sample before, native code to its caller, idleness to nobody', () => {
    const frame = (functionName: string, url: string) => ({ functionName, scriptId: '0', url, lineNumber: 4, columnNumber: 0 });
    const summary = summarise({
      nodes: [
        { id: 1, callFrame: frame('(root)', ''), children: [2, 4] }, { id: 2, callFrame: frame('commit', 'file:///x/packages/server/dist/store/a.js'), children: [3] },
        { id: 3, callFrame: frame('run', '') }, { id: 4, callFrame: frame('(idle)', '') },
      ],
      startTime: 0, endTime: 100, samples: [2, 3, 4, 2], timeDeltas: [5, 10, 20, 40],
    });
    expect(summary.total_us).toBe(30);
    expect(summary.functions.slice(0, 2)).toEqual([{ name: 'commit (native)  server/store/a.js:5', self_us: 20 }, { name: 'commit  server/store/a.js:5', self_us: 10 }]);
    expect(summary.rooms[0]).toEqual({ name: 'server/store', self_us: 30 });
  });
});

describe('what is run', () => {
  test('the flow of ten steps has ten steps on its way', () => {
    expect(tenSteps.filter(({ id }) => !['never', 'skipped'].includes(id))).toHaveLength(8);
  });

  test('a long flow has its length', () => {
    expect([loopIn(10, 'start').length, loopIn(2_000, 'start').length, loopIn(10, 'end').length, loopIn(2_000, 'end').length]).toEqual([10, 2_000, 10, 2_000]);
  });

  test('options are read, and wrong ones named', () => {
    expect(readOptions(['--only', 'burst,read', '--rounds', '2', '--conc', '8'])).toMatchObject({ names: ['burst', 'read'], conc: [8], sizes: { rounds: 2 }, strace: true });
    expect(readOptions(['--quick'])).toMatchObject({ strace: false, sizes: { rounds: 1 } });
    expect(() => readOptions(['--only', 'nothing'])).toThrow('--only takes burst');
    expect(() => readOptions(['--rounds', '0'])).toThrow('--rounds takes whole numbers from 1');
  });
});
