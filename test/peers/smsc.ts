// An SMSC that nobody here wrote: the small script around Net::SMPP, spoken with by lines.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.js';
import { PATIENCE_MS } from './server.js';

/** A submission that it took. */
export type Submission = { readonly id: string; readonly source: string; readonly destination: string; readonly esm_class: number; readonly data_coding: number; readonly octets: Buffer };

/** A running SMSC. */
export type Smsc = {
  readonly url: string;
  readonly taken: readonly Submission[];
  /** How often it was bound to. */
  readonly bound: () => number;
  /** Delivers a text in the default alphabet; resolves with the status it was acknowledged with. */
  readonly deliver: (source: string, destination: string, text: string) => Promise<number>;
  readonly close: () => Promise<void>;
};

/** Whether it can run here; where it cannot, says once what brings it. */
export function hasSmsc(): boolean {
  const here = spawnSync('perl', ['-MNet::SMPP', '-e', '1'], { stdio: 'ignore' }).status === 0;
  if (!here) console.warn('No Net::SMPP on this machine: its tests are skipped. Install it (apt-get install libnet-smpp-perl) to run them.');
  return here;
}

/** Starts one; about every `cut` submissions it tears the connection, 0 is never. */
export async function startSmsc(cut = 0): Promise<Smsc> {
  const port = await freePort();
  const child = spawn('perl', [fileURLToPath(new URL('smsc.pl', import.meta.url)), String(port), String(cut)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const taken: Submission[] = [];
  const acked = new Map<string, (status: number) => void>();
  let [rest, names, bound] = ['', 0, 0];
  let listens = (): void => undefined;
  const line = (text: string): void => {
    const [word, a = '', b = '', c = '', d = '', e = '', f = ''] = text.split(' ');
    if (word === 'listening') listens();
    else if (word === 'bound') bound += 1;
    else if (word === 'acked') acked.get(a)?.(Number(b));
    else if (word === 'submit') taken.push({ id: a, source: b, destination: c, esm_class: Number(d), data_coding: Number(e), octets: Buffer.from(f === '-' ? '' : f, 'hex') });
  };
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const one of lines) line(one);
  });
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => { reject(new Error('the SMSC does not listen')); }, PATIENCE_MS);
    listens = () => { clearTimeout(late); resolve(); };
    child.once('exit', (code) => { clearTimeout(late); reject(new Error(`the SMSC ended with ${code}`)); });
  });
  return {
    url: `smpp://us:secret@127.0.0.1:${port}`, taken, bound: () => bound,
    deliver: (source, destination, text) => new Promise((resolve) => {
      const name = `d${++names}`;
      acked.set(name, resolve);
      child.stdin.write(`deliver ${name} ${source} ${destination} 0 ${Buffer.from(text).toString('hex')}\n`);
    }),
    async close() {
      if (child.exitCode !== null) return;
      const gone = new Promise((resolve) => { child.once('exit', resolve); });
      child.kill();
      await gone;
    },
  };
}
