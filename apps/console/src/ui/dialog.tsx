// A dialog: the browser's own, so that focus stays inside, Escape closes it, and what is behind cannot be reached.
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { Button } from './button.js';

type Props = {
  readonly title: string; readonly children: ReactNode; readonly footer?: ReactNode; readonly wide?: boolean;
  /** Called when somebody wants it gone. */
  readonly close: () => void;
};

/** An open dialog; not rendering it closes it, and focus goes back to where it was. */
export function Dialog({ title, children, footer, wide = false, close }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog} className={`dialog${wide ? ' dialog--wide' : ''}`} aria-labelledby={name}
      onCancel={(event) => { event.preventDefault(); close(); }}
      onPointerDown={(event) => { if (event.target === dialog.current) close(); }}
    >
      <div className="dialog__box">
        <h2 id={name}>{title}</h2>
        <div className="dialog__body">{children}</div>
        {footer !== undefined && <div className="dialog__footer">{footer}</div>}
      </div>
    </dialog>
  );
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, children, yes, busy = false, act, close }: {
  readonly title: string; readonly children: ReactNode; readonly yes: string; readonly busy?: boolean; readonly act: () => void; readonly close: () => void;
}) {
  return (
    <Dialog title={title} close={close} footer={<><Button onClick={close}>Cancel</Button><Button look="danger" busy={busy} onClick={act}>{yes}</Button></>}>
      {children}
    </Dialog>
  );
}
