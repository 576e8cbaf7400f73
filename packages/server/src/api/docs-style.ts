// The style of the reference page.

/** The style sheet: dark and light as the reader has it, wide and narrow, on paper. */
export const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1c2024, #e6e8ea); --soft: light-dark(#5b646d, #9aa4ae); --line: light-dark(#d9dee3, #333b43);
  --back: light-dark(#fff, #14181c); --panel: light-dark(#f5f7f9, #1b2127); --accent: light-dark(#0b57d0, #8ab4f8);
  --get: light-dark(#0b6b3a, #6dd58c); --post: light-dark(#0b57d0, #8ab4f8); --put: light-dark(#8a5300, #f2b84b); --delete: light-dark(#b3261e, #f2a19a); }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--back); display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -100vw; } .skip:focus { left: 1rem; top: 1rem; z-index: 1; background: var(--back); padding: .5rem 1rem; }
nav { position: sticky; top: 0; align-self: start; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line); background: var(--panel); font-size: .875rem; }
nav h2 { font-size: .75rem; text-transform: uppercase; letter-spacing: .05em; color: var(--soft); margin: 1.25rem 0 .25rem; }
nav ul { list-style: none; margin: 0; padding: 0; } nav a { display: block; padding: .15rem .25rem; text-decoration: none; color: inherit; overflow-wrap: anywhere; } nav a:hover { text-decoration: underline; }
main { padding: 2rem clamp(1rem, 4vw, 4rem) 6rem; max-width: 70rem; }
h1 { margin-top: 0; } h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; } h3 { margin: 2.25rem 0 .5rem; font-size: 1.05rem; } h4 { margin: 1rem 0 .25rem; font-size: .9rem; color: var(--soft); }
code, pre { font: .875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto; }
.method { font-weight: 700; margin-right: .5rem; } .get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); } .delete { color: var(--delete); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; } th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); } th { color: var(--soft); font-weight: 600; }
td:first-child { white-space: nowrap; width: 12rem; } td:nth-child(2):not(:last-child) { width: 16rem; } summary { cursor: pointer; color: var(--soft); } .soft { color: var(--soft); }
@media (max-width: 52rem) { body { display: block; } nav { position: static; height: auto; max-height: 16rem; border-right: 0; border-bottom: 1px solid var(--line); } td:first-child { white-space: normal; } }
@media print { nav { display: none; } body { display: block; } }
`.trimStart();
