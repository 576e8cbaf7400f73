// What the main thread and the media worker say to each other.
import type { ForkAsked, JoinAsked, MediaAgreement, MediaEvent, MediaStats, MediaTransport, RecordAsked } from './media.js';
import type { Sound } from './sound.js';

/** A sound as it is sent to the worker: a stream's chunks follow under its number. */
export type PostedSound = Exclude<Sound, { kind: 'stream' }> | { readonly kind: 'stream'; readonly stream: number };

/** A command for the worker. `call` is answered under the same number. */
export type Command =
  | { readonly do: 'open'; readonly call: number; readonly leg_id: string; readonly transport: MediaTransport }
  | { readonly do: 'agree'; readonly leg_id: string; readonly agreement: MediaAgreement }
  | { readonly do: 'play'; readonly leg_id: string; readonly id: string; readonly sounds: readonly PostedSound[]; readonly loop: boolean }
  | { readonly do: 'stop' | 'stop_recording' | 'unfork' | 'detect'; readonly leg_id: string; readonly id: string }
  | { readonly do: 'echo' | 'mute'; readonly leg_id: string; readonly on: boolean }
  | { readonly do: 'send_digits'; readonly leg_id: string; readonly id: string; readonly digits: string; readonly duration_ms: number; readonly interval_ms: number }
  | { readonly do: 'record'; readonly leg_id: string; readonly id: string; readonly asked: RecordAsked }
  | { readonly do: 'fork'; readonly leg_id: string; readonly id: string; readonly asked: ForkAsked }
  | { readonly do: 'join'; readonly leg_id: string; readonly room_id: string; readonly asked: JoinAsked }
  | { readonly do: 'leave'; readonly leg_id: string }
  | { readonly do: 'close'; readonly leg_id: string }
  | { readonly do: 'chunk'; readonly stream: number; readonly samples: Int16Array }
  /** No chunk follows; with a message, because there was none to be had. */
  | { readonly do: 'chunks_end'; readonly stream: number; readonly message?: string }
  | { readonly do: 'stats' | 'stop_worker'; readonly call: number };

/** A command of one leg that is open. */
export type LegCommand = Exclude<Command, { do: 'open' | 'close' | 'play' | 'chunk' | 'chunks_end' | 'stats' | 'stop_worker' }>;

/** What the worker says. */
export type Answer =
  | { readonly say: 'opened'; readonly call: number; readonly port: number }
  | { readonly say: 'refused'; readonly call: number; readonly message: string }
  | { readonly say: 'event'; readonly event: MediaEvent }
  /** So many samples of a stream were played: as many more may be sent. */
  | { readonly say: 'taken'; readonly stream: number; readonly samples: number }
  /** Nobody listens to a stream any more. */
  | { readonly say: 'dropped'; readonly stream: number }
  | { readonly say: 'stats'; readonly call: number; readonly stats: MediaStats }
  | { readonly say: 'stopped'; readonly call: number };

/** How many samples of a stream may be on their way or waiting to be played: four seconds. */
export const STREAM_WINDOW = 32_000;

/** Why something went wrong, in one sentence. */
export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
