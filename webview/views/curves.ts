// Owns the curves of loss and metric over the whole run, with chance, the step pointed at, and the test values.
import type { Plugin } from 'chart.js';
import { el, setAttribute, setText } from '../dom';
import { formatInteger, formatLoss, formatNonFinite, formatPercent } from '../format';
import type { Frame } from '../frame';
import { niceStep } from '../scale';
import type { Track } from '../track';
import { baseOptions, Chart, drawTag, gridColour } from './chart';

interface XY {
  readonly x: number;
  readonly y: number;
}

/** Room for the words at the curves' ends. */
const LABEL_WIDTH = 104;

/** The bins' means at their middles; gaps where nothing finite is. */
function series(track: Track, column: number, last: number): XY[] {
  const points: XY[] = [];
  for (let bin = 0; bin < track.bins; bin++) {
    if (track.count(bin) === 0) continue;
    const from = track.stepOf(bin);
    const y = track.mean(column, bin);
    points.push({ x: Math.min(last, from + (track.binSteps - 1) / 2), y: Number.isFinite(y) ? y : Number.NaN });
  }
  return points;
}

/**
 * Ends of the axis of the loss: where a few values tower above the rest, the axis ends a little above the rest, and
 * they are marked as beyond it.
 */
export function lossRange(
  values: readonly number[],
  mostTicks = 5,
): { readonly low: number; readonly high: number; readonly step: number; readonly cut: boolean } {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return { low: 0, high: 1, step: 0.5, cut: false };
  const low = sorted[0]!;
  const most = sorted[sorted.length - 1]!;
  const usual = sorted[Math.floor((sorted.length - 1) * 0.95)]!;
  const cut = sorted.length >= 20 && most - low > 10 * (usual - low) && usual > low;
  const high = cut ? usual + (usual - low) * 0.5 : most;
  const step = niceStep(high - low || Math.abs(high) || 1, mostTicks);
  const bottom = Math.floor(low / step + 1e-9) * step;
  return { low: bottom, high: Math.max(bottom + step, Math.ceil(high / step - 1e-9) * step), step, cut };
}

export class CurvesView {
  readonly element: HTMLElement;
  readonly chartBox: HTMLElement;
  readonly #title = el('h2', {}, 'Loss');
  readonly #sub = el('span', { class: 'small secondary' });
  readonly #canvas = el('canvas', { role: 'img' });
  readonly #empty = el('p', { class: 'absence secondary' });
  #chart: Chart<'line', XY[], number> | undefined;
  #frame: Frame | undefined;
  #cutAt: number | undefined;
  #key: unknown[] = [];

