// STOP, START and HELP: handled for each number before any flow sees them. Whoever said STOP gets nothing more of that number.
import { deriveId, NONE_ID, type Action, type State } from '@activeflow/engine';
import { ANSWERS, type Keyword } from '../../message-rules.js';
import type { Room } from '../call-document.js';
import type { Slip } from '../slip.js';
import type { Document, DocumentWrite } from '../../store/store.js';
import { plain, type Message } from './document.js';
import type { Received } from './receive.js';

const WORDS: Readonly<Record<string, Keyword>> = {
  STOP: 'stop', STOPALL: 'stop', UNSUBSCRIBE: 'stop', CANCEL: 'stop', END: 'stop', QUIT: 'stop', START: 'start', UNSTOP: 'start', HELP: 'help', INFO: 'help',
};

/** The keyword that a text is, on a number that minds them: the word alone, whatever its letters' case, and a full stop or blanks around it. */
export function keywordOf({ data }: Document, text: string): Keyword | undefined {
  if (data['message_keywords'] === false) return undefined;
  const word = text.trim().replace(/[.!"']+$/, '').replace(/^["']+/, '').toUpperCase();
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}

/** Whether somebody said STOP to a number of ours. */
export type OptOut = {
  readonly number: string;
  readonly peer: string;
  readonly stopped: boolean;
  /** The activeflow that says so to the peer: the one thing that is still sent. */
  readonly answer_id: string;
};

const optOutId = (customer_id: string, number: string, peer: string): string => deriveId(customer_id, `stop/${plain(number)}/${plain(peer)}`);
const parentOf = (customer_id: string, peer: string): string => deriveId(customer_id, `stopped/${plain(peer)}`);

/** True where nothing may be sent: the peer said STOP to the number, or, where it is not known which number it will be, to any. */
export async function isBlocked({ host }: Room, { customer_id, number, peer, activeflow_id }: { readonly customer_id: string; readonly number: string; readonly peer: string; readonly activeflow_id: string }): Promise<boolean> {
  const said = number === ''
    ? await host.documentsOf('message_optout', parentOf(customer_id, peer))
    : [await host.document('message_optout', optOutId(customer_id, number, peer))];
  return said.some((document) => document?.data['stopped'] === true && document.data['answer_id'] !== activeflow_id);
}

/** A keyword that came in. `message` makes its document; it goes with everything that follows from it. */
export type Said = { readonly keyword: Keyword; readonly number: Document; readonly received: Received; readonly slip: Slip; readonly message: (activeflow_id: string) => Message };

/** Does what a keyword asks for, and answers, in one commit. Undefined where something has changed meanwhile. */
export async function handleKeyword(room: Room, { keyword, number, received, slip, message }: Said): Promise<Message | undefined> {
  const { host } = room;
  const { customer_id, source, destination } = received;
  const found = await host.document('message_optout', optOutId(customer_id, destination.target, source.target));
  const stopped = found?.data['stopped'] === true;
  const answer_id = deriveId(message(NONE_ID).id, 'answer');
  const changed = keyword === 'help' || (keyword === 'stop') === stopped ? [] : [optOut(room, found, received, keyword === 'stop', answer_id)];
  const text = answerOf(number, keyword);
  // Who said STOP before has been told so, and is not told anything else.
  const silent = text === '' || (stopped && keyword !== 'start');
  const written = message(silent ? NONE_ID : answer_id);
  const also = (state: State | undefined) => { const mine = slip.with(written)(state); return { ...mine, documents: [...(mine.documents ?? []), ...changed] }; };
  if (silent) return (await host.write(also(undefined))) ? written : undefined;
  const list = { id: `${answer_id}:0`, actions: [sending(answer_id, received)] };
  const begun = await host.start({
    id: answer_id, customer_id, name: keyword.toUpperCase(), flow_id: NONE_ID, flow_revision: 0, list_id: list.id,
    reference: { type: 'sms', id: written.id, activeflow_id: NONE_ID },
    configuration: { on_complete_flow_id: NONE_ID, webhook_uri: '', webhook_method: '' },
    variables: { text, to: source.target, from: destination.target },
  }, { by: 'message', ref: written.id }, (state) => ({ ...also(state), lists: [list] }));
  return begun && written;
}

/** What is sent goes by variables: what looks like a placeholder in it stays as it is. */
const sending = (answer_id: string, { source, destination }: Received): Action => ({
  id: deriveId(answer_id, 'action'), next_id: NONE_ID, type: 'message_send',
  option: { source: { type: destination.type, target: '${from}' }, destinations: [{ type: source.type, target: '${to}' }], text: '${text}' },
});

function answerOf({ data }: Document, keyword: Keyword): string {
  const given = (data['message_answers'] as Partial<Record<Keyword, string>> | undefined)?.[keyword];
  return given ?? ANSWERS[keyword];
}

function optOut({ host }: Room, found: Document | undefined, { customer_id, source, destination }: Received, stopped: boolean, answer_id: string): DocumentWrite {
  const now = host.clock.now();
  const data: OptOut = { number: destination.target, peer: source.target, stopped, answer_id: stopped ? answer_id : '' };
  if (found) return { ...found, version: found.version + 1, tm_update: now, data };
  return {
    kind: 'message_optout', id: optOutId(customer_id, destination.target, source.target), customer_id, parent: parentOf(customer_id, source.target),
    key: null, version: 1, tm_create: now, tm_update: null, tm_delete: null, data,
  };
}
