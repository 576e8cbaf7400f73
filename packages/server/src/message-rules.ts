// What a number does with messages, where nobody says otherwise: known to the API, which stores it, and to the driver, which keeps to it.

/** What a number does with a message while the run of an earlier one is on: wakes it, or keeps the message for it; starts another; stops it and starts anew. */
export const POLICIES = ['wake', 'start', 'replace'] as const;
/** One of `POLICIES`. */
export type Policy = (typeof POLICIES)[number];

/** What a keyword asks for. */
export type Keyword = 'stop' | 'start' | 'help';

/** What is answered to keywords. */
export const ANSWERS: Readonly<Record<Keyword, string>> = {
  stop: 'You will get no more messages from this number. Reply START to get them again.',
  start: 'You will get messages from this number again. Reply STOP to end them.',
  help: 'Reply STOP to get no more messages from this number.',
};
