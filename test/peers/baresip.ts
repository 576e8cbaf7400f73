// A softphone that nobody here wrote: baresip, without a sound card. It plays a file into its calls, and its module `sndfile` writes what it hears into another.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.js';
import { PATIENCE_MS } from './server.js';
import { soundOf, tone, writeWav } from './wav.js';

/** How a phone is set up. */
export type PhoneSetting = {
  readonly user: string;
  readonly password: string;
  /** Where the server listens for SIP, `127.0.0.1:5060`. */
  readonly server: string;
  /** The host part of its address; the server's address unless told. */
  readonly domain?: string;
  readonly transport?: 'udp' | 'tcp' | 'tls';
  /** What it says: a sine wave of so many hertz; 0 says nothing. */
  readonly tone_hz: number;
  /** True: it takes calls at once. */
  readonly answers?: boolean;
  /** True: digits by SIP INFO in place of RFC 4733. */
  readonly info?: boolean;
  /** False: it does not register. */
  readonly registers?: boolean;
};

/** Something that baresip told. */
export type PhoneEvent = { readonly type: string; readonly param: string };

/** A phone. */
export type Phone = {
  /** Resolves with how its first registration came out: true where the server took it. */
  readonly registered: () => Promise<boolean>;
  /** Resolves with the next event of a type, also one that has come and was not asked for yet. */
  readonly until: (type: string) => Promise<PhoneEvent>;
  readonly events: () => readonly PhoneEvent[];
  /** Gives it a command; resolves with what it answers, for people. */
  readonly command: (name: string, params?: string) => Promise<string>;
  readonly dial: (target: string) => Promise<void>;
  readonly press: (digits: string) => Promise<void>;
  readonly hangup: () => Promise<void>;
  /** Packets of sound that have come in the call that it is in. */
  readonly received: () => Promise<number>;
  /** What it has heard in its last call, 8 kHz, so far and until it was on hold; complete once it has hung up. */
  readonly heard: () => Int16Array;
  readonly log: () => string;
  /** Kills it as a power cut would. */
  readonly kill: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Starts a phone; resolves once it is ready, registered or not. */
export async function startPhone(setting: PhoneSetting): Promise<Phone> {
  const folder = mkdtempSync(join(tmpdir(), 'activeflow-phone-'));
  const port = await freePort();
  writeConfig(folder, port, setting);
  const child = spawn('baresip', ['-4', '-f', folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const news = new Set<() => void>();
  for (const out of [child.stdout, child.stderr]) out.on('data', (chunk: Buffer) => { said = `${said}${chunk.toString()}`.slice(-50_000); for (const one of news) one(); });
  const socket = await reach(port, child, () => said);
  const inbox = hear(socket, () => said);
  const command = (name: string, params = ''): Promise<string> => {
    socket.write(netstring(name, params));
    return inbox.answer(name);
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => { child.once('exit', resolve); });
    child.kill('SIGKILL');
    await gone;
  };
  return {
    // It may have registered before its control socket listened: what it prints is complete.
    registered: () => new Promise((resolve, reject) => {
      const look = (): void => {
        const found = /(?:\[\d+ binding|4\d\d [A-Z])/.exec(said);
        if (!found) return;
        clearTimeout(late);
        news.delete(look);
        resolve(found[0].startsWith('['));
      };
      const late = setTimeout(() => { news.delete(look); reject(new Error(`no registration, and no refusal: ${said}`)); }, PATIENCE_MS);
      news.add(look);
      look();
    }),
    until: inbox.until, events: inbox.events, command, kill, log: () => said,
    async dial(target) { await command('dial', target.startsWith('sip:') ? target : `sip:${target}@${setting.domain ?? setting.server}`); },
    async press(digits) { for (const digit of digits) await command('sndcode', digit); },
    async hangup() { await command('hangup'); },
    received: async () => Number(/rcvd=(\d+)/.exec(await command('audio_debug'))?.[1] ?? 0),
    heard() {
      const newest = readdirSync(folder).filter((name) => name.endsWith('-dec.wav')).sort().at(-1);
      return newest === undefined ? new Int16Array() : soundOf(readFileSync(join(folder, newest)));
    },
    async close() {
      // Once it has taken its registration back it ends by itself.
      const gone = new Promise((resolve) => { child.once('exit', resolve); });
      const running = child.exitCode === null && child.signalCode === null;
      if (running) socket.write(netstring('quit', ''));
      if (running) await Promise.race([gone, new Promise((resolve) => { setTimeout(resolve, 5_000).unref(); })]);
      socket.destroy();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeConfig(folder: string, port: number, { user, password, server, domain = server, transport = 'udp', tone_hz, answers = false, info = false, registers = true }: PhoneSetting): void {
  writeWav(join(folder, 'says.wav'), tone(tone_hz, 60));
  writeFileSync(join(folder, 'accounts'), `<sip:${user}@${domain};transport=${transport}>;auth_user=${user};auth_pass=${password};regint=${registers ? 600 : 0};audio_codecs=PCMU/8000/1,PCMA/8000/1;outbound="sip:${server};transport=${transport}";answermode=${answers ? 'auto' : 'manual'};dtmfmode=${info ? 'info' : 'rtpevent'}\n`);
  writeFileSync(join(folder, 'contacts'), '');
  writeFileSync(join(folder, 'config'), [
    'poll_method epoll', 'sip_listen 127.0.0.1:0', 'net_interface 127.0.0.1', 'audio_path /usr/share/baresip', 'sip_verify_server no',
    `audio_source aufile,${join(folder, 'says.wav')}`, 'audio_player aubridge,heard', 'audio_alert aubridge,alert',
    'ausrc_format s16', 'auplay_format s16', 'auenc_format s16', 'audec_format s16', 'audio_buffer 20-160',
    'module_path /usr/lib/baresip/modules', 'module g711.so', 'module aufile.so', 'module aubridge.so', 'module sndfile.so', `snd_path ${folder}`, 'module_app account.so', 'module_app menu.so', 'module_app ctrl_tcp.so',
    `ctrl_tcp_listen 127.0.0.1:${port}`, '',
  ].join('\n'));
}

/** Its control socket listens a moment after the start. */
async function reach(port: number, child: ChildProcess, said: () => string): Promise<Socket> {
  const began = performance.now();
  for (;;) {
    const socket = await new Promise<Socket | undefined>((resolve) => {
      const trying = connect(port, '127.0.0.1', () => { trying.removeAllListeners('error'); resolve(trying); }).on('error', () => { resolve(undefined); });
    });
    if (socket) return socket;
    if (child.exitCode !== null || performance.now() - began > PATIENCE_MS) throw new Error(`baresip is not to be reached: ${said()}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

function netstring(command: string, params: string): string {
  const message = JSON.stringify({ command, params, token: command });
  return `${Buffer.byteLength(message)}:${message},`;
}

type Told = { readonly event?: boolean; readonly type?: string; readonly param?: string; readonly token?: string; readonly data?: string };

/** Netstrings of JSON: answers to commands, and events. */
function hear(socket: Socket, said: () => string) {
  const events: PhoneEvent[] = [];
  const answered: Told[] = [];
  const taken = new Map<string, number>();
  const news = new Set<() => void>();
  let buffer = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const colon = buffer.indexOf(':');
      const length = Number(buffer.subarray(0, Math.max(colon, 0)).toString());
      if (colon < 0 || buffer.length < colon + length + 2) break;
      const told = JSON.parse(buffer.subarray(colon + 1, colon + 1 + length).toString()) as Told;
      buffer = buffer.subarray(colon + length + 2);
      if (told.event) events.push({ type: told.type ?? '', param: told.param ?? '' });
      else answered.push(told);
    }
    for (const one of news) one();
  });
  const wait = <T>(what: string, look: () => T | undefined): Promise<T> => new Promise((resolve, reject) => {
    const late = setTimeout(() => { news.delete(again); reject(new Error(`${what} did not come; ${events.map(({ type, param }) => `${type} ${param}`).join(', ')}\n${said()}`)); }, PATIENCE_MS);
    const again = (): void => {
      const found = look();
      if (found === undefined) return;
      clearTimeout(late);
      news.delete(again);
      resolve(found);
    };
    news.add(again);
    again();
  });
  return {
    events: () => events,
    until: (type: string) => wait(`event ${type}`, () => {
      const found = events.findIndex((event, i) => event.type === type && i >= (taken.get(type) ?? 0));
      if (found < 0) return undefined;
      taken.set(type, found + 1);
      return events[found];
    }),
    answer: (token: string) => wait(`answer to ${token}`, () => {
      const found = answered.findIndex((told) => told.token === token);
      return found < 0 ? undefined : answered.splice(found, 1)[0]?.data ?? '';
    }),
  };
}
