// What kind of action it is, at a glance. The name of the type always stands beside it.
import type { ReactNode } from 'react';

const SHAPES = {
  start: <path d="M5.500 3.500v9l7-4.500z" fill="currentColor" stroke="none" />,
  end: <><circle cx="8" cy="8" r="5.500" /><path d="M6 6h4v4H6z" fill="currentColor" stroke="none" /></>,
  speak: <><path d="M2.500 6.500v3h2.300L8 12.500v-9L4.800 6.500z" /><path d="M10.500 6a3 3 0 0 1 0 4M12.500 4.200a5.500 5.500 0 0 1 0 7.600" /></>,
  keypad: <path d="M4 4h.1M8 4h.1M12 4h.1M4 8h.1M8 8h.1M12 8h.1M4 12h.1M8 12h.1M12 12h.1" strokeWidth="2.400" />,
  branch: <><path d="M8 2.500V6M8 6c0 3-4.500 2.500-4.500 7M8 6c0 3 4.500 2.500 4.500 7" /></>,
  condition: <><path d="m8 2.500 5.500 5.500L8 13.500 2.500 8z" /><path d="M8 6.200v1.900M8 10v.1" /></>,
  jump: <><path d="M12.500 12.500v-3a3 3 0 0 0-3-3h-6" /><path d="m6 3.500-3 3 3 3" /></>,
  clock: <><circle cx="8" cy="8" r="5.500" /><path d="M8 5v3l2 1.500" /></>,
  hand: <><path d="M5.500 3.500v9M10.500 3.500v9" strokeWidth="2" /></>,
  web: <><circle cx="8" cy="8" r="5.500" /><path d="M2.500 8h11M8 2.500c2 1.500 2.800 3.300 2.800 5.500S10 12 8 13.500C6 12 5.200 10.200 5.200 8S6 4 8 2.500z" /></>,
  list: <><path d="M2.500 4h7M2.500 8h7M2.500 12h4" /><path d="M12 6.500v6M9.500 10l2.500 2.500 2.500-2.500" /></>,
  value: <path d="M5.500 3C3.500 3 5 7.200 3 8c2 .8.500 5 2.500 5M10.500 3c2 0 .5 4.200 2.500 5-2 .8-.5 5-2.500 5" />,
  phone: <path d="M3 3.500c0 5.500 4 9.500 9.500 9.500l1-2.700-2.800-1.300-1.200 1.200A6.500 6.500 0 0 1 5.800 6.500L7 5.300 5.700 2.500z" />,
  hangup: <path d="M2.500 9.500c3-3.500 8-3.500 11 0l-1.400 1.700-2.300-1V8.600a6.500 6.500 0 0 0-3.600 0v1.600l-2.300 1z" />,
  message: <path d="M2.500 3.500h11v7.500H7l-3 2.500V11H2.500z" />,
  mail: <><path d="M2.500 4h11v8h-11z" /><path d="m2.500 4.500 5.500 4 5.500-4" /></>,
  record: <><circle cx="8" cy="8" r="5.500" /><circle cx="8" cy="8" r="2" fill="currentColor" stroke="none" /></>,
  people: <><circle cx="6" cy="6" r="2.200" /><path d="M2 13c.4-2.500 2-3.700 4-3.700S9.600 10.500 10 13M10.500 4.200a2.200 2.200 0 0 1 0 3.800M12 9.800c1.200.5 1.900 1.600 2.100 3.200" /></>,
  spark: <path d="M8 2.500 9.300 6.700 13.500 8 9.300 9.300 8 13.500 6.700 9.300 2.500 8l4.200-1.300z" />,
  dot: <circle cx="8" cy="8" r="2.500" />,
} as const satisfies Readonly<Record<string, ReactNode>>;

const OF_TYPE: Readonly<Record<string, keyof typeof SHAPES>> = {
  talk: 'speak', play: 'speak', beep: 'speak', echo: 'speak', stream_echo: 'speak', mute: 'speak',
  digits_receive: 'keypad', digits_send: 'keypad', branch: 'branch', goto: 'jump', sleep: 'clock', block: 'hand', stop: 'end',
  fetch: 'list', fetch_flow: 'list', webhook_send: 'web', variable_set: 'value', answer: 'phone', call: 'phone', connect: 'phone', hangup: 'hangup',
  message_receive: 'message', message_send: 'message', conversation_send: 'message', email_send: 'mail', recording_start: 'record', recording_stop: 'record', amd: 'condition',
  conference_join: 'people', confbridge_join: 'people', queue_join: 'people',
};

function shapeOf(type: string, marker: 'start' | 'end'): keyof typeof SHAPES {
  if (type === '') return marker;
  return OF_TYPE[type] ?? (type.startsWith('condition') ? 'condition' : type.startsWith('ai_') || type.startsWith('transcribe') ? 'spark' : 'dot');
}

/** The icon of a type of action; of a marker, which has no type, its own. */
export function ActionIcon({ type, marker = 'start', size = 16 }: { readonly type: string; readonly marker?: 'start' | 'end'; readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      {SHAPES[shapeOf(type, marker)]}
    </svg>
  );
}
