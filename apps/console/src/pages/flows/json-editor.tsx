// The draft as JSON. CodeMirror is loaded with this file, so only for those who open it.
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Annotation, EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import type { Range } from './json-text.js';

/** Something wrong in the text. */
export type TextProblem = Range & { readonly look: 'error' | 'warning'; readonly message: string };

type Props = {
  readonly text: string; readonly typed: (text: string) => void; readonly problems: readonly TextProblem[];
  /** Where the cursor was put by hand. */
  readonly moved: (position: number) => void;
  /** A place to show; each object once. */
  readonly show: Range | undefined;
};

const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--json-name)' }, { tag: tags.string, color: 'var(--json-text)' }, { tag: [tags.number, tags.bool, tags.null], color: 'var(--json-value)' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

const LOOK = EditorView.theme({
  '&': { height: '100%', fontSize: 'var(--text-s)', backgroundColor: 'var(--surface)', color: 'var(--ink)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.6' },
  '.cm-content': { caretColor: 'var(--ink)', padding: 'var(--space-2) 0' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--ink-3)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--surface-3) 55%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'color-mix(in srgb, var(--accent) 28%, transparent)' },
  '.cm-selectionMatch': { backgroundColor: 'color-mix(in srgb, var(--wait) 22%, transparent)' },
  '.cm-foldPlaceholder': { border: '1px solid var(--line)', backgroundColor: 'var(--surface-2)', color: 'var(--ink-3)' },
  '.cm-tooltip': { border: '1px solid var(--line)', borderRadius: 'var(--radius-m)', backgroundColor: 'var(--surface)', color: 'var(--ink)', boxShadow: 'var(--shadow-l)' },
  '.cm-diagnostic': { fontFamily: 'var(--font)', padding: '0.4rem 0.6rem' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' }, '.cm-diagnostic-warning': { borderLeftColor: 'var(--wait)' },
  '.cm-panels': { backgroundColor: 'var(--surface-2)', color: 'var(--ink)', borderColor: 'var(--line)' },
  '.cm-textfield': { backgroundColor: 'var(--surface)', border: '1px solid var(--line-strong)', borderRadius: 'var(--radius-s)' },
  '.cm-button': { backgroundImage: 'none', backgroundColor: 'var(--surface)', border: '1px solid var(--line-strong)', borderRadius: 'var(--radius-s)', color: 'var(--ink)' },
});

/** What comes from the forms is not told back to them. */
const fromOutside = Annotation.define<true>();

const EXTENSIONS: Extension = [
  lineNumbers(), foldGutter(), lintGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(),
  json(), syntaxHighlighting(COLOURS), LOOK, EditorView.lineWrapping, EditorState.tabSize.of(2),
  EditorView.contentAttributes.of({ 'aria-label': 'The flow as JSON', spellcheck: 'false', tabindex: '0' }),
  // Tab leaves, as everywhere on the page: nobody is caught in here.
  keymap.of([...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap, ...defaultKeymap]),
];

/** The editor. */
export function JsonEditor({ text, typed, problems, moved, show }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(undefined);
  const told = useRef({ typed, moved });
  useEffect(() => { told.current = { typed, moved }; });

  useEffect(() => {
    const listener = EditorView.updateListener.of(({ docChanged, selectionSet, transactions, state }) => {
      if (transactions.some((transaction) => transaction.annotation(fromOutside) === true)) return;
      if (docChanged) told.current.typed(state.doc.toString());
      else if (selectionSet) told.current.moved(state.selection.main.head);
    });
    const view = new EditorView({ parent: place.current ?? document.body, state: EditorState.create({ extensions: [EXTENSIONS, listener] }) });
    editor.current = view;
    return () => { view.destroy(); editor.current = undefined; };
  }, []);

  useEffect(() => {
    const view = editor.current;
    if (!view || view.state.doc.toString() === text) return;
    view.dispatch({ changes: changeBetween(view.state.doc.toString(), text), annotations: fromOutside.of(true) });
  }, [text]);

  useEffect(() => {
    const view = editor.current;
    if (!view) return;
    const length = view.state.doc.length;
    const diagnostics = problems.map(({ from, to, look, message }): Diagnostic => ({ from: Math.min(from, length), to: Math.min(to, length), severity: look, message }));
    view.dispatch(setDiagnostics(view.state, diagnostics));
  }, [problems, text]);

  useEffect(() => {
    const view = editor.current;
    if (!view || !show) return;
    const anchor = Math.min(show.from, view.state.doc.length);
    view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }), annotations: fromOutside.of(true) });
  }, [show]);

  return <div ref={place} className="json" />;
}

/** The one stretch that is different, so that the cursor and the folds around it stay where they are. */
function changeBetween(before: string, after: string): { readonly from: number; readonly to: number; readonly insert: string } {
  const most = Math.min(before.length, after.length);
  let from = 0;
  while (from < most && before[from] === after[from]) from++;
  let same = 0;
  while (same < most - from && before[before.length - 1 - same] === after[after.length - 1 - same]) same++;
  return { from, to: before.length - same, insert: after.slice(from, after.length - same) };
}
