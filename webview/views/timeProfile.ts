// Owns the small picture of a recurrent layer's gradient through time: one mark a time step, on a log axis, so that it
// shows how far back the gradient reaches. Which record it is of, the tooltip says.
import type { LayerLayout } from '../../src/protocol/run';
import { el, svg } from '../dom';
import { formatInteger, formatScientific } from '../format';

const WIDTH = 240;
const HEIGHT = 36;
/** Flatter than this is drawn flat: less than a factor of 2 is no slope worth a picture's height. */
const LEAST_DECADES = Math.log10(2);

/** The l2 of ∂L/∂h at every time step, first to last; nothing for layers without time. */
export function timeGradients(record: Float64Array, layer: LayerLayout): Float64Array | undefined {
  if (!layer.timeGradient) return undefined;
  const { offset, steps } = layer.timeGradient;
  return record.subarray(offset, offset + steps);
}

/**
 * The path of the values' logarithms in a box of `WIDTH` × `HEIGHT`, first time step on the left, larger up. What is 0 or not
 * finite is a gap.
 */
export function timePath(values: Float64Array): string {
  const decades = Array.from(values, (v) => (v > 0 && Number.isFinite(v) ? Math.log10(v) : Number.NaN));
  const there = decades.filter((d) => !Number.isNaN(d));
  const low = Math.min(...there);
  const span = Math.max(Math.max(...there) - low, LEAST_DECADES);
  const each = WIDTH / Math.max(1, values.length - 1);
  let path = '';
  let drawing = false;
  for (const [t, decade] of decades.entries()) {
    if (Number.isNaN(decade)) {
      drawing = false;
      continue;
    }
    const y = HEIGHT - 2 - ((decade - low) / span) * (HEIGHT - 4);
    path += `${drawing ? 'L' : 'M'}${(t * each).toFixed(1)} ${y.toFixed(1)}`;
    // A lone value would have no line to show it.
    if (!drawing) path += 'h0.01';
    drawing = true;
  }
  return path;
}

/** The picture with its ends in words. */
export function timeProfile(values: Float64Array): HTMLElement {
  const steps = formatInteger(values.length);
  const end = (at: number): string => formatScientific(values[at] ?? Number.NaN);
  const last = values.length - 1;
  const sentence = `gradient by the state: ${end(0)} at time step 1, ${end(last)} at ${steps}`;
  const picture = svg('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': sentence,
  });
  picture.append(svg('path', { d: timePath(values) }));
  return el(
    'div',
    { class: 'time' },
    el('div', { class: 'secondary' }, `back through ${steps} time steps`),
    picture,
    el('div', { class: 'ends' }, el('span', {}, `1: ${end(0)}`), el('span', {}, `${steps}: ${end(last)}`)),
  );
}
