// Messages by Kannel's HTTP interface: sendsms takes them, its smsbox calls our doors with what comes in and with receipts. The secret in the URL is its proof.
import type { Clock } from '../../../clock.js';
import { retryAfterMs } from '../../retry-after.js';
import { askCarrier, refusalOf } from '../ask.js';
import { createCount, FORBIDDEN, isSame, malformed } from '../door.js';
import type { Door, DoorAnswer, DoorRequest, Ears, MessageProvider, Outgoing, ReceiptStatus, Submitted } from '../provider.js';
import { cut } from '../text/cut.js';
import { queryOf, textOf } from './query.js';

/** How Kannel is reached, and how it reaches us. */
export type KannelSettings = {
  /** Where its smsbox listens, without the slash at its end. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** What the URLs that it calls have to hold. */
  readonly secret: string;
  /** Where it reaches this server, without the slash at its end; `''`: it does not, and no receipts are asked for. */
  readonly public_url: string;
  readonly timeout_ms?: number;
};

const NAME = 'kannel';
/** Which receipts are asked for: delivered, undeliverable, taken by the SMSC, refused by it. */
const DLR_MASK = 1 + 2 + 8 + 16;
/** Nothing is answered by itself: what is said is said by a flow. An answer of text would be sent as a message. */
const NOTHING: DoorAnswer = { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '' };
const NOT_YET: DoorAnswer = { status: 503, headers: { 'retry-after': '5' }, body: '' };

/** Makes the provider. */
export function createKannel({ settings, clock }: { readonly settings: KannelSettings; readonly clock: Pick<Clock, 'now'> }): MessageProvider {
  const count = createCount();
  let ears: Ears | undefined;
  return {
    name: NAME, repeatable: false, window: 20,
    submit: (message, signal) => count.during(() => submit(settings, clock, message, signal)),
    doors: [
      door(settings, 'messages', async (query) => {
        const [source, destination] = [textOf(query, 'from'), textOf(query, 'to')];
        if (source === '' || destination === '') return malformed('from and to are needed');
        if (!ears) return NOT_YET;
        await ears.onMessage({ provider_id: textOf(query, 'id'), source, destination, text: textOf(query, 'text', textOf(query, 'charset')) });
        return NOTHING;
      }),
      door(settings, 'receipts', async (query) => {
        const status = statusOf(textOf(query, 'status'));
        if (!ears) return NOT_YET;
        if (status) await ears.onReceipt({ reference: textOf(query, 'reference'), provider_id: '', status, detail: status === 'delivered' || status === 'sent' ? '' : textOf(query, 'answer') });
        return NOTHING;
      }),
    ],
    health: () => ({ up: !count.closed(), detail: count.closed() ? 'it is closed' : '', in_flight: count.in_flight() }),
    start: async (given) => { ears = given; },
    close: () => count.close(),
  };
}

function door({ secret }: KannelSettings, path: string, handle: (query: ReadonlyMap<string, Buffer>) => Promise<DoorAnswer>): Door {
  return {
    method: 'GET', path,
    async handle({ query }: DoorRequest) {
      const read = queryOf(query);
      return isSame(textOf(read, 'secret'), secret) ? handle(read) : FORBIDDEN;
    },
  };
}

/** The numbers of `%d` in Kannel's guide; 4 (it waits at the SMSC) says nothing new. */
function statusOf(number: string): ReceiptStatus | undefined {
  switch (number) {
    case '1': return 'delivered';
    case '2': return 'undelivered';
    case '8': return 'sent';
    case '16': return 'rejected';
    default: return undefined;
  }
}

async function submit({ url, user, password, secret, public_url, timeout_ms }: KannelSettings, clock: Pick<Clock, 'now'>, { source, destination, text, reference }: Outgoing, signal: AbortSignal): Promise<Submitted> {
  const { alphabet, parts } = cut(text);
  const query = new URLSearchParams({ username: user, password, ...(source === '' ? {} : { from: source }), to: destination, text, charset: 'UTF-8', coding: alphabet === 'gsm' ? '0' : '2' });
  if (public_url !== '') {
    query.set('dlr-mask', String(DLR_MASK));
    // Its own escapes are put in by Kannel: they must not be escaped.
    query.set('dlr-url', `${public_url}/v1.0/providers/${NAME}/receipts?${new URLSearchParams({ secret, reference }).toString()}&status=%d&answer=%A`);
  }
  const answer = await askCarrier(NAME, { url: `${url}/cgi-bin/sendsms?${query.toString()}`, method: 'GET' }, signal, timeout_ms);
  if ('unanswered' in answer) return { outcome: 'uncertain', provider_ids: [], parts: parts.length, detail: answer.unanswered };
  // 202: taken, or kept until the SMSC is back. It gives no id: receipts name ours.
  if (answer.status === 202 || answer.status === 200) return { outcome: 'sent', provider_ids: [], parts: parts.length };
  throw refusalOf(NAME, answer, answer.body, retryAfterMs(answer.headers['retry-after'], clock));
}
