// Owns the row headers and the values beside the plot: real elements, which screen readers read as a grid.
import { el, setAttribute, setText } from '../dom';
import { formatFactor, formatNonFinite, splitExponent, splitName } from '../format';
import type { Frame, Row } from '../frame';
import { passedFrom, readMeasure } from '../measures';
import type { Doings } from './doings';

/** A number whose exponent stands in a box of its own, so that those of a column stand under each other. */
export function alignedNumber(): { readonly element: HTMLElement; set(text: string, bad: boolean): void } {
  const mantissa = el('span');
  const exponent = el('i');
  const element = el('span', { class: 'number' }, mantissa, exponent);
  return {
    element,
    set(text, bad) {
      const parts = splitExponent(text);
      setText(mantissa, parts.mantissa);
      setText(exponent, parts.exponent);
      exponent.hidden = bad;
      element.classList.toggle('bad', bad);
    },
  };
}

class RowView {
  readonly element: HTMLElement;
  readonly label: HTMLElement;
  readonly value: HTMLElement;
  readonly cell: HTMLElement;
  text = '';
  readonly #mark = el('span', { class: 'mark', 'aria-hidden': 'true' });
  readonly #number = alignedNumber();
  readonly #passed = el('span', { class: 'passed' });

  constructor(row: Row, index: number, doings: Doings) {
    const { head, tail } = splitName(row.name);
    const name = el('span', { class: 'name' }, el('span', { class: 'nameHead' }, head), tail);
    name.style.setProperty('--tail', `${tail.length}ch`);
    this.label = el(
      'div',
      { class: 'label', role: 'rowheader', title: `${row.name} · ${row.type} · ${row.detail}` },
      name,
      el('span', { class: 'detail' }, row.detail),
    );
    this.value = el('div', { class: 'value', role: 'gridcell' }, this.#mark, this.#number.element, this.#passed);
    // The cell that the arrow keys are on: the canvas has none, so this one stands for it.
    this.cell = el('div', { class: 'hidden', role: 'gridcell', id: `cell-${index}` });
    this.element = el(
      'div',
      { class: 'row', role: 'row', 'aria-rowindex': String(index + 1) },
      this.label,
      this.cell,
      this.value,
    );
    for (const part of [this.label, this.value]) part.style.gridRow = String(index + 1);
    this.label.addEventListener('click', () => doings.reveal(row.name, false));
    this.label.addEventListener('dblclick', () => doings.reveal(row.name, true));
  }

  update(row: Row, frame: Frame, selected: boolean): void {
    setAttribute(this.element, 'aria-selected', selected ? 'true' : undefined);
    this.label.classList.toggle('selected', selected);
    this.value.classList.toggle('selected', selected);
    const { measure, record, run } = frame;
    const read = record && run && row.layer ? readMeasure(measure, record, row.layer, run.layout) : undefined;
    const bad = read?.kind === 'nonFinite';
    setText(this.#mark, read?.kind === 'high' ? '▲' : '');
    this.text = read ? (bad ? formatNonFinite(read.value) : measure.format(read.value)) : '–';
    this.#number.set(this.text, bad);
    this.value.classList.toggle('absent', !read);
    setText(this.#passed, frame.sizes.narrow ? '' : this.#passedBack(row, frame));
  }

  #passedBack(row: Row, { measure, record, run }: Frame): string {
    if (!record || !run || !row.layer || measure.id === 'backwardFactor') return '';
    const { factor } = passedFrom(row.layer, record, run.layout);
    // Not empty: the column keeps its place.
    return Number.isFinite(factor) ? formatFactor(factor) : '\u00a0';
  }
}

/** Left of a name: the arrow of backprop, and room between name, detail and plot. */
const LABEL_ROOM = 38;

/** Gives the column of names the width that these rows need in the fonts at hand, within bounds. */
function fitLabels(rows: readonly Row[]): void {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return;
  const family = getComputedStyle(document.body).fontFamily;
  const widest = (font: string, texts: readonly string[]): number => {
    context.font = `${font} ${family}`;
    return Math.max(0, ...texts.map((text) => context.measureText(text).width));
  };
  const name = widest(
    '600 12px',
    rows.map((row) => row.name),
  );
  const detail = widest(
    '11px',
    rows.map((row) => row.detail),
  );
  const { style } = document.documentElement;
  style.setProperty('--label-wide', `clamp(148px, ${Math.ceil(name + detail + LABEL_ROOM)}px, min(240px, 28vw))`);
  style.setProperty('--label-narrow', `clamp(64px, ${Math.ceil(name + LABEL_ROOM - 8)}px, 30vw)`);
}

export class RowsView {
  readonly #grid: HTMLElement;
  readonly #doings: Doings;
  #views: RowView[] = [];
  #rows: readonly Row[] | undefined;

  constructor(grid: HTMLElement, doings: Doings) {
    this.#grid = grid;
    this.#doings = doings;
  }

  update(frame: Frame): void {
    if (this.#rows !== frame.rows) {
      this.#rows = frame.rows;
      for (const view of this.#views) view.element.remove();
      this.#views = frame.rows.map((row, i) => new RowView(row, i, this.#doings));
      this.#grid.append(...this.#views.map((view) => view.element));
      fitLabels(frame.rows);
    }
    frame.rows.forEach((row, i) => {
      this.#views[i]?.update(row, frame, i === frame.selectedRow);
    });
    const wide = this.#views.some((view) => /e[+-]\d{3}$/.test(view.text));
    this.#grid.classList.toggle('wideExponents', wide);
  }

  /** Makes the row's cell the active one of the grid, with its words; the row is scrolled to. */
  activate(row: number | undefined, words: string | undefined, scroll: boolean): void {
    const view = row === undefined ? undefined : this.#views[row];
    setAttribute(this.#grid, 'aria-activedescendant', view?.cell.id);
    if (view) setText(view.cell, words ?? '');
    if (view && scroll) view.label.scrollIntoView({ block: 'nearest' });
  }
}
