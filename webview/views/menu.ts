// Owns the menu behind the three dots.
import { type ButtonControl, iconButton } from '../controls';
import { el, setAttribute } from '../dom';
import type { Frame } from '../frame';
import type { Doings } from './doings';

interface Entry {
  readonly label: string;
  readonly key?: string;
  readonly checked?: (frame: Frame) => boolean;
  readonly enabled: (frame: Frame) => boolean;
  readonly run: (frame: Frame, doings: Doings) => void;
}

const isRight = (frame: Frame): boolean => frame.state.snapshot !== undefined && frame.state.snapshot.errorCount === 0;

const ENTRIES: readonly Entry[] = [
  {
    label: 'Train with a new seed',
    enabled: isRight,
    run: (_, doings) => doings.command('trainNewSeed'),
  },
  {
    label: 'Show gradients of one batch',
    enabled: (frame) => isRight(frame) && !frame.active,
    run: (_, doings) => doings.command('showGradients'),
  },
  {
    label: 'Lock the colour scale',
    key: 'L',
    checked: (frame) => frame.locked,
    enabled: () => true,
    run: (frame, doings) => doings.dispatch({ type: 'lock', scale: frame.locked ? undefined : frame.scale }),
  },
  {
    label: 'Compare with the step pointed at',
    enabled: (frame) => frame.pointedSteps !== undefined || frame.state.shown !== 'live',
    run: (frame, doings) => {
      const step = frame.pointedSteps?.from ?? (frame.state.shown === 'live' ? undefined : frame.state.shown);
      doings.dispatch({ type: 'reference', step });
    },
  },
  {
    label: 'Show the whole run',
    key: '0',
    enabled: (frame) => frame.state.view.kind !== 'whole',
    run: (_, doings) => doings.dispatch({ type: 'view', view: { kind: 'whole' } }),
  },
];

export class MenuView {
  readonly element: HTMLElement;
  readonly #button: ButtonControl;
  readonly #list: HTMLElement;
  readonly #items: readonly HTMLButtonElement[];
  #frame: Frame | undefined;

  constructor(doings: Doings) {
    this.#button = iconButton('more', 'More', () => this.#toggle(this.#list.hidden === true));
    setAttribute(this.#button.element, 'aria-haspopup', 'menu');
    this.#items = ENTRIES.map((entry) => {
      const item = el(
        'button',
        { type: 'button', role: entry.checked ? 'menuitemcheckbox' : 'menuitem', tabindex: '-1' },
        el('span', { class: 'check', 'aria-hidden': 'true' }),
        el('span', { class: 'words' }, entry.label),
        ...(entry.key ? [el('span', { class: 'key' }, entry.key)] : []),
      );
      item.addEventListener('click', () => {
        this.#toggle(false);
        if (this.#frame) entry.run(this.#frame, doings);
      });
      return item;
    });
    this.#list = el('div', { class: 'menu', role: 'menu', 'aria-label': 'More' }, ...this.#items);
    this.#list.hidden = true;
    this.element = el('span', { class: 'menuAnchor' }, this.#button.element, this.#list);
    this.#list.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('focusout', (event) => {
      if (!(event.relatedTarget instanceof Node) || !this.element.contains(event.relatedTarget)) this.#toggle(false);
    });
    document.addEventListener('pointerdown', (event) => {
      if (event.target instanceof Node && !this.element.contains(event.target)) this.#toggle(false);
    });
  }

  update(frame: Frame): void {
    this.#frame = frame;
    ENTRIES.forEach((entry, i) => {
      const item = this.#items[i]!;
      item.disabled = !entry.enabled(frame);
      if (entry.checked) setAttribute(item, 'aria-checked', String(entry.checked(frame)));
    });
  }

  #toggle(open: boolean): void {
    if (this.#list.hidden === !open) return;
    this.#list.hidden = !open;
    setAttribute(this.#button.element, 'aria-expanded', String(open));
    if (open) this.#items.find((item) => !item.disabled)?.focus();
  }

  #key(event: KeyboardEvent): void {
    event.stopPropagation();
    const open = this.#items.filter((item) => !item.disabled);
    const at = open.indexOf(document.activeElement as HTMLButtonElement);
    const to =
      event.key === 'ArrowDown'
        ? (at + 1) % open.length
        : event.key === 'ArrowUp'
          ? (at - 1 + open.length) % open.length
          : event.key === 'Home'
            ? 0
            : event.key === 'End'
              ? open.length - 1
              : -1;
    if (to >= 0) open[to]?.focus();
    else if (event.key === 'Escape') {
      this.#toggle(false);
      this.#button.element.focus();
    } else return;
    event.preventDefault();
  }
}
