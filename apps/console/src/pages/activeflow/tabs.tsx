// A few panels in one place: one is seen at a time. The arrow keys go from tab to tab.
import { useId, useState, type KeyboardEvent, type ReactNode } from 'react';

/** One panel. `note` stands beside its word, for what is worth a look. */
export type Tab = { readonly key: string; readonly word: string; readonly note: string; readonly body: ReactNode };

/** The panels; the first is seen first. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  const id = useId();
  const [key, setKey] = useState(tabs[0]?.key);
  const at = Math.max(0, tabs.findIndex((tab) => tab.key === key));
  const walk = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const to = tabs[(at + step + tabs.length) % tabs.length];
    setKey(to?.key);
    document.getElementById(`${id}-${to?.key ?? ''}`)?.focus();
  };
  return (
    <div className="tabs">
      <div className="tabs__row" role="tablist" aria-label={label} onKeyDown={walk}>
        {tabs.map((tab, i) => (
          <button key={tab.key} id={`${id}-${tab.key}`} type="button" role="tab" className="tabs__tab" aria-selected={i === at} aria-controls={`${id}-panel`} tabIndex={i === at ? 0 : -1} onClick={() => { setKey(tab.key); }}>
            {tab.word}{tab.note !== '' && <span className="tabs__note">{tab.note}</span>}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} className="tabs__panel" role="tabpanel" aria-labelledby={`${id}-${tabs[at]?.key ?? ''}`} tabIndex={0}>{tabs[at]?.body}</div>
    </div>
  );
}
