// Owns the legend: the marks with their numbers, the ramp, its ticks.
import { openCanvas, setAttribute } from '../dom';
import { formatDecade, formatInteger, formatPercent } from '../format';
import type { Frame } from '../frame';
import type { PatternName, Patterns } from '../patterns';
import { decadeTicks, position } from '../scale';
import { CHANGE_DECADES, CHANGE_SHARE } from './cells';

const BAR_TOP = 16;
const BAR_HEIGHT = 7;
const TICK_LINE = 30;

function limitText(limit: number): string {
  return formatDecade(Math.round(Math.log10(limit))).replace('+', '');
}

function marks(frame: Frame): { readonly pattern: PatternName; readonly text: string }[] {
  const { measure, reference } = frame;
  const all: { pattern: PatternName; text: string }[] = [];
  if (measure.low && !reference)
    all.push({ pattern: 'hatch', text: `${measure.low.word} < ${limitText(measure.low.limit)}` });
  if (measure.high) all.push({ pattern: 'chevrons', text: `${measure.high.word} > ${limitText(measure.high.limit)}` });
  all.push({ pattern: 'checkerboard', text: 'NaN, Inf' });
  return all;
}

/** Draws the legend anew. */
export function paintLegend(canvas: HTMLCanvasElement, frame: Frame, patterns: Patterns): void {
  const surface = openCanvas(canvas, frame.theme.font);
  if (!surface) return;
  const { context, width } = surface;
  const { theme, measure, scale, reference } = frame;
  const keys = marks(frame);
  let right = width;
  context.textAlign = 'right';
  for (const { pattern, text } of [...keys].reverse()) {
    context.fillStyle = theme.secondary;
    context.fillText(text, right, 6);
    right -= context.measureText(text).width + 5;
    if (pattern === 'hatch') {
      context.fillStyle = theme.sequential.css(0.12);
      context.fillRect(right - 14, 0, 14, 11);
    }
    context.fillStyle = patterns[pattern];
    context.fillRect(right - 14, 0, 14, 11);
    context.strokeStyle = theme.secondary;
    context.lineWidth = 1;
    context.strokeRect(right - 14.5, 0.5, 14, 11);
    right -= 26;
  }
  if (frame.locked && !reference) {
    context.textAlign = 'left';
    context.fillStyle = theme.foreground;
    if (right > 74) context.fillText('scale locked', 0, 6);
  }

  const ramp = reference ? theme.diverging : theme.sequential;
  for (let x = 0; x < width; x++) {
    context.fillStyle = ramp.css((x + 0.5) / width);
    context.fillRect(x, BAR_TOP, 1, BAR_HEIGHT);
  }
  if (measure.low && !reference && scale.kind === 'log') {
    const end = Math.min(width, position(scale, measure.low.limit) * width);
    if (end > 0) {
      context.fillStyle = patterns.hatch;
      context.fillRect(0, BAR_TOP, end, BAR_HEIGHT);
    }
  }
  const ticks = reference ? changeTicks(frame) : scaleTicks(frame, width);
  let busy = Number.NEGATIVE_INFINITY;
  const ordered = [...ticks].sort((a, b) => a.share - b.share);
  ordered.forEach(({ share, text }) => {
    const x = share * width;
    if (share > 0.001 && share < 0.999) {
      context.fillStyle = theme.background;
      context.fillRect(Math.round(x), BAR_TOP + BAR_HEIGHT - 3, 1, 3);
    }
    const wide = context.measureText(text).width;
    const left = Math.max(0, Math.min(width - wide, x - wide / 2));
    if (left < busy + 6) return;
    busy = left + wide;
    context.textAlign = 'left';
    context.fillStyle = theme.secondary;
    context.fillText(text, left, TICK_LINE);
  });
  const spoken = ordered.map((tick) => tick.text);
  setAttribute(
    canvas,
    'aria-label',
    `Colour scale of ${measure.phrase}: from ${spoken[0]} to ${spoken[spoken.length - 1]}. Marked: ${keys.map((key) => key.text).join('; ')}.`,
  );
}

function scaleTicks({ scale }: Frame, width: number): { readonly share: number; readonly text: string }[] {
  if (scale.kind === 'linear') return [0, 0.25, 0.5, 0.75, 1].map((v) => ({ share: v, text: formatPercent(v) }));
  const inner = decadeTicks(scale.low, scale.high, Math.floor(width / 60));
  const ends = [scale.low, scale.high].filter((e) => !inner.includes(e));
  return [...inner, ...ends].map((e) => ({
    share: (e - scale.low) / (scale.high - scale.low),
    text: formatDecade(e),
  }));
}

function changeTicks({ measure, reference }: Frame): { readonly share: number; readonly text: string }[] {
  const middle = { share: 0.5, text: `as at step ${formatInteger(reference?.step ?? 0)}` };
  if (measure.scale === 'linear') {
    const points = Math.round(CHANGE_SHARE * 100);
    return [{ share: 0, text: `-${points} points` }, middle, { share: 1, text: `+${points} points` }];
  }
  const decades = Array.from({ length: 2 * CHANGE_DECADES + 1 }, (_, i) => i - CHANGE_DECADES).filter((e) => e !== 0);
  return [...decades.map((e) => ({ share: 0.5 + e / (2 * CHANGE_DECADES), text: `×${formatDecade(e)}` })), middle];
}
