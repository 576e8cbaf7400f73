// A provider that is bound to a played SMSC, and what it told.
import { silent } from '../../../../log.js';
import { Permanent, Retryable } from '../../../errors.js';
import { openWorld, type World } from '../../../testing/world.js';
import type { DeliveryReceipt, Ears, Incoming, MessageProvider, Outgoing, Submitted } from '../../provider.js';
import { cut } from '../../text/cut.js';
import { decode } from '../../text/decode.js';
import { takeHeader } from '../../text/header.js';
import { createSmpp, type SmppSettings, type SmppTimes } from '../smpp.js';
import { startSmsc, type Script, type Smsc, type Submission } from './smsc.js';

/** As patient as a test can be. */
export const QUICK: SmppTimes = { bind_ms: 20_000, answer_ms: 20_000, idle_ms: 60_000, wait_ms: 20_000, pause_ms: [10, 50], mended_ms: 0, parts_ms: 600_000, sweep_ms: 20 };

/** The two sides. */
export type SmppStage = {
  readonly smsc: Smsc;
  readonly world: World;
  readonly heard: Incoming[];
  readonly receipts: DeliveryReceipt[];
  readonly provider: () => MessageProvider;
  /** The next so many things told cannot be kept. */
  trouble: number;
  readonly submit: (message: Partial<Outgoing>) => Promise<Submitted | Permanent | Retryable>;
  /** The provider dies, and another takes its place on the same store. */
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Opens them; resolves once the provider is up, unless `wait` is false; `start` false leaves the start to the test. */
export async function openSmpp(script: Script = {}, more: { readonly settings?: Partial<SmppSettings>; readonly times?: Partial<SmppTimes>; readonly wait?: boolean; readonly start?: boolean; readonly smsc?: Smsc } = {}): Promise<SmppStage> {
  const smsc = more.smsc ?? await startSmsc(script);
  const world = await openWorld(() => []);
  const [heard, receipts]: [Incoming[], DeliveryReceipt[]] = [[], []];
  const account = { host: '127.0.0.1', port: smsc.port, system_id: 'us', password: 'secret', system_type: '', tls: undefined };
  const settings: SmppSettings = { account, bind: 'transceiver', window: 50, rate: 0, source: '', ...more.settings };
  const seen = new Set<string>();
  const refuse = (): void => { if (stage.trouble > 0) { stage.trouble -= 1; throw new Error('nothing can be written'); } };
  const ears: Ears = {
    async onMessage(incoming) {
      refuse();
      if (seen.has(incoming.provider_id)) return 'repeated';
      seen.add(incoming.provider_id);
      heard.push(incoming);
      return 'taken';
    },
    async onReceipt(receipt) { refuse(); receipts.push(receipt); },
  };
  const made = (): MessageProvider => createSmpp({ settings, host: world.node().host, log: silent, times: { ...QUICK, ...more.times } });
  let provider = made();
  const start = async (): Promise<void> => {
    await provider.start(ears);
    if (more.wait !== false) await until(() => provider.health().up);
  };
  const stage: SmppStage = {
    smsc, world, heard, receipts, trouble: 0, provider: () => provider,
    submit: (message) => provider.submit({ reference: 'm.0', source: '+100', destination: '+4915112345678', text: 'Hi', taken: [], ...message }, new AbortController().signal)
      .catch((error: unknown) => { if (error instanceof Permanent || error instanceof Retryable) return error; throw error; }),
    async restart() { await provider.close(); provider = made(); await start(); },
    async close() { await provider.close(); await smsc.close(); await world.stop(); },
  };
  if (more.start !== false) await start();
  return stage;
}

/** Waits until it is so; a test that hangs here says what it waited for by its line. */
export async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; !(await so()); turns++) {
    if (turns > 20_000) throw new Error('it never came to be so');
    await new Promise((resolve) => { setTimeout(resolve, 3); });
  }
}

/** The texts of what was taken, parts put together as a phone does: by number and reference, in order of their places. */
export function read(taken: readonly Submission[]): readonly string[] {
  const texts = new Map<string, { readonly part: number; readonly octets: Buffer; readonly data_coding: number }[]>();
  for (const [i, { destination, esm_class, octets: all, data_coding }] of taken.entries()) {
    const { octets, place } = (esm_class & 0x40) === 0 ? { octets: all, place: undefined } : takeHeader(all);
    const key = place ? `${destination}/${place.reference}/${place.parts}` : `${destination}#${i}`;
    texts.set(key, [...texts.get(key) ?? [], { part: place?.part ?? 1, octets, data_coding }]);
  }
  return [...texts.values()].map((parts) => decode(parts.sort((a, b) => a.part - b.part).map(({ octets, data_coding }) => ({ octets, coding: data_coding === 8 ? 'ucs2' as const : 'gsm' as const }))));
}

/** The fields of a delivered message that fits into one PDU. */
export function delivered(text: string, more: Readonly<Record<string, number | string | Buffer>> = {}): Readonly<Record<string, number | string | Buffer>> {
  const { alphabet, parts } = cut(text);
  return {
    source_addr_ton: 1, source_addr_npi: 1, source_addr: '4915112345678', dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: '100', esm_class: 0,
    data_coding: alphabet === 'ucs2' ? 8 : 0, short_message: Buffer.concat(parts), ...more,
  };
}

/** The fields of a receipt as the specification's appendix writes it. */
export const receiptOf = (id: string, stat: string, more: Readonly<Record<string, number | string | Buffer>> = {}): Readonly<Record<string, number | string | Buffer>> => delivered('', {
  esm_class: 4, short_message: Buffer.from(`id:${id} sub:001 dlvrd:001 submit date:2611240410 done date:2611240411 stat:${stat} err:000 text:Hi`), ...more,
});
