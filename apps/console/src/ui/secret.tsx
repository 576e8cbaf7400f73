// A secret that is shown this once.
import { Copyable } from './copy.js';
import { Icon } from './icons.js';

/** The secret with a button that copies it, and the word that it will not be seen again. */
export function Secret({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <>
      <p className="notice notice--wait"><Icon name="warning" />Copy it now: it is not shown again.</p>
      <div className="secret"><Copyable text={text} label={label} /></div>
    </>
  );
}
