// The hands of the played caller: keys at a terminal, lines of a script, Ctrl-C to hang up.
import { createInterface } from 'node:readline';
import type { HistoryEntry } from '@activeflow/client';
import { plain } from './output.js';
import { note } from './terminal.js';

/** What a caller can do. */
export type Hands = { readonly press: (digits: string) => void; readonly hangUp: () => void };

/** A caller who listens: told of each step as it begins, and whether it goes on, until the call is over. */
export type Caller = { readonly heard: (entry: HistoryEntry, goes_on: boolean) => void; readonly close: () => void };

/** A key of a telephone. */
const KEY = /^[0-9*#A-D]$/;

/** A caller at the terminal where stdin is one, else one who goes by the lines of stdin. */
export function createCaller(hands: Hands): Caller {
  const signalled = () => { hands.hangUp(); };
  process.on('SIGINT', signalled).on('SIGTERM', signalled);
  const caller = process.stdin.isTTY ? atTerminal(hands) : byScript(hands);
  return {
    heard: caller.heard,
    close() {
      process.off('SIGINT', signalled).off('SIGTERM', signalled);
      caller.close();
    },
  };
}

function atTerminal({ press, hangUp }: Hands): Caller {
  const { stdin } = process;
  const typed = (text: string) => {
    for (const key of text.toUpperCase()) {
      if (KEY.test(key)) press(key);
      // Ctrl-C and Ctrl-D: a raw terminal sends no signal.
      else if (key === '\u0003' || key === '\u0004') hangUp();
    }
  };
  stdin.setRawMode(true).setEncoding('utf8').on('data', typed).resume();
  note('Press 0-9, * and #; Ctrl-C hangs up.');
  return { heard: () => { /* people hear for themselves */ }, close: () => { stdin.off('data', typed).setRawMode(false).pause(); } };
}

/** One line is what the caller does the next time somebody listens: digits, `hangup`, or nothing where it is empty. After the last, nothing. */
function byScript({ press, hangUp }: Hands): Caller {
  const lines: string[] = [];
  let listening = false;
  let answered = false;
  const act = () => {
    const line = listening && !answered ? lines.shift() : undefined;
    if (line === undefined) return;
    answered = true;
    if (line === 'hangup') hangUp();
    else if (line !== '') press(line);
  };
  const reader = createInterface({ input: process.stdin }).on('line', (text) => {
    const line = text.trim();
    if (line !== '' && line !== 'hangup' && ![...line].every((key) => KEY.test(key))) note(`"${plain(line)}" is neither digits nor \`hangup\`: ignored.`);
    else lines.push(line);
    act();
  });
  return {
    heard(entry, goes_on) {
      const before = listening;
      listening = goes_on && listens(entry);
      // A prompt that a digit ends and the collection after it are one occasion.
      if (listening && !before) answered = false;
      act();
    },
    close: () => { reader.close(); process.stdin.destroy(); },
  };
}

/** True for a step that takes digits. */
const listens = ({ action }: HistoryEntry): boolean =>
  action?.type === 'digits_receive' || (action?.type === 'talk' && action.option['digits_handle'] === 'next');
