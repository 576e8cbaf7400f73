// Messages by a Twilio-style HTTP API: forms go out, signed webhooks come in. Any server that speaks it will do.
import type { Clock } from '../../../clock.js';
import { Permanent, type Retryable } from '../../errors.js';
import { retryAfterMs } from '../../retry-after.js';
import { askCarrier, refusalOf, type Answered } from '../ask.js';
import { createCount, FORBIDDEN, isSame, malformed } from '../door.js';
import type { Door, DoorAnswer, DoorRequest, Ears, MessageProvider, Outgoing, ReceiptStatus, Submitted } from '../provider.js';
import { partsOf } from '../text/cut.js';
import { piecesOf } from './pieces.js';
import { sign } from './signature.js';

/** How the carrier is reached, and how it reaches us. */
export type TwilioSettings = {
  /** The base of its API, without the slash at its end. */
  readonly url: string;
  readonly account_sid: string;
  /** Signs what comes in; also the password, where no key is named. */
  readonly auth_token: string;
  /** Who sends where a message does not say: a number, or the sid of a messaging service. */
  readonly from: string;
  /** Where the carrier reaches this server, without the slash at its end; `''`: it does not, and no receipts are asked for. */
  readonly public_url: string;
  readonly timeout_ms?: number;
};

const NAME = 'twilio';
const DOORS = `/v1.0/providers/${NAME}`;
/** Nothing is answered by itself: what is said is said by a flow. */
const NOTHING: DoorAnswer = { status: 200, headers: { 'content-type': 'text/xml; charset=utf-8' }, body: '<?xml version="1.0" encoding="UTF-8"?><Response></Response>' };

/** Makes the provider. */
export function createTwilio({ settings, clock }: { readonly settings: TwilioSettings; readonly clock: Pick<Clock, 'now'> }): MessageProvider {
  const count = createCount();
  let ears: Ears | undefined;
  return {
    name: NAME, repeatable: false, window: 20,
    submit: (message, signal) => count.during(() => submit(settings, clock, message, signal)),
    doors: [
      door(settings, 'messages', async (form) => {
        const [provider_id, source, destination] = [form.get('MessageSid') ?? form.get('SmsSid') ?? '', form.get('From') ?? '', form.get('To') ?? ''];
        if (source === '' || destination === '') return malformed('From and To are needed');
        if (!ears) return NOT_YET;
        await ears.onMessage({ provider_id, source, destination, text: form.get('Body') ?? '' });
        return NOTHING;
      }),
      door(settings, 'receipts', async (form, query) => {
        const status = statusOf(form.get('MessageStatus') ?? form.get('SmsStatus') ?? '');
        if (!ears) return NOT_YET;
        // Of several pieces, each has to arrive.
        const provider_id = query.get('pieces') === '1' ? '' : form.get('MessageSid') ?? '';
        const code = form.get('ErrorCode') ?? '';
        if (status) await ears.onReceipt({ reference: query.get('reference') ?? '', provider_id, status, detail: code === '' ? '' : `error ${code.slice(0, 20)}` });
        return NOTHING;
      }),
    ],
    health: () => ({ up: !count.closed(), detail: count.closed() ? 'it is closed' : '', in_flight: count.in_flight() }),
    start: async (given) => { ears = given; },
    close: () => count.close(),
  };
}

const NOT_YET: DoorAnswer = { status: 503, headers: { 'retry-after': '5' }, body: '' };

/** A door whose requests are signed over the URL as the carrier was told it. */
function door({ auth_token, public_url }: TwilioSettings, path: string, handle: (form: URLSearchParams, query: URLSearchParams) => Promise<DoorAnswer>): Door {
  return {
    method: 'POST', path,
    async handle({ query, headers, body, path: behind }: DoorRequest) {
      const form = new URLSearchParams(body.toString('utf8'));
      const url = `${public_url}${DOORS}/${path}${behind}${query === '' ? '' : `?${query}`}`;
      if (public_url === '' || !isSame(headers['x-twilio-signature'] ?? '', sign(auth_token, url, form))) return FORBIDDEN;
      return handle(form, new URLSearchParams(query));
    },
  };
}

/** Undefined for what says nothing new. */
function statusOf(word: string): ReceiptStatus | undefined {
  switch (word) {
    case 'sent': return 'sent';
    case 'delivered': case 'read': return 'delivered';
    case 'undelivered': return 'undelivered';
    case 'failed': case 'canceled': return 'failed';
    default: return undefined;
  }
}

async function submit(settings: TwilioSettings, clock: Pick<Clock, 'now'>, message: Outgoing, signal: AbortSignal): Promise<Submitted> {
  const pieces = piecesOf(message.text);
  // Of several pieces, as many parts as receipts will come.
  const parts = pieces.length === 1 ? partsOf(message.text) : pieces.length;
  const provider_ids = [...message.taken];
  for (const piece of pieces.slice(provider_ids.length)) {
    const answer = await hand(settings, message, piece, pieces.length, signal);
    if ('unanswered' in answer) return { outcome: 'uncertain', provider_ids, parts, detail: answer.unanswered };
    const { sid, error } = read(answer, clock);
    if (sid === '' && !error) return { outcome: 'uncertain', provider_ids, parts, detail: 'the carrier took it without a name for it' };
    if (!error) { provider_ids.push(sid); continue; }
    if (provider_ids.length === 0) throw error;
    return { outcome: 'partial', provider_ids, parts, error };
  }
  return { outcome: 'sent', provider_ids, parts };
}

function hand({ url, account_sid, auth_token, from, public_url, timeout_ms }: TwilioSettings, { source, destination, reference }: Outgoing, text: string, pieces: number, signal: AbortSignal) {
  const sender = source || from;
  const body = new URLSearchParams({ To: destination, Body: text, ...(sender.startsWith('MG') ? { MessagingServiceSid: sender } : { From: sender }) });
  if (public_url !== '') body.set('StatusCallback', `${public_url}${DOORS}/receipts?${new URLSearchParams({ reference, pieces: String(pieces) }).toString()}`);
  return askCarrier(NAME, {
    url: `${url}/2010-04-01/Accounts/${encodeURIComponent(account_sid)}/Messages.json`, method: 'POST', body: body.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', authorization: `Basic ${Buffer.from(`${account_sid}:${auth_token}`).toString('base64')}` },
  }, signal, timeout_ms);
}

/** The carrier's id, or why it did not take it. */
function read(answer: Answered, clock: Pick<Clock, 'now'>): { readonly sid: string; readonly error: Retryable | Permanent | undefined } {
  const said = jsonOf(answer.body);
  const text = (name: string): string => { const value = said[name]; return typeof value === 'string' || typeof value === 'number' ? String(value) : ''; };
  if (answer.status < 200 || answer.status > 299) {
    return { sid: '', error: refusalOf(NAME, answer, [text('code'), text('message')].filter(Boolean).join(' '), retryAfterMs(answer.headers['retry-after'], clock)) };
  }
  const failed = ['failed', 'undelivered', 'canceled'].includes(text('status'));
  return { sid: text('sid'), error: failed ? new Permanent('PROVIDER_REFUSED', `twilio took it and gave it up: ${text('error_code')} ${text('error_message')}`.trim()) : undefined };
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null ? read as Record<string, unknown> : {};
  } catch {
    return {};
  }
}
