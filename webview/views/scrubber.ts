// Owns the strip of the whole run: its overview, the frame of the plot's window, the handle of the step shown.
import { el, openCanvas, setAttribute, setText } from '../dom';
import { formatInteger } from '../format';
import type { Frame } from '../frame';
import { clampView, resolveView } from '../store';
import { withAlpha } from '../theme';
import type { Doings } from './doings';
import { Overview } from './overview';

const TOP = 6;
const HEIGHT = 10;
/** So near to the handle, in pixels, a press takes it. */
const REACH = 8;

export class ScrubberView {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly #live: HTMLButtonElement;
  readonly #doings: Doings;
  readonly #overview = new Overview();
  #frame: Frame | undefined;
  #drag: { readonly kind: 'step' | 'window'; readonly offset: number } | undefined;

  constructor(doings: Doings) {
    this.#doings = doings;
    this.canvas = el('canvas', {
      role: 'slider',
      tabindex: '0',
      'aria-label': 'Step shown',
      'aria-valuemin': '0',
      'aria-valuemax': '0',
      'aria-valuenow': '0',
    });
    this.#live = el('button', { class: 'live', type: 'button' });
    this.#live.addEventListener('click', () => doings.dispatch({ type: 'show', step: 'live' }));
    this.element = el(
      'div',
      { class: 'scrubber' },
      el('span', { class: 'small secondary run' }, 'run'),
      this.canvas,
      el('span', { class: 'end' }, this.#live),
    );
    this.canvas.addEventListener('pointerdown', (event) => this.#press(event));
    this.canvas.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel']) this.canvas.addEventListener(end, () => (this.#drag = undefined));
  }

  update(frame: Frame): void {
    this.#frame = frame;
    const { range, state, theme } = frame;
    const surface = openCanvas(this.canvas, theme.font);
    const shown = this.#shownStep(frame);
    if (range && shown !== undefined) {
      setAttribute(this.canvas, 'aria-valuemin', String(range.first));
      setAttribute(this.canvas, 'aria-valuemax', String(range.last));
      setAttribute(this.canvas, 'aria-valuenow', String(shown));
      const live = state.shown === 'live' && frame.active ? ', live' : '';
      setAttribute(this.canvas, 'aria-valuetext', `step ${shown}${live}`);
    }
    setAttribute(this.canvas, 'aria-disabled', range ? undefined : 'true');
    this.#updateLive(frame, shown);
    if (!surface) return;
    const { context, width } = surface;
    const total = this.#total(frame);
    const x = (step: number): number => (total > 0 ? (step / total) * width : 0);
    context.fillStyle = withAlpha(theme.foreground, theme.highContrast ? 0.15 : 0.08);
    context.fillRect(0, TOP, width, HEIGHT);
    const end = range ? Math.max(2, x(range.last)) : 0;
    this.#paintOverview(frame, context, width, total);
    if (range && shown !== undefined) {
      const { from, to } = resolveView(state.view, range.first, range.last);
      const left = from <= range.first ? 0 : x(from);
      const right = Math.max(left + 4, x(to - 1));
      context.strokeStyle = theme.focus;
      context.lineWidth = 1.5;
      context.strokeRect(left + 0.75, TOP - 1.25, Math.max(2, right - left - 1.5), HEIGHT + 2.5);
      context.fillStyle = theme.focus;
      context.fillRect(Math.min(width - 6, Math.max(0, x(shown) - 3)), TOP - 4, 6, HEIGHT + 8);
      const text = formatInteger(range.last);
      context.fillStyle = theme.secondary;
      const room = width - end - 12 - context.measureText(formatInteger(total)).width - 12;
      if (range.last < total && room > context.measureText(text).width) context.fillText(text, end + 8, TOP + 5.5);
    }
    if (frame.pointedSteps) {
      context.fillStyle = theme.foreground;
      context.fillRect(Math.min(width - 1, Math.round(x(frame.pointedSteps.from))), TOP - 4, 1, HEIGHT + 8);
    }
    if (total > 1 && (!range || range.last < total * 0.93)) {
      context.fillStyle = theme.secondary;
      context.textAlign = 'right';
      context.fillText(formatInteger(total), width - 4, TOP + 5.5);
    }
  }

  #updateLive(frame: Frame, shown: number | undefined): void {
    const { state, active, range } = frame;
    const live = state.shown === 'live';
    this.#live.hidden = !range;
    if (!range) return;
    this.#live.classList.toggle('on', live && active);
    setText(this.#live, live && active ? 'live' : formatInteger(shown ?? 0));
    const title = live ? (active ? 'Following the run' : 'The last step recorded') : 'Back to the newest step (End)';
    setAttribute(this.#live, 'title', title);
    setAttribute(this.#live, 'aria-label', live && active ? 'Live: following the run' : `Step ${shown}: ${title}`);
    setAttribute(this.#live, 'aria-pressed', String(live));
  }

  #paintOverview(frame: Frame, context: CanvasRenderingContext2D, width: number, total: number): void {
    const { whole, columns, measure, scale, theme, range } = frame;
    if (!whole || !range || total <= 0) return;
    this.#overview.update(whole, measure, columns);
    for (let bin = 0; bin < whole.bins; bin++) {
      if (whole.count(bin) === 0) continue;
      const from = Math.max(0, Math.floor((whole.stepOf(bin) / total) * width));
      const to = Math.min(width, Math.ceil((Math.min(range.last, whole.stepOf(bin + 1)) / total) * width));
      const bad = this.#overview.isBad(bin);
      const share = this.#overview.share(bin, scale);
      if (Number.isNaN(share) && !bad) continue;
      context.fillStyle = bad ? theme.error : theme.sequential.css(share);
      context.fillRect(from, TOP, Math.max(1, to - from), HEIGHT);
    }
  }

  #total(frame: Frame): number {
    const planned = frame.run ? frame.run.totalSteps : (frame.state.snapshot?.plannedSteps ?? 0);
    return Math.max(planned, frame.range?.last ?? 0, 1);
  }

  #shownStep({ state, range }: Frame): number | undefined {
    if (!range) return undefined;
    return state.shown === 'live' ? range.last : Math.min(range.last, Math.max(range.first, state.shown));
  }

  #stepAt(event: PointerEvent): number {
    const box = this.canvas.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * this.#total(this.#frame!);
  }

  #press(event: PointerEvent): void {
    const frame = this.#frame;
    const shown = frame && this.#shownStep(frame);
    if (!frame?.range || shown === undefined || event.button !== 0) return;
    const step = this.#stepAt(event);
    const reach = (REACH / this.canvas.clientWidth) * this.#total(frame);
    const { from, to } = resolveView(frame.state.view, frame.range.first, frame.range.last);
    const inWindow = frame.state.view.kind !== 'whole' && step >= from && step <= to;
    this.canvas.setPointerCapture(event.pointerId);
    if (inWindow && Math.abs(step - shown) > reach) {
      this.#drag = { kind: 'window', offset: step - from };
      return;
    }
    this.#drag = { kind: 'step', offset: Math.abs(step - shown) <= reach ? step - shown : 0 };
    if (this.#drag.offset === 0) this.#doings.dispatch({ type: 'show', step: Math.round(step) });
  }

  #move(event: PointerEvent): void {
    const range = this.#frame?.range;
    if (!this.#drag || !range || !this.#frame) return;
    const step = this.#stepAt(event) - this.#drag.offset;
    if (this.#drag.kind === 'step') {
      this.#doings.dispatch({ type: 'show', step: Math.round(step) });
      return;
    }
    const { from, to } = resolveView(this.#frame.state.view, range.first, range.last);
    this.#doings.dispatch({ type: 'view', view: clampView(Math.round(step), to - from, range.first, range.last) });
  }
}
