// Owns the small picture in a hover: how much of the gradient every layer gets, input at the left, the pointed-at ones marked.
// Pure.
import type { LayerPrediction, Prediction } from '../protocol/analysis';
import { formatMagnitude } from './format';
import { heatColour, heatStep, inkColour, svgUri, type ThemeKind } from './heat';

const WIDTH = 300;
const HEIGHT = 84;
const PLOT = { left: 46, right: 294, top: 8, bottom: 66 } as const;
/** More layers are thinned out; the marked ones stay. */
const MOST_BARS = 80;

/**
 * A bar a layer on a log scale, with the band of random draws as a line on it; undefined where fewer than two layers have a number.
 * @param marked indexes into the spec's layers
 * @returns a Markdown image's address, with its size
 */
export function predictionPicture(
  prediction: Prediction,
  marked: ReadonlySet<number>,
  theme: ThemeKind,
): string | undefined {
  const all = prediction.layers.filter((l) => l.cumulative > 0 && Number.isFinite(l.cumulative));
  if (all.length < 2) return undefined;
  const bars = thinned(all, marked);
  const [low, high] = decades(bars);
  const y = (value: number): number => {
    const share = (Math.log10(value) - low) / (high - low);
    return round(PLOT.bottom - Math.min(1, Math.max(0, share)) * (PLOT.bottom - PLOT.top));
  };
  const pitch = (PLOT.right - PLOT.left) / bars.length;
  const width = Math.min(22, Math.max(1, pitch - Math.min(2, pitch / 4)));
  const ink = inkColour(theme);
  const drawn = bars.map((layer, i) => {
    const x = round(PLOT.left + i * pitch + (pitch - width) / 2);
    const top = Math.min(y(layer.cumulative), PLOT.bottom - 1.5);
    const on = marked.has(layer.index);
    const colour = heatColour(heatStep(layer.cumulative) ?? 0, theme);
    const box = `x="${x}" y="${top}" width="${round(width)}" height="${round(PLOT.bottom - top)}"`;
    // The low end of the ramp recedes into the background: every bar has an edge, the marked ones a strong one and a mark below.
    const edge = on
      ? `stroke="${ink}" stroke-width="1.5"`
      : `stroke="${ink}" stroke-opacity="0.35" stroke-width="0.75"`;
    const middle = round(x + width / 2);
    const mark = on ? `<path d="M${middle} 68l4 6h-8z" fill="${ink}"/>` : '';
    return `<rect ${box} fill="${colour}" ${edge}/>${band(layer, middle, y, ink)}${mark}`;
  });
  const label = (x: number, at: number, anchor: string, text: string): string =>
    `<text x="${x}" y="${at}" text-anchor="${anchor}">${text}</text>`;
  const body = [
    `<path d="M${PLOT.left} ${PLOT.bottom}H${PLOT.right}" stroke="${ink}" stroke-opacity="0.5"/>`,
    ...(low < 0 && high > 0
      ? [`<path d="M${PLOT.left} ${y(1)}H${PLOT.right}" stroke="${ink}" stroke-opacity="0.3" stroke-dasharray="2 3"/>`]
      : []),
    ...drawn,
    `<g fill="${ink}" font-family="sans-serif" font-size="10">`,
    label(PLOT.left - 5, PLOT.top + 6, 'end', powerText(high)),
    label(PLOT.left - 5, PLOT.bottom, 'end', powerText(low)),
    label(PLOT.left, 82, 'start', 'input'),
    label(PLOT.right, 82, 'end', 'loss'),
    '</g>',
  ].join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">${body}</svg>`;
  return `${svgUri(svg)}|width=${WIDTH},height=${HEIGHT}`;
}

/** Whole decades around all bars, at least two; a gradient as large as the last layer's is always in sight. */
function decades(bars: readonly LayerPrediction[]): readonly [number, number] {
  const logs = bars.map((l) => Math.log10(l.cumulative));
  const high = Math.max(0, Math.ceil(Math.max(...logs) - 0.05));
  const low = Math.min(high - 2, Math.floor(Math.min(...logs) - 0.2));
  return [low, high];
}

function band({ band: [from, to] }: LayerPrediction, x: number, y: (v: number) => number, ink: string): string {
  if (!(from > 0) || !Number.isFinite(to) || to <= from) return '';
  return `<path d="M${x} ${y(from)}V${y(to)}" stroke="${ink}" stroke-opacity="0.8"/>`;
}

function thinned(layers: readonly LayerPrediction[], marked: ReadonlySet<number>): readonly LayerPrediction[] {
  if (layers.length <= MOST_BARS) return layers;
  const every = Math.ceil(layers.length / MOST_BARS);
  return layers.filter(
    (l, i) => i % every === 0 || i === layers.length - 1 || (marked.size === 1 && marked.has(l.index)),
  );
}

function powerText(power: number): string {
  return power === 0 ? '1' : formatMagnitude(10 ** power).replace('1.0e', '1e');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
