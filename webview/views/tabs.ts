// Owns the tabs that a narrow panel has in place of two charts side by side.
import { el, setAttribute } from '../dom';
import type { Frame } from '../frame';
import type { Doings } from './doings';

const TABS = [
  { id: 'profile', label: 'Profile' },
  { id: 'curves', label: 'Curves' },
] as const;

export class TabsView {
  readonly element: HTMLElement;
  readonly #buttons: readonly HTMLButtonElement[];

  constructor(doings: Doings) {
    this.#buttons = TABS.map(({ id, label }) => {
      const button = el('button', { type: 'button', role: 'tab' }, label);
      button.addEventListener('click', () => doings.dispatch({ type: 'tab', tab: id }));
      return button;
    });
    const list = el('span', { class: 'segments', role: 'tablist', 'aria-label': 'Charts' }, ...this.#buttons);
    list.addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
      const other = this.#buttons.findIndex((button) => button !== document.activeElement);
      doings.dispatch({ type: 'tab', tab: TABS[other]!.id });
      this.#buttons[other]?.focus();
      event.preventDefault();
    });
    this.element = el('div', { class: 'tabs' }, list);
  }

  update({ state }: Frame): void {
    this.#buttons.forEach((button, i) => {
      const on = TABS[i]!.id === state.tab;
      setAttribute(button, 'aria-selected', String(on));
      setAttribute(button, 'tabindex', on ? '0' : '-1');
    });
  }
}
