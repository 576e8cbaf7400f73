// The icons: strokes of one weight on a grid of 16, in the colour of the text beside them. They are never alone: a word or a label says the same.
import type { ReactNode } from 'react';

const PATHS = {
  play: <path d="M5 3.500v9l7-4.500z" fill="currentColor" stroke="none" />,
  running: <><circle cx="8" cy="8" r="5.500" /><path d="M6.800 5.800v4.400L10.200 8z" fill="currentColor" stroke="none" /></>,
  waiting: <><circle cx="8" cy="8" r="5.500" /><path d="M8 5v3l2 1.500" /></>,
  paused: <><circle cx="8" cy="8" r="5.500" /><path d="M6.700 6v4M9.300 6v4" /></>,
  done: <><circle cx="8" cy="8" r="5.500" /><path d="m5.600 8.200 1.700 1.700 3.200-3.600" /></>,
  failed: <><circle cx="8" cy="8" r="5.500" /><path d="M8 5v3.500M8 10.700v.1" /></>,
  stopped: <><circle cx="8" cy="8" r="5.500" /><path d="M6.200 6.200h3.600v3.600H6.200z" fill="currentColor" stroke="none" /></>,
  canceled: <><circle cx="8" cy="8" r="5.500" /><path d="m4.300 11.700 7.400-7.400" /></>,
  hangup: <path d="M2.500 9.500c3-3.500 8-3.500 11 0l-1.400 1.700-2.300-1V8.600a6.500 6.500 0 0 0-3.600 0v1.600l-2.300 1z" />,
  idle: <circle cx="8" cy="8" r="5.500" strokeDasharray="2.200 2.200" />,
  check: <path d="m3.500 8.500 3 3 6-7" />,
  cross: <path d="m4 4 8 8M12 4l-8 8" />,
  plus: <path d="M8 3.500v9M3.500 8h9" />,
  minus: <path d="M3.500 8h9" />,
  fit: <path d="M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10" />,
  target: <><circle cx="8" cy="8" r="4.500" /><path d="M8 1.500v3M8 11.500v3M1.500 8h3M11.500 8h3" /></>,
  forward: <path d="M3 4.500v7L8 8zM8.500 4.500v7l5-3.500z" fill="currentColor" stroke="none" />,
  copy: <><rect x="5.500" y="5.500" width="7.500" height="7.500" rx="1.500" /><path d="M10.500 5.500V4A1.500 1.500 0 0 0 9 2.500H4A1.500 1.500 0 0 0 2.500 4v5A1.500 1.500 0 0 0 4 10.500h1.500" /></>,
  filter: <path d="M2.500 4h11M4.500 8h7M6.500 12h3" />,
  search: <><circle cx="7" cy="7" r="4" /><path d="m10 10 3.500 3.500" /></>,
  left: <path d="m9.500 4-4 4 4 4" />,
  right: <path d="m6.500 4 4 4-4 4" />,
  down: <path d="m4 6.500 4 4 4-4" />,
  up: <path d="m4 9.500 4-4 4 4" />,
  runs: <path d="M2.500 4.500h4M9.500 4.500h4M2.500 8h7M12.500 8h1M2.500 11.500h2M7.500 11.500h6" />,
  flow: <><circle cx="4" cy="4" r="1.700" /><circle cx="12" cy="8" r="1.700" /><circle cx="4" cy="12" r="1.700" /><path d="M5.700 4H7a3 3 0 0 1 3.300 3M5.700 12H7a3 3 0 0 0 3.300-3" /></>,
  delivery: <><path d="m14 2.500-12 5 5 1.500 1.500 5z" /><path d="m7 9 7-6.500" /></>,
  key: <><circle cx="5.500" cy="10.500" r="3" /><path d="m7.700 8.300 5.300-5.300M10.500 5.500l2 2" /></>,
  settings: <><path d="M2.500 5h6M12 5h1.500M2.500 11H4M7.500 11h6" /><circle cx="10.200" cy="5" r="1.700" /><circle cx="5.800" cy="11" r="1.700" /></>,
  sun: <><circle cx="8" cy="8" r="2.700" /><path d="M8 1.500v1.300M8 13.200v1.300M1.500 8h1.300M13.200 8h1.300M3.400 3.400l.9.900M11.700 11.700l.9.900M3.400 12.600l.9-.9M11.700 4.300l.9-.9" /></>,
  moon: <path d="M13 9.700A5.500 5.500 0 0 1 6.300 3a5.500 5.500 0 1 0 6.700 6.700z" />,
  screen: <><rect x="2" y="3" width="12" height="8" rx="1.500" /><path d="M6 13.500h4" /></>,
  out: <path d="M6 2.500H4A1.500 1.500 0 0 0 2.500 4v8A1.500 1.500 0 0 0 4 13.500h2M10.500 11l3-3-3-3M13.500 8H6" />,
  trash: <path d="M2.500 4.500h11M6 4.500v-2h4v2M4 4.500l.7 9h6.600l.7-9" />,
  edit: <path d="M10.500 3 13 5.500 6 12.500l-3 .5.500-3z" />,
  refresh: <path d="M13 8a5 5 0 1 1-1.500-3.600M13 2.500v2.300h-2.300" />,
  phone: <path d="M3 3.500c0 5.500 4 9.500 9.500 9.500l1-2.700-2.800-1.300-1.200 1.200A6.500 6.500 0 0 1 5.800 6.500L7 5.300 5.700 2.500z" />,
  message: <path d="M2.500 3.500h11v7.500H7l-3 2.500V11H2.500z" />,
  api: <path d="m5 4.500-3 3.500 3 3.500M11 4.500l3 3.500-3 3.500M9 3.500 7 12.500" />,
  book: <path d="M3 3a1 1 0 0 1 1-1h8.500v12H4a1 1 0 0 1-1-1zM3 12a1 1 0 0 1 1-1h8.500" />,
  warning: <path d="M8 2.500 14 13H2zM8 6.500v3M8 11.200v.1" />,
  info: <><circle cx="8" cy="8" r="5.500" /><path d="M8 7.500v3.300M8 5.300v.1" /></>,
  link: <path d="M9.500 2.500h4v4M13.500 2.500l-6 6M11.500 9v4h-9V4.500h4" />,
  sound: <><path d="M2.500 6.500v3h2.300L8 12.500v-9L4.800 6.500z" /><path d="M10.500 6a3 3 0 0 1 0 4M12.500 4.200a5.500 5.500 0 0 1 0 7.600" /></>,
  mute: <><path d="M2.500 6.500v3h2.300L8 12.500v-9L4.800 6.500z" /><path d="m10.500 6.500 3 3M13.500 6.500l-3 3" /></>,
  mic: <><rect x="6" y="2" width="4" height="7.500" rx="2" /><path d="M3.500 7.500a4.500 4.500 0 0 0 9 0M8 12v2" /></>,
  mic_off: <><rect x="6" y="2" width="4" height="7.500" rx="2" /><path d="M3.500 7.500a4.500 4.500 0 0 0 9 0M8 12v2M2.500 2.500l11 11" /></>,
  undo: <><path d="M3 7h6.500a3 3 0 0 1 0 6H6" /><path d="M5.500 4.500 3 7l2.500 2.500" /></>,
  redo: <><path d="M13 7H6.500a3 3 0 0 0 0 6H10" /><path d="M10.500 4.500 13 7l-2.500 2.500" /></>,
} as const satisfies Readonly<Record<string, ReactNode>>;

/** The name of an icon. */
export type IconName = keyof typeof PATHS;

/** An icon, hidden from whoever listens instead of looking. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      {PATHS[name]}
    </svg>
  );
}
