// Owns the panel's text for screen readers: a table of each layer's value, and the live regions.
import { Speaker, summarise } from '../announce';
import { el, setText } from '../dom';
import { describeCell, type Frame } from '../frame';
import { markWord, readMeasure } from '../measures';
import { statusWord } from './bar';

export class TextAlternativeView {
  readonly element: HTMLElement;
  readonly #caption = el('caption');
  readonly #body = el('tbody');
  readonly #cell = el('p', { 'aria-live': 'polite', 'data-region': 'cell' });
  readonly #summary = el('p', { 'aria-live': 'polite', 'data-region': 'summary' });
  readonly #speaker = new Speaker();
  #rows: unknown;
  #cells: { readonly value: HTMLElement; readonly state: HTMLElement }[] = [];
  #status = '';

  constructor() {
    const head = el('tr', {}, ...['Layer', 'Type', 'Value', 'State'].map((word) => el('th', { scope: 'col' }, word)));
    this.element = el(
      'div',
      { class: 'hidden' },
      el('table', { 'data-region': 'values' }, this.#caption, el('thead', {}, head), this.#body),
      this.#cell,
      this.#summary,
    );
  }

  update(frame: Frame, nowMs: number): void {
    if (this.#rows !== frame.rows) {
      this.#rows = frame.rows;
      this.#cells = [];
      const rows = frame.rows.map((row) => {
        const value = el('td');
        const state = el('td');
        this.#cells.push({ value, state });
        return el('tr', {}, el('th', { scope: 'row' }, row.name), el('td', {}, row.type), value, state);
      });
      this.#body.replaceChildren(...rows);
    }
    const { measure, record, run, progress } = frame;
    const at = record ? `, step ${record[0]}` : '';
    setText(this.#caption, `${measure.label} by layer${at}`);
    frame.rows.forEach((row, i) => {
      const cells = this.#cells[i]!;
      const read = record && run && row.layer ? readMeasure(measure, record, row.layer, run.layout) : undefined;
      setText(cells.value, read ? (read.kind === 'nonFinite' ? 'not finite' : measure.format(read.value)) : '–');
      setText(cells.state, read ? (markWord(measure, read.kind) ?? '') : record ? 'does not apply' : '');
    });
    setText(this.#cell, describeCell(frame) ?? '');
    const status = statusWord(progress?.status, run);
    const turned = status !== this.#status && run !== undefined;
    this.#status = status;
    const summary = summarise(frame);
    const word = status.replace('✕ ', '');
    const sentence = turned || !frame.active ? `${word}. ${progress?.message ?? ''} ${summary ?? ''}`.trim() : summary;
    const said = run ? this.#speaker.offer(sentence, nowMs, turned) : undefined;
    if (said) setText(this.#summary, said);
  }
}
