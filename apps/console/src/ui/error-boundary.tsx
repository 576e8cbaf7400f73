// A page that throws takes nothing else with it. React has no other form for this than a class.
import { Component, type ReactNode } from 'react';
import { Failed } from './states.js';

type Props = { readonly children: ReactNode; readonly resetOn?: string };
type State = { readonly error: unknown; readonly at: string | undefined };

// eslint-disable-next-line no-restricted-syntax -- catching what a child throws is only offered to classes
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: undefined, at: undefined };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error };
  }

  /** Going elsewhere is a new try. */
  static getDerivedStateFromProps({ resetOn }: Props, { at }: State): Partial<State> | null {
    return resetOn === at ? null : { at: resetOn, error: undefined };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === undefined ? this.props.children : <Failed error={error} retry={() => { this.setState({ error: undefined }); }} />;
  }
}
