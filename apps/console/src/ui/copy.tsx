// An id or a secret that can be taken along.
import { useState } from 'react';
import { IconButton } from './button.js';
import { tellError } from './toast.js';

/** The last eight characters of an id, which tell it apart at a glance: ids that are made one after another begin alike. */
export const shortId = (id: string): string => id.slice(-8);

/** A text with a button that copies it. */
export function Copyable({ text, label, children }: { readonly text: string; readonly label: string; readonly children?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    // Only where the browser trusts the address: HTTPS, or this machine.
    if (!window.isSecureContext) { tellError(new Error('Copying needs HTTPS: select the text, and copy it by hand.')); return; }
    navigator.clipboard.writeText(text).then(() => {
      setCopied(true);
      setTimeout(() => { setCopied(false); }, 1_500);
    }).catch(tellError);
  };
  return (
    <span className="copyable">
      <code title={text}>{children ?? text}</code>
      <IconButton icon={copied ? 'check' : 'copy'} label={copied ? 'Copied' : `Copy ${label}`} onClick={copy} />
    </span>
  );
}
