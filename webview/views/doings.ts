// Owns what views may cause: changes of state, commands, and showing a layer in the spec.
import type { PanelCommand } from '../../src/protocol/panel';
import type { Action } from '../store';

export interface Doings {
  dispatch(action: Action): void;
  command(command: PanelCommand): void;
  /** Shows a layer in the spec; `focus` moves the keyboard there too. */
  reveal(layer: string, focus: boolean): void;
}
