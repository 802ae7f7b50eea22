// Owns the axis of steps under the plot: ticks, and where values first exploded or stopped being finite.
import { openCanvas } from '../dom';
import { formatInteger } from '../format';
import { type Frame, stepShare } from '../frame';
import { cellKind } from '../recordings';
import { niceStep } from '../scale';

export interface AxisEvent {
  readonly kind: 'high' | 'nonFinite';
  /** Steps of the first such column. */
  readonly from: number;
  readonly to: number;
}

/** The first columns in view that are marked high, and not finite. */
export function findEvents(frame: Frame): AxisEvent[] {
  const { track, columns, measure, span, range } = frame;
  if (!track || !range) return [];
  const events = new Map<'high' | 'nonFinite', AxisEvent>();
  const firstBin = Math.max(0, track.binOf(span.from));
  const lastBin = Math.min(track.bins - 1, track.binOf(span.to - 1));
  for (let bin = firstBin; bin <= lastBin && events.size < 2; bin++) {
    for (let row = 0; row < columns.value.length; row++) {
      const kind = cellKind(measure, track, columns, row, bin);
      if ((kind !== 'high' && kind !== 'nonFinite') || events.has(kind)) continue;
      const from = track.stepOf(bin);
      const to = Math.min(from + track.binSteps - 1, range.last);
      events.set(kind, { kind, from: Math.max(from, range.first), to });
    }
  }
  return [...events.values()];
}

/** The events of the last frame: searching them anew is work for as many cells as there are. */
let found: { readonly key: readonly unknown[]; readonly events: AxisEvent[] } = { key: [], events: [] };

function eventsOf(frame: Frame): AxisEvent[] {
  const { track, measure, span } = frame;
  const key = [track, track?.knownTo, measure, span.from, span.to];
  if (key.some((part, i) => part !== found.key[i])) {
    const rank = (event: AxisEvent): number => (event.kind === 'nonFinite' ? 0 : 1);
    found = { key, events: findEvents(frame).sort((a, b) => rank(a) - rank(b)) };
  }
  return found.events;
}

/** Draws the axis anew. */
export function paintAxis(canvas: HTMLCanvasElement, frame: Frame): void {
  const surface = openCanvas(canvas, frame.theme.font);
  if (!surface) return;
  const { context, width } = surface;
  const { theme, span, range, measure, state, run } = frame;
  // Without a plan there are no steps to count.
  if (!range && !run && state.snapshot?.plannedSteps === undefined) return;
  const x = (step: number): number => stepShare(frame, step) * width;
  const busy: [number, number][] = [];
  const put = (text: string, at: number, align: number, colour: string, bold = false): boolean => {
    context.font = `${bold ? '600 ' : ''}11px ${theme.font}`;
    const wide = context.measureText(text).width;
    const left = Math.max(0, Math.min(width - wide, at - wide * align));
    if (busy.some(([a, b]) => left < b + 8 && left + wide > a - 8)) return false;
    busy.push([left, left + wide]);
    context.fillStyle = colour;
    context.fillText(text, left, 12);
    return true;
  };
  const compact = width < 400;
  for (const event of eventsOf(frame)) {
    const sign = event.kind === 'high' ? '▲' : '✕';
    const word = event.kind === 'high' ? (measure.high?.word ?? '') : 'not finite';
    const steps =
      event.to > event.from ? `${formatInteger(event.from)}–${formatInteger(event.to)}` : formatInteger(event.from);
    const at = x(event.from);
    context.fillStyle = theme.error;
    context.fillRect(Math.min(width - 1, Math.round(at)), 0, 1, 5);
    // Where both do not fit, the sign alone does.
    const full = compact ? sign : `${sign} ${steps} ${word}`;
    if (!put(full, at, 0.5, theme.error, true)) put(sign, at, 0.5, theme.error, true);
  }
  const step = niceStep(span.to - span.from, Math.max(2, width / (compact ? 90 : 80)), 1);
  const last = range ? span.to - 1 : span.to;
  for (let s = Math.ceil(span.from / step) * step; s <= last; s += step) {
    const at = x(s);
    context.fillStyle = theme.secondary;
    context.fillRect(Math.min(width - 1, Math.round(at)), 0, 1, 4);
    put(formatInteger(s), at, s === span.from ? 0 : s === last ? 1 : 0.5, theme.secondary);
  }
}
