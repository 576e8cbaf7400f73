// What is played by doing nothing.
import type { Performed } from '../driver.js';

/** Performs `email.send` and `conversation.send`: nothing leaves. */
export const performNothing = async (): Promise<Performed> => ({ done: { ok: true, data: { played: true } } });
