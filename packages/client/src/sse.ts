// Server-sent events over fetch (WHATWG HTML §9.2): browsers and Node alike, with credentials in a header, where they belong.

/** One block of a stream; a block without data only says what its number is. */
export type Block = { readonly id: string; readonly event: string; readonly data: string };

/** Reads the blocks of a stream. Throws what reading throws, and a `TimeoutError` where nothing comes for `silence_ms`. */
export async function* readBlocks(body: ReadableStream<Uint8Array>, silence_ms: number): AsyncGenerator<Block> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await soon(reader.read(), silence_ms);
      if (done) return;
      text += decoder.decode(value, { stream: true });
      // A block ends with an empty line; what does not end with one is not whole.
      const parts = text.split(/\r?\n\r?\n/);
      text = parts.pop() ?? '';
      for (const part of parts) yield blockOf(part);
    }
  } finally {
    await reader.cancel().catch(() => { /* it is over either way */ });
  }
}

function blockOf(text: string): Block {
  const block = { id: '', event: '', data: '' };
  const data: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const [name, value] = colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
    if (name === 'id' || name === 'event') block[name] = value;
    if (name === 'data') data.push(value);
  }
  return { ...block, data: data.join('\n') };
}

/** The same promise, with an end. */
function soon<T>(promise: Promise<T>, within_ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { reject(new DOMException(`nothing came for ${within_ms} ms`, 'TimeoutError')); }, within_ms);
    promise.then(resolve, reject).finally(() => { clearTimeout(timer); });
  });
}