  constructor() {
    this.chartBox = el('div', { class: 'chart' }, this.#canvas, this.#empty);
    this.element = el('section', { class: 'card curves', 'aria-label': 'Loss and metric' });
    this.element.append(el('header', {}, this.#title, this.#sub), this.chartBox);
  }

  update(frame: Frame): void {
    this.#frame = frame;
    const { curves, run, theme, range, progress, pointedSteps, sizes } = frame;
    const accuracy = run?.layout.metric !== 'meanAbsoluteError';
    setText(this.#title, accuracy ? 'Loss and accuracy' : 'Loss and absolute error');
    setText(this.#sub, this.#testValues(frame));
    const single = run?.mode === 'gradients' && progress !== undefined && range !== undefined;
    const shows = curves !== undefined && range !== undefined && !single;
    this.#empty.hidden = shows;
    this.#canvas.hidden = !shows;
    if (!shows) {
      const metric = single ? `, ${metricWords(accuracy, progress.metric)}` : '';
      setText(this.#empty, single ? `loss ${formatLoss(progress.loss)}${metric}` : 'Appears here step by step.');
      return;
    }
    const shown = frame.state.shown;
    const key = [curves, curves.knownTo, theme, pointedSteps?.from, shown, sizes.narrow, progress?.status];
    if (key.every((part, i) => part === this.#key[i]) && this.#chart) return;
    this.#key = key;
    const chart = this.#ensure();
    const loss = series(curves, 0, range.last);
    const metric = curves.columns.length > 1 ? series(curves, 1, range.last) : [];
    const mostTicks = Math.min(6, Math.max(2, Math.floor((this.chartBox.clientHeight - 30) / 28)));
    const lossEnds = lossRange(
      loss.map((p) => p.y),
      mostTicks,
    );
    const metricTop = Math.max(0, ...metric.map((p) => p.y).filter(Number.isFinite), run?.chance?.accuracy ?? 0);
    const metricStep = niceStep(metricTop * 1.05 || 1, 5);
    const metricHigh = accuracy
      ? Math.min(1, Math.ceil((metricTop * 1.05) / metricStep) * metricStep || 1)
      : metricTop * 1.05 || 1;
    this.#cutAt = lossEnds.cut ? loss.find((p) => p.y > lossEnds.high)?.x : undefined;
    const line = {
      borderWidth: 1.5,
      clip: { left: 2, right: 2, top: 2, bottom: 2 },
    };
    const { datasets } = chart.data;
    Object.assign(datasets[0]!, {
      ...line,
      data: metric,
      borderColor: theme.green,
      backgroundColor: theme.green,
      yAxisID: 'metric',
    });
    Object.assign(datasets[1]!, {
      ...line,
      data: loss,
      borderColor: theme.blue,
      backgroundColor: theme.blue,
      yAxisID: 'y',
    });
    const font = { size: 11, family: theme.font };
    const first = Math.min(range.first, 0);
    chart.options.scales = {
      x: {
        type: 'linear',
        min: first,
        max: Math.max(range.last, first + 1),
        grid: { display: false },
        border: { display: false },
        afterBuildTicks: (axis) => {
          const step = niceStep(axis.max - axis.min, Math.max(2, axis.width / 90), 1);
          const ticks: { value: number }[] = [];
          for (let s = Math.ceil(axis.min / step) * step; s <= axis.max; s += step) ticks.push({ value: s });
          axis.ticks = ticks;
        },
        ticks: { color: theme.secondary, font, maxRotation: 0, padding: 0, callback: (v) => formatInteger(Number(v)) },
      },
      y: {
        type: 'linear',
        min: lossEnds.low,
        max: lossEnds.high,
        grid: { color: gridColour(theme), drawTicks: false },
        border: { display: false },
        afterBuildTicks: (axis) => {
          const ticks: { value: number }[] = [];
          const { step } = lossEnds;
          for (let i = 0; axis.min + i * step <= axis.max + step * 1e-6; i++)
            ticks.push({ value: axis.min + i * step });
          axis.ticks = ticks;
        },
        ticks: {
          color: theme.secondary,
          font,
          padding: 6,
          autoSkip: false,
          callback: (v) => tick(Number(v), lossEnds.step),
        },
      },
      metric: { type: 'linear', display: false, min: 0, max: metricHigh },
    };
    chart.update('none');
    setAttribute(this.#canvas, 'aria-label', this.#spoken(frame, accuracy));
  }

  #spoken({ progress, range }: Frame, accuracy: boolean): string {
    if (!progress || !range) return 'Loss and metric by step';
    return `Step ${range.first} to ${range.last}: loss is now ${formatLoss(progress.loss)}, ${metricWords(accuracy, progress.metric)}`;
  }

  #testValues({ progress, run }: Frame): string {
    if (!progress || progress.testLoss === undefined) return '';
    const accuracy = run?.layout.metric !== 'meanAbsoluteError';
    const metric = progress.testMetric === undefined ? '' : `, ${metricWords(accuracy, progress.testMetric)}`;
    return `held-out: loss ${formatLoss(progress.testLoss)}${metric}`;
  }

  #ensure(): Chart<'line', XY[], number> {
    if (this.#chart) return this.#chart;
    const plugin: Plugin<'line'> = {
      id: 'curves',
      afterDatasetsDraw: (chart) => this.#draw(chart as unknown as Chart<'line', XY[], number>),
    };
    const options = baseOptions();
    options.parsing = false;
    options.elements = { point: { radius: 0 } };
    options.layout = { padding: { left: 0, right: LABEL_WIDTH, top: 8, bottom: 0 } };
    this.#chart = new Chart<'line', XY[], number>(this.#canvas, {
      type: 'line',
      data: { datasets: [{ data: [] }, { data: [] }] },
      options,
      plugins: [plugin],
    });
    return this.#chart;
  }

  #draw(chart: Chart<'line', XY[], number>): void {
    const frame = this.#frame!;
    const { theme, run, progress, pointedSteps, state } = frame;
    const { x, y, metric } = chart.scales;
    if (!x || !y || !metric || !progress || !run) return;
    const { left, right, top, bottom } = chart.chartArea;
    const context = chart.ctx;
    const accuracy = run.layout.metric === 'accuracy';
    context.save();
    const chance = accuracy ? run.chance?.accuracy : undefined;
    if (chance !== undefined) {
      const at = Math.round(metric.getPixelForValue(chance)) + 0.5;
      context.strokeStyle = theme.secondary;
      context.lineWidth = 1;
      context.setLineDash([2, 3]);
      context.beginPath();
      context.moveTo(left, at);
      context.lineTo(right, at);
      context.stroke();
      context.setLineDash([]);
      drawTag(context, theme, 'chance', left + 4, Math.min(bottom - 8, at + 9), theme.secondary);
    }
    const step = pointedSteps
      ? (frame.pointed?.[0] ?? pointedSteps.to)
      : state.shown === 'live'
        ? undefined
        : state.shown;
    if (step !== undefined) {
      context.fillStyle = theme.foreground;
      context.globalAlpha = 0.6;
      context.fillRect(Math.round(x.getPixelForValue(step)), top, 1, bottom - top);
      context.globalAlpha = 1;
    }
    if (this.#cutAt !== undefined) {
      context.fillStyle = theme.error;
      context.font = `11px ${theme.font}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText('▲', x.getPixelForValue(this.#cutAt), top);
    }
    // Each word stands at its curve's end, which is the mean of the last bin, and says the newest value.
    const [metricEnd, lossEnd] = chart.data.datasets.map((d) => d.data[d.data.length - 1]?.y ?? Number.NaN);
    const lossAt = Number.isFinite(lossEnd) ? y.getPixelForValue(lossEnd!) : top;
    const metricAt = Number.isFinite(metricEnd) ? metric.getPixelForValue(metricEnd!) : bottom;
    const inside = (at: number): number => Math.min(bottom - 4, Math.max(top + 6, at));
    let [a, b] = [inside(lossAt), inside(metricAt)];
    if (Math.abs(a - b) < 15) {
      const middle = Math.min(bottom - 12, Math.max(top + 14, (a + b) / 2));
      [a, b] = lossAt <= metricAt ? [middle - 7.5, middle + 7.5] : [middle + 7.5, middle - 7.5];
    }
    const swatch = (at: number, colour: string, text: string): void => {
      context.fillStyle = colour;
      context.fillRect(right + 6, at - 4, 3, 8);
      drawTag(context, theme, text, right + 13, at, theme.foreground);
    };
    swatch(
      a,
      theme.blue,
      Number.isFinite(progress.loss)
        ? `loss ${formatLoss(progress.loss)}`
        : `loss ${formatNonFinite(progress.loss).replace('✕ ', '')}`,
    );
    if (chart.data.datasets[0]!.data.length > 0) swatch(b, theme.green, metricWords(accuracy, progress.metric));
    context.restore();
  }
}

function metricWords(accuracy: boolean, value: number): string {
  return accuracy ? `accuracy ${formatPercent(value)}` : `error ${formatLoss(value)}`;
}

function tick(value: number, step: number): string {
  if (value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3)) return value.toExponential(1);
  return value.toFixed(Math.max(0, Math.min(4, -Math.floor(Math.log10(step) + 1e-9))));
}
