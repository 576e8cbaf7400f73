// The frame of every page: the menu at the side, who is signed in, and whether updates come in.
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useLiveState } from '../data/live.js';
import { IconButton } from '../ui/button.js';
import { Icon, type IconName } from '../ui/icons.js';
import { useSession } from './session.js';
import { chooseTheme, useTheme } from './theme.js';

const MENU: readonly (readonly [path: string, word: string, icon: IconName])[] = [
  ['/activeflows', 'Activeflows', 'runs'], ['/flows', 'Flows', 'flow'], ['/call', 'Call', 'phone'], ['/deliveries', 'Deliveries', 'delivery'],
  ['/accesskeys', 'Access keys', 'key'], ['/settings', 'Settings', 'settings'],
];

/** Puts a page into its frame. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [location] = useLocation();
  return (
    <div className="shell">
      <a className="skip" href="#main">Skip to the page</a>
      <aside className="side">
        <Link href="/" className="side__brand"><Logo />activeflow</Link>
        <nav aria-label="Pages">
          <ul>
            {MENU.map(([path, word, icon]) => (
              <li key={path}><Link href={path} className="side__link" aria-current={location === path || location.startsWith(`${path}/`) ? 'page' : undefined}><Icon name={icon} />{word}</Link></li>
            ))}
          </ul>
        </nav>
        <div className="side__foot">
          <LiveState />
          <a className="side__link" href="/docs" target="_blank" rel="noreferrer"><Icon name="book" />API reference</a>
          <Who />
        </div>
      </aside>
      <main id="main" className="shell__main" tabIndex={-1}>{children}</main>
    </div>
  );
}

function Logo() {
  return (
    <svg width="20" height="20" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#4f46e5" /><path d="M8 10h7a4 4 0 0 1 4 4v4a4 4 0 0 0 4 4h1" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
      <circle cx="8.500" cy="10" r="2.800" fill="#fff" /><circle cx="23.500" cy="22" r="2.800" fill="#a5b4fc" />
    </svg>
  );
}

const LIVE = { connecting: ['Connecting…', 'idle'], live: ['Live', 'ok'], reconnecting: ['Reconnecting…', 'wait'] } as const;

function LiveState() {
  const [word, tone] = LIVE[useLiveState()];
  return <div className={`live live--${tone}`} role="status"><span className="live__dot" aria-hidden="true" />{word}</div>;
}

const THEMES = {
  system: { icon: 'screen', next: 'light', label: 'Theme: as the system. Switch to light' },
  light: { icon: 'sun', next: 'dark', label: 'Theme: light. Switch to dark' },
  dark: { icon: 'moon', next: 'system', label: 'Theme: dark. Follow the system' },
} as const;

/** Switches the theme, on every page and before signing in. */
export function ThemeSwitch() {
  const { icon, next, label } = THEMES[useTheme()];
  return <IconButton icon={icon} label={label} onClick={() => { chooseTheme(next); }} />;
}

function Who() {
  const { session, signOut } = useSession();
  if (!session) return null;
  const { username, name, kind } = session.me;
  return (
    <div className="who">
      <div className="who__name"><div className="cut" title={name}>{name || username || 'Customer'}</div><div className="soft cut">{kind === 'accesskey' ? 'by access key' : username || 'signed in'}</div></div>
      <ThemeSwitch />
      <IconButton icon="out" label="Sign out" onClick={() => { signOut(); }} />
    </div>
  );
}
