// The frame of a page: its name, what can be done on it, and what it shows.
import { useEffect, type ReactNode } from 'react';

/** A page with a heading, which is also the title of the tab. */
export function Page({ title, about, actions, children }: { readonly title: string; readonly about?: ReactNode; readonly actions?: ReactNode; readonly children: ReactNode }) {
  useEffect(() => { document.title = `${title} · activeflow`; }, [title]);
  return (
    <div className="page">
      <header className="page__head">
        <div className="page__title"><h1>{title}</h1>{about !== undefined && <div className="soft">{about}</div>}</div>
        {actions !== undefined && <div className="page__actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a page with a heading of its own. */
export function Section({ title, about, actions, children }: { readonly title: string; readonly about?: ReactNode; readonly actions?: ReactNode; readonly children: ReactNode }) {
  return (
    <section className="section">
      <header className="section__head"><div><h2>{title}</h2>{about !== undefined && <p className="soft">{about}</p>}</div>{actions}</header>
      <div className="section__body">{children}</div>
    </section>
  );
}
