// The buttons of control, each for what is possible now.
import { useState } from 'react';
import type { State } from '@activeflow/engine';
import { Button } from '../../ui/button.js';
import { Confirm } from '../../ui/dialog.js';
import type { Ask } from './control.js';

/** What the buttons ask for. */
export type Asks = { readonly stop: Ask; readonly pause: Ask; readonly resume: Ask; readonly wake: Ask };

/** The buttons. */
export function Controls({ state, asks, busy, send, push }: { readonly state: State; readonly asks: Asks; readonly busy: string; readonly send: (ask: Ask) => void; readonly push: () => void }) {
  const [stopping, setStopping] = useState(false);
  if (state.status === 'ended') return null;
  const { paused, wait, reference } = state;
  const button = (ask: Ask, icon: 'play' | 'paused' | 'right') => <Button icon={icon} busy={busy === ask.what} disabled={busy !== ''} onClick={() => { send(ask); }}>{ask.what}</Button>;
  return (
    <>
      {wait?.kind === 'continue' && !wait.result && button(asks.wake, 'right')}
      <Button icon="plus" onClick={push}>Push action</Button>
      {paused ? button(asks.resume, 'play') : button(asks.pause, 'paused')}
      <Button icon="stopped" look="danger" busy={busy === asks.stop.what} disabled={busy !== ''} onClick={() => { setStopping(true); }}>Stop</Button>
      {stopping && (
        <Confirm title="Stop this activeflow?" yes="Stop it" act={() => { setStopping(false); send(asks.stop); }} close={() => { setStopping(false); }}>
          It ends where it stands and cannot be started again{reference.type === 'call' ? '; its call is hung up' : ''}. Its on-complete flow, if it has one, starts.
        </Confirm>
      )}
    </>
  );
}
