// Dark and light: the system's, unless a person chose one. The choice is kept in this browser.
import { useSyncExternalStore } from 'react';

/** What can be chosen; `system` follows `prefers-color-scheme`. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'activeflow.theme';
const listeners = new Set<() => void>();

/** The theme that was chosen. */
export function currentTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

/** Puts the chosen theme on the document. */
export function applyTheme(): void {
  document.documentElement.dataset['theme'] = currentTheme();
}

/** Chooses a theme. */
export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme();
  for (const listener of listeners) listener();
}

/** The chosen theme, kept up to date. */
export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => { listeners.delete(listener); };
  }, currentTheme);
}
