// Buttons. What they do stands on them; where there is only room for an icon, `label` is read out and shown as a tooltip.
import type { ComponentPropsWithRef, ReactNode } from 'react';
import { Icon, type IconName } from './icons.js';

type Look = 'plain' | 'primary' | 'danger' | 'quiet';
type Props = Omit<ComponentPropsWithRef<'button'>, 'className'> & {
  readonly look?: Look; readonly icon?: IconName; readonly small?: boolean;
  /** Whether it is at work: it says so and cannot be pressed again. */
  readonly busy?: boolean; readonly children: ReactNode;
};

/** A button with a word on it. */
export function Button({ look = 'plain', icon, small = false, busy = false, children, disabled, type = 'button', ...rest }: Props) {
  return (
    <button {...rest} type={type} className={`button button--${look}${small ? ' button--small' : ''}`} disabled={disabled === true || busy} aria-busy={busy || undefined}>
      {busy ? <span className="spinner" aria-hidden="true" /> : icon && <Icon name={icon} size={small ? 14 : 16} />}
      <span>{children}</span>
    </button>
  );
}

/** A button with nothing but an icon. */
export function IconButton({ icon, label, pressed, ...rest }: Omit<ComponentPropsWithRef<'button'>, 'className' | 'children'> & { readonly icon: IconName; readonly label: string; readonly pressed?: boolean }) {
  return (
    <button type="button" {...rest} className="icon-button" aria-label={label} title={label} aria-pressed={pressed}>
      <Icon name={icon} />
    </button>
  );
}
