// Owns the section of the heatmap: its head, the grid of rows around the plot, the axis, the scrubber, the tooltip; and
// what the pointer does on the plot. What the keyboard does is `main.ts`.
import { el, setAttribute, setText } from '../dom';
import { formatInteger, formatLoss, formatScientific } from '../format';
import { describeCell, type Frame, stepShare } from '../frame';
import type { MeasureId } from '../measures';
import type { Patterns } from '../patterns';
import { paintAxis } from './axis';
import { CellPainter } from './cells';
import type { Doings } from './doings';
import { EmptyCardView } from './emptyCard';
import { paintLegend } from './legend';
import { paintOverlay } from './overlay';
import { RowsView } from './rows';
import { ScrubberView } from './scrubber';
import { TooltipView } from './tooltip';

const TITLES: Readonly<Record<MeasureId, string>> = {
  kernelGradient: 'Gradient by layer and step',
  updateRatio: 'Update ratio by layer and step',
  outputGradient: 'Output gradient by layer and step',
  backwardFactor: 'Backward factor by layer and step',
  activationStd: 'Activation spread by layer and step',
  saturated: 'Saturation by layer and step',
  dead: 'Dead units by layer and step',
};

export class HeatmapView {
  readonly element: HTMLElement;
  readonly grid: HTMLElement;
  readonly scroller: HTMLElement;
  readonly plot: HTMLElement;
  readonly scrubber: ScrubberView;
  readonly #doings: Doings;
  readonly #title = el('h2');
  readonly #colours: Readonly<Record<'magnitude' | 'change', HTMLButtonElement>>;
  readonly #legend = el('canvas', { role: 'img' });
  readonly #now = el('span');
  readonly #passed = el(
    'span',
    { class: 'passed', title: 'What the gradient was multiplied by on its way from the row below to this one' },
    'passed',
  );
  readonly #nowBelow = el('div', { class: 'small secondary nowBelow', 'aria-hidden': 'true' });
  readonly #sticky: HTMLElement;
  readonly #cellsCanvas = el('canvas', { 'aria-hidden': 'true' });
  readonly #overlay = el('canvas', { class: 'overlay', 'aria-hidden': 'true' });
  readonly #axis = el('canvas', { 'aria-hidden': 'true' });
  readonly #loss = el('div', { class: 'small secondary loss' });
  readonly #arrow = el('div', { class: 'backprop', 'aria-hidden': 'true' }, el('span', {}, 'backprop'));
  readonly #painter = new CellPainter(this.#cellsCanvas);
  readonly #rows: RowsView;
  readonly #card: EmptyCardView;
  readonly #tooltip = new TooltipView();
  #frame: Frame | undefined;
  #painted: unknown[] = [];

  constructor(doings: Doings, redraw: () => void) {
    this.#doings = doings;
    const colour = (name: 'magnitude' | 'change', text: string, title: string): HTMLButtonElement => {
      const button = el('button', { type: 'button', title }, text);
      button.addEventListener('click', () => doings.dispatch({ type: 'colour', colour: name }));
      return button;
    };
    this.#colours = {
      magnitude: colour('magnitude', 'Magnitude', 'Colour shows the value (C)'),
      change: colour(
        'change',
        'Change',
        'Colour shows the change since a reference step; Shift-click a column to take it as the reference (C)',
      ),
    };
    this.scrubber = new ScrubberView(doings);
    this.#card = new EmptyCardView(doings);
    this.#sticky = el('div', { class: 'sticky' }, this.#cellsCanvas, this.#overlay);
    this.plot = el('div', { class: 'plot', role: 'presentation' }, this.#sticky);
    this.grid = el('div', { class: 'grid', role: 'grid', tabindex: '0' }, this.plot);
    this.scroller = el('div', { class: 'scroller' }, this.grid);
    this.#rows = new RowsView(this.grid, doings);
    const heads = el('div', { class: 'columnHeads' }, this.#now, this.#passed);
    this.element = el(
      'section',
      { class: 'heatmap' },
      el(
        'div',
        { class: 'head' },
        el(
          'div',
          { class: 'titles' },
          this.#title,
          el(
            'span',
            { class: 'segments', role: 'group', 'aria-label': 'Colour shows' },
            this.#colours.magnitude,
            this.#colours.change,
          ),
        ),
        el('div', { class: 'legend' }, this.#legend),
        heads,
      ),
      el('div', { class: 'rowsArea' }, this.#arrow, this.scroller, this.#card.element),
      el('div', { class: 'axis' }, this.#loss, this.#axis, this.#nowBelow),
      this.scrubber.element,
      this.#tooltip.element,
    );
    this.scroller.addEventListener('scroll', redraw, { passive: true });
    this.#overlay.addEventListener('pointermove', (event) => this.#point(event));
    this.#overlay.addEventListener('pointerleave', () => this.#leave());
    this.#overlay.addEventListener('click', (event) => this.#click(event));
  }

  update(frame: Frame, patterns: Patterns): void {
    this.#frame = frame;
    const { state, rows, rowHeight, range, run, progress, measure, active } = frame;
    setText(this.#title, TITLES[measure.id]);
    for (const [name, button] of Object.entries(this.#colours)) {
      setAttribute(button, 'aria-pressed', String(state.colour === name));
    }
    const change = frame.reference !== undefined;
    setAttribute(
      this.grid,
      'aria-label',
      range
        ? `${measure.label}${change ? ', change' : ''}: ${rows.length} layers by steps ${range.first} to ${range.last}`
        : `${measure.label}: ${rows.length} layers, no steps yet`,
    );
    setAttribute(this.grid, 'aria-rowcount', String(rows.length));
    this.grid.style.setProperty('--row', `${rowHeight}px`);
    this.grid.classList.toggle('dense', rowHeight < 20);
    this.grid.classList.toggle('plain', measure.format !== formatScientific);
    this.plot.style.gridRow = `1 / span ${Math.max(1, rows.length)}`;
    this.#sticky.style.height = `${this.scroller.clientHeight}px`;
    const gutter = this.scroller.offsetWidth - this.scroller.clientWidth;
    this.element.style.setProperty('--gutter', `${gutter}px`);
    this.#rows.update(frame);
    const shown = frame.record?.[0];
    const now = !range ? '' : state.shown === 'live' && active ? 'now' : `at ${formatInteger(shown ?? range.last)}`;
    setText(this.#now, now);
    setText(this.#nowBelow, frame.sizes.narrow ? now.replace('at ', '') : '');
    this.#passed.hidden = !run || measure.id === 'backwardFactor';
    setText(this.#loss, run && progress && range ? `loss ${formatLoss(progress.loss).replace('✕ ', '')}` : 'loss');
    this.#arrow.hidden = rows.length === 0;
    this.#card.update(frame);
    this.element.classList.toggle('noRows', rows.length === 0);

    const scrollTop = this.scroller.scrollTop;
    this.#paintCells(frame, patterns, scrollTop);
    paintOverlay(this.#overlay, frame, scrollTop);
    paintAxis(this.#axis, frame);
    paintLegend(this.#legend, frame, patterns);
    this.scrubber.update(frame);
    const byKeys = state.active?.by === 'keyboard';
    this.#rows.activate(state.active?.row, describeCell(frame), byKeys);
    const box = this.element.getBoundingClientRect();
    const plot = this.#sticky.getBoundingClientRect();
    this.#tooltip.update(
      frame,
      { left: plot.left - box.left, top: plot.top - box.top, width: plot.width, height: plot.height },
      box.width,
      scrollTop,
    );
  }

  /** Cells are painted anew only where something they show has changed. */
  #paintCells(frame: Frame, patterns: Patterns, scrollTop: number): void {
    const { track, span, scale, theme, measure, rows, reference, rowHeight } = frame;
    const key: unknown[] = [track, track?.knownTo, span.from, span.to, scale.low, scale.high, theme, measure, rows];
    key.push(rowHeight, scrollTop, patterns, this.#sticky.clientWidth, this.#sticky.clientHeight, devicePixelRatio);
    key.push(reference?.step, ...(reference?.means ?? []));
    if (key.length === this.#painted.length && key.every((part, i) => Object.is(part, this.#painted[i]))) return;
    this.#painted = key;
    this.#painter.paint(frame, patterns, scrollTop);
  }

  /** Row and column under the pointer. */
  #cellAt(event: MouseEvent): { readonly row: number; readonly step: number } | undefined {
    const frame = this.#frame;
    if (!frame?.track || !frame.range) return undefined;
    const box = this.#overlay.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top + this.scroller.scrollTop) / frame.rowHeight);
    const { from, to } = frame.span;
    const step = Math.floor(from + ((event.clientX - box.left) / box.width) * (to - from));
    // Of the empty part of a young run nothing can be said.
    if (row < 0 || row >= frame.rows.length || stepShare(frame, step) < 0 || step > frame.range.last) return undefined;
    return { row, step: frame.track.stepOf(frame.track.binOf(step)) };
  }

  #point(event: PointerEvent): void {
    const state = this.#frame?.state;
    if (!state || state.pinned) return;
    const at = this.#cellAt(event);
    if (!at) {
      this.#leave();
      return;
    }
    const { active } = state;
    if (active?.row === at.row && active.step === at.step && active.by === 'pointer') return;
    this.#doings.dispatch({ type: 'point', cell: { ...at, by: 'pointer' } });
  }

  #leave(): void {
    const state = this.#frame?.state;
    if (state?.active?.by === 'pointer' && !state.pinned) this.#doings.dispatch({ type: 'point', cell: undefined });
  }

  #click(event: MouseEvent): void {
    const at = this.#cellAt(event);
    if (at && event.shiftKey) {
      this.#doings.dispatch({ type: 'reference', step: at.step });
      return;
    }
    const box = this.#overlay.getBoundingClientRect();
    const height = this.#frame?.rowHeight ?? 1;
    const row = this.#frame?.rows[Math.floor((event.clientY - box.top + this.scroller.scrollTop) / height)];
    if (row) this.#doings.reveal(row.name, false);
  }
}
