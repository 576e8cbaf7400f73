// A media worker and its far ends, for tests.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMedia } from '../client.js';
import type { Media, MediaAgreement } from '../media.js';
import { agreedWith, keepEvents, openPhone, type Phone } from './phone.js';

/** A leg, and the phone at its other end. */
export type Line = { readonly leg: string; readonly phone: Phone };

/** A worker that runs, what it has said, and a folder for its files. */
export type Stage = {
  readonly media: Media;
  readonly events: ReturnType<typeof keepEvents>;
  readonly folder: string;
  /** A leg that is agreed with a new phone. */
  connect(change?: Partial<MediaAgreement>): Promise<Line>;
  /** A WAV file of PCM 16 bits, written by hand; gives its path. */
  wav(name: string, samples: Int16Array, rate_hz?: number, channels?: number): string;
  close(): Promise<void>;
};

/** Starts one. */
export function openStage({ silent_ms = 600_000, ports = [20_000, 59_999] as readonly [number, number] } = {}): Stage {
  const media = createMedia({ host: '127.0.0.1', ports, silent_ms });
  const folder = mkdtempSync(join(tmpdir(), 'media-'));
  const phones: Phone[] = [];
  let legs = 0;
  return {
    media, folder, events: keepEvents(media),
    async connect(change = {}) {
      const leg = `leg${++legs}`;
      const phone = await openPhone();
      phones.push(phone);
      phone.to = (await media.open(leg, { kind: 'udp' })).port;
      media.agree(leg, agreedWith(phone, change));
      return { leg, phone };
    },
    wav(name, samples, rate_hz = 8_000, channels = 1) {
      const path = join(folder, name);
      writeFileSync(path, wavBytes(samples, rate_hz, channels));
      return path;
    },
    async close() {
      await media.stopWorker();
      for (const phone of phones) phone.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The bytes of a WAV file of PCM 16 bits. */
export function wavBytes(samples: Int16Array, rate_hz = 8_000, channels = 1): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.byteLength, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate_hz, 24);
  head.writeUInt32LE(rate_hz * channels * 2, 28);
  head.writeUInt16LE(channels * 2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([head, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]);
}

/** A sine wave. */
export const sine = (hz: number, seconds: number, rate_hz = 8_000, amplitude = 8_000): Int16Array =>
  Int16Array.from({ length: Math.round(seconds * rate_hz) }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / rate_hz)));

/** The two channels of a recording. */
export function channelsOf(file: Buffer): { readonly left: Int16Array; readonly right: Int16Array } {
  const frames = (file.length - 44) / 4;
  const channel = (offset: number): Int16Array => Int16Array.from({ length: frames }, (_, i) => file.readInt16LE(44 + i * 4 + offset));
  return { left: channel(0), right: channel(2) };
}
