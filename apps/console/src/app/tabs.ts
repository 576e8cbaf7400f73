// Tabs of one browser help each other: a link opened in a new tab does not ask to sign in again, and signing out is meant for all of them.

type Said = { readonly kind: 'ask' } | { readonly kind: 'answer' | 'left'; readonly credentials: string };

/** Heard by pages of this origin in this browser alone, and kept nowhere. */
const CHANNEL = 'activeflow.session';
/** How long an answer is listened for: a tab in the background may take its time. */
const ANSWER_MS = 5_000;

/** The credentials of another tab; undefined where there is none that is signed in. */
export function askOtherTabs(): Promise<string | undefined> {
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise<string | undefined>((resolve) => {
    setTimeout(() => { resolve(undefined); }, ANSWER_MS);
    channel.onmessage = ({ data }: MessageEvent<Said>) => { if (data.kind === 'answer') resolve(data.credentials); };
    channel.postMessage({ kind: 'ask' } satisfies Said);
  }).finally(() => { channel.close(); });
}

/** Answers new tabs while somebody is signed in; `left` is called when the same person signs out elsewhere. Gives a function that ends it. */
export function answerOtherTabs(credentials: string, left: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<Said>) => {
    if (data.kind === 'ask') channel.postMessage({ kind: 'answer', credentials } satisfies Said);
    if (data.kind === 'left' && data.credentials === credentials) left();
  };
  return () => { channel.close(); };
}

/** Says that somebody has signed out. */
export function tellOtherTabs(credentials: string): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage({ kind: 'left', credentials } satisfies Said);
  channel.close();
}
