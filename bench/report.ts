// How results are shown.
import { grouped, middleOf, type Entry } from './entry.js';

/** A number as people read it: three significant digits, thousands in groups. */
export function show(value: number | null): string {
  if (value === null || Number.isNaN(value)) return '-';
  const size = Math.abs(value);
  if (size >= 1_000) return Math.round(value).toLocaleString('en-US');
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 1 || size === 0 ? value.toFixed(2) : value.toPrecision(2);
}

/** Rows as columns, the first `left` of them left-aligned. */
export function table(rows: readonly (readonly string[])[], left: number): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => row.map((cell, column) => (column < left ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ').trimEnd()).join('\n');
}

const COLUMNS = ['work', 'unit', 'at once', 'per s', '(min - max)', 'p50 ms', 'p99 ms', 'max ms', 'CPU us/unit', 'flushes/unit', 'RSS MB', 'load CPU'];

/** The table of all works: medians of the rounds, and how far the rounds lie apart. */
export function showEntries(entries: readonly Entry[]): string {
  const rows = grouped(entries).map((rounds) => {
    const entry = middleOf(rounds);
    const rates = rounds.map(({ per_s }) => per_s);
    const spread = rounds.length > 1 ? `(${show(Math.min(...rates))} - ${show(Math.max(...rates))})` : '';
    return [
      entry.work, entry.unit, String(entry.conc), show(entry.per_s), spread, show(entry.p50_ms), show(entry.p99_ms), show(entry.max_ms),
      show(entry.engine_cpu_us_per), show(entry.disk_flushes_per), show(entry.rss_mb), entry.load_cpu === null ? '-' : `${Math.round(entry.load_cpu * 100)} %`,
    ];
  });
  return table([COLUMNS, ...rows], 2);
}

/** The machine of the run, medians of the rounds. */
export function showMachine(entries: readonly Entry[]): string {
  const { fdatasync_per_s, fdatasync_overwrite_per_s, http_post_per_s, http_get_per_s, http_post_cpu_us } = middleOf(entries);
  return `fdatasync of 4 KiB a second: ${show(fdatasync_per_s)} appended, ${show(fdatasync_overwrite_per_s)} overwritten; bare node:http at 64: ${show(http_post_per_s)} POST/s (${show(http_post_cpu_us)} us of CPU each), ${show(http_get_per_s)} GET/s`;
}
