// The entry: what the browser runs.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.js';
import { applyTheme } from './app/theme.js';
import './ui/tokens.css';
import './ui/base.css';
import './ui/parts.css';
import './app/shell.css';

// Before the first paint, so that nobody sees the other theme flash.
applyTheme();
const root = document.getElementById('root');
if (root) createRoot(root).render(<StrictMode><App /></StrictMode>);
