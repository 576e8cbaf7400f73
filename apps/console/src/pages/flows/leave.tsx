// Leaving with something unpublished: the browser asks where the tab is closed, the page asks where a link would lead away.
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';

/** Guards a page while `changed`. `stays` says which paths are still this page. */
export function LeaveGuard({ changed, stays, discard }: { readonly changed: boolean; readonly stays: (path: string) => boolean; readonly discard: () => void }) {
  const [to, setTo] = useState<string>();
  const [, navigate] = useLocation();
  useEffect(() => {
    if (!changed) return undefined;
    const closing = (event: BeforeUnloadEvent): void => { event.preventDefault(); };
    const clicked = (event: MouseEvent): void => {
      const link = event.target instanceof Element ? event.target.closest('a') : null;
      const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
      if (!link || !plain || link.target !== '' || link.origin !== window.location.origin || stays(link.pathname)) return;
      event.preventDefault();
      event.stopPropagation();
      setTo(link.pathname + link.search);
    };
    window.addEventListener('beforeunload', closing);
    // Before React sees the click.
    document.addEventListener('click', clicked, true);
    return () => { window.removeEventListener('beforeunload', closing); document.removeEventListener('click', clicked, true); };
  }, [changed, stays]);
  if (to === undefined) return null;
  const leave = (): void => { setTo(undefined); navigate(to); };
  return (
    <Dialog title="Leave without publishing?" close={() => { setTo(undefined); }} footer={<>
      <Button look="danger" onClick={() => { discard(); leave(); }}>Discard it</Button>
      <Button onClick={leave}>Keep the draft</Button>
      <Button look="primary" onClick={() => { setTo(undefined); }}>Stay</Button>
    </>}>
      <p>What you changed is not published. A draft that is kept waits here, in this tab, until you come back.</p>
    </Dialog>
  );
}
