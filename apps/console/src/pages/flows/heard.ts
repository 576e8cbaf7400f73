// What a person on the other side notices of a run: from its history to lines of a conversation.
import { FINISH_ID, MAIN_FRAME_ID, START_ID } from '@activeflow/engine';
import type { Client, HistoryEntry } from '@activeflow/client';
import { labelOf } from '../../graph/label.js';
import type { Walk } from './canvas.js';

/** A line: what is said to the person, what the person did, what happens behind it. `live`: it goes on. */
export type Line = { readonly number: number; readonly who: 'them' | 'me' | 'behind'; readonly kind: string; readonly text: string; readonly live: boolean; readonly bad?: true };

/** A prompt that goes on now: what is to be spoken, and of which action. */
export type Prompt = { readonly number: number; readonly action_id: string; readonly text: string; readonly language: string };

/** The lines of a history. */
export function linesOf(entries: readonly HistoryEntry[]): readonly Line[] {
  return entries.flatMap((entry): Line[] => {
    const { number, kind, action, error, detail } = entry;
    const live = isOpen(entry) && entry === lastStep(entries) && !isOver(entries);
    const line = (who: Line['who'], text: string): Line => ({ number, who, kind: action?.type ?? kind, text, live });
    if (kind !== 'step' || action === null) return kind === 'created' || kind === 'ended' ? [] : [line('behind', [kind.replaceAll('_', ' '), detail].filter(Boolean).join(': '))];
    if (error) return [{ ...line('behind', `${labelOf(action).title}: ${error.message}`), bad: true }];
    return said(entry, line);
  });
}

function said({ action, variables, result }: HistoryEntry, line: (who: Line['who'], text: string) => Line): Line[] {
  if (action === null) return [];
  const { option, type } = action;
  const text = (name: string): string => (typeof option[name] === 'string' ? option[name] : '');
  switch (type) {
    case 'talk': return [line('them', withoutTags(text('text')))];
    case 'play': return [line('them', `♪ ${listOf(option['stream_urls']).join(', ')}`)];
    case 'message_send': case 'conversation_send': return [line('them', text('text'))];
    case 'message_receive': {
      const words = variables['voipbin.message.text'];
      if (result === '') return [line('behind', `Waits for a message, ${labelOf(action).detail}`)];
      return words ? [line('me', words)] : [line('behind', 'No message came')];
    }
    case 'digits_receive': {
      const digits = variables['voipbin.call.digits'];
      if (result === '') return [line('behind', `Listens for ${labelOf(action).detail}`)];
      return digits ? [line('me', `Pressed ${digits}`)] : [line('behind', 'Nothing was pressed')];
    }
    default: return [line('behind', [labelOf(action).title, labelOf(action).detail].filter(Boolean).join(': '))];
  }
}

const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []);

/** A text as it is heard: SSML without its tags. */
export const withoutTags = (text: string): string => text.replaceAll(/<[^<>]*>/g, ' ').replaceAll(/\s+/g, ' ').trim();

/** How the run came out; undefined while it goes on. */
export const endOf = (entries: readonly HistoryEntry[]): HistoryEntry | undefined => entries.findLast(({ kind }) => kind === 'ended');

const isOver = (entries: readonly HistoryEntry[]): boolean => endOf(entries) !== undefined;
const lastStep = (entries: readonly HistoryEntry[]): HistoryEntry | undefined => entries.findLast(({ kind }) => kind === 'step');
const isOpen = ({ kind, result, ended }: HistoryEntry): boolean => kind === 'step' && result === '' && ended.startsWith('9999');

/** The prompt that goes on now. */
export function promptOf(entries: readonly HistoryEntry[]): Prompt | undefined {
  const step = lastStep(entries);
  if (!step?.action || !isOpen(step) || isOver(entries) || !['talk', 'play', 'beep'].includes(step.action.type)) return undefined;
  const { id, type, option } = step.action;
  const language = typeof option['language'] === 'string' && option['language'] !== '' ? option['language'] : 'en-US';
  return { number: step.number, action_id: id, text: type === 'talk' && typeof option['text'] === 'string' ? withoutTags(option['text']) : '', language };
}

/** The way through the draft: `keyOf` leads from the ids that ran to the draft's. What runs in pushed frames stands still at what pushed them. */
export function walkOf(entries: readonly HistoryEntry[], keyOf: (id: string) => string): Walk {
  const steps = [START_ID];
  for (const { kind, frame_id, action } of entries) if (kind === 'step' && action !== null && frame_id === MAIN_FRAME_ID) steps.push(keyOf(action.id));
  const end = endOf(entries);
  if (end?.result === 'completed') steps.push(FINISH_ID);
  return { at: steps.at(-1), steps, over: end !== undefined };
}

/** A page of a history, as it was read. */
export type ReadPage = { readonly entries: readonly HistoryEntry[]; readonly next_page_token: string; readonly closed: boolean };

const PAGE_SIZE = 100;

/** Reads a history on from what is known of it: pages that can change no more are not asked for again. */
export async function readOn(client: Client, id: string, known: readonly ReadPage[], signal: AbortSignal): Promise<readonly ReadPage[]> {
  const open = known.findIndex(({ closed }) => !closed);
  const pages = open < 0 ? [...known] : known.slice(0, open);
  for (;;) {
    const { result, next_page_token } = await client.activeflows.history(id, { page_size: PAGE_SIZE }, { signal }).page(pages.at(-1)?.next_page_token);
    if (result.length === 0) return pages;
    const full = result.length >= PAGE_SIZE;
    pages.push({ entries: result, next_page_token, closed: full && !result.some(isOpen) });
    if (!full) return pages;
  }
}
