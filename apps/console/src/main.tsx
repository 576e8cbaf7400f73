// The entry: what the browser runs.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.js';
import { applyTheme } from './app/theme.js';
import './ui/tokens.css';
import './ui/base.css';
import './ui/parts.css';
import './app/shell.css';

const RELOADED = 'activeflow.reloaded';
const RELOAD_MS = 10_000;

// Before the first paint, so that nobody sees the other theme flash.
applyTheme();
// After an upgrade of the server the pages that were not loaded yet have other names: the page is loaded anew, once.
window.addEventListener('vite:preloadError', (event) => {
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (Date.now() - last < RELOAD_MS) return;
  event.preventDefault();
  sessionStorage.setItem(RELOADED, String(Date.now()));
  window.location.reload();
});

const root = document.getElementById('root');
if (root) createRoot(root).render(<StrictMode><App /></StrictMode>);
