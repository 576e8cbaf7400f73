// Why there is no sound.

/** There is no sound to be had: `reason` in capitals, and a sentence. */
export class NoSound extends Error {
  readonly reason: 'NO_VOICE' | 'TTS_FAILED' | 'TEXT_TOO_LONG' | 'UNSUPPORTED_FORMAT' | 'FETCH_FAILED' | 'SOUND_TOO_LONG' | 'CANCELED';
  constructor(reason: NoSound['reason'], message: string) {
    super(message);
    this.name = 'NoSound';
    this.reason = reason;
  }
}

/** The error as one, if it is none yet. */
export const noSound = (error: unknown, reason: NoSound['reason']): NoSound =>
  error instanceof NoSound ? error : new NoSound(reason, error instanceof Error ? error.message : String(error));
