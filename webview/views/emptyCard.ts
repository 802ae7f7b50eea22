// Owns the card over the plot before any run.
import { textButton } from '../controls';
import { el, setText } from '../dom';
import { formatInteger } from '../format';
import type { Frame } from '../frame';
import type { Doings } from './doings';

export class EmptyCardView {
  readonly element: HTMLElement;
  readonly #text = el('span');
  readonly #keys = el('span', { class: 'small secondary' }, 'or ', el('kbd', {}, 'T'));
  readonly #buttons: HTMLElement;
  readonly #train;
  readonly #gradients;

  constructor(doings: Doings) {
    this.#train = textButton('Train', 'primary', () => doings.command('train'), 'resume');
    this.#gradients = textButton('Show gradients', 'secondary', () => doings.command('showGradients'));
    this.#buttons = el('span', { class: 'buttons' }, this.#train.element, this.#gradients.element);
    this.element = el(
      'div',
      { class: 'emptyCard' },
      el('div', { class: 'box' }, this.#text, this.#buttons, this.#keys),
    );
  }

  update(frame: Frame): void {
    const { state, run, range, progress, active } = frame;
    const snapshot = state.snapshot;
    // A run that never had a step has nothing else to show.
    const none = run === undefined || (!active && range === undefined);
    const waiting = run !== undefined && active && range === undefined;
    this.element.hidden = !(snapshot && (none || waiting));
    if (this.element.hidden || !snapshot) return;
    const broken = snapshot.errorCount > 0;
    setText(
      this.#text,
      waiting
        ? progress?.status === 'paused'
          ? 'Paused before the first step.'
          : 'Getting ready: data and weights…'
        : broken
          ? 'Nothing measured yet. The spec has errors.'
          : 'Nothing measured yet.',
    );
    this.#buttons.hidden = waiting;
    this.#keys.hidden = waiting || broken;
    const steps = snapshot.plannedSteps;
    this.#train.set({ label: steps ? `Train ${formatInteger(steps)} steps` : 'Train', disabled: broken });
    this.#gradients.set({ disabled: broken });
  }
}
