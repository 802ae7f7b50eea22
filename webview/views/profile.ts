// Owns the flow profile: the measure by layer at one step, on a log axis. Values are drawn as their logarithms, since a
// profile may span a hundred decades.
import type { Plugin } from 'chart.js';
import { el, setAttribute, setText } from '../dom';
import { formatDecade, formatInteger, formatPercent, shortNames } from '../format';
import type { Frame } from '../frame';
import { readMeasure } from '../measures';
import type { Patterns } from '../patterns';
import { decadeTicks, fitDecades } from '../scale';
import { baseOptions, Chart, drawTag, gridColour } from './chart';

interface Point {
  readonly row: number;
  readonly name: string;
  readonly value: number;
}

/** Layers that have the measure at this record, with finite values or NaN for a gap. */
function pointsOf(frame: Frame, record: Float64Array | undefined): Point[] {
  const run = frame.run;
  if (!record || !run) return [];
  return frame.rows.flatMap((row, i) => {
    if (!row.layer || (frame.columns.value[i] ?? -1) < 0) return [];
    const read = readMeasure(frame.measure, record, row.layer, run.layout);
    if (!read) return [];
    return [{ row: i, name: row.name, value: read.kind !== 'nonFinite' ? read.value : Number.NaN }];
  });
}

/** Longer names would push the axis aside; the heatmap and the description have them whole. */
const MOST_LABEL = 20;

function cut(name: string): string {
  return name.length > MOST_LABEL ? `${name.slice(0, MOST_LABEL - 1)}…` : name;
}

/** Labels that fit side by side: the first, the last, and as many between as do not touch. */
function fitting(chart: Chart<'line', number[], string>, labels: readonly string[], family: string): Set<number> {
  const { ctx, width } = chart;
  ctx.save();
  ctx.font = `11px ${family}`;
  const widths = labels.map((text) => ctx.measureText(text).width);
  ctx.restore();
  const each = (width - 48) / Math.max(1, labels.length);
  const last = labels.length - 1;
  const shown = new Set<number>();
  const widest = Math.max(...widths.slice(1, -1), 0);
  const step = Math.max(1, Math.ceil((widest + 6) / each));
  let edge = Number.NEGATIVE_INFINITY;
  const end = last > 0 ? last * each - (widths[last] ?? 0) / 2 - 6 : Number.POSITIVE_INFINITY;
  for (let i = 0; i <= last; i += step) {
    const half = (widths[i] ?? 0) / 2;
    if (i * each - half < edge + 6 || (i !== 0 && i !== last && i * each + half > end)) continue;
    shown.add(i);
    edge = i * each + half;
  }
  if (last * each - (widths[last] ?? 0) / 2 >= edge + 6) shown.add(last);
  return shown;
}

export class ProfileView {
  readonly element: HTMLElement;
  readonly #title = el('h2', {}, 'Flow profile');
  readonly #sub = el('span', { class: 'small secondary' });
  readonly #canvas = el('canvas', { role: 'img' });
  readonly #box: HTMLElement;
  readonly #empty = el('p', { class: 'absence secondary' }, 'Each layer’s value appears here, from input to output.');
  #chart: Chart<'line', number[], string> | undefined;
  #frame: Frame | undefined;
  #patterns: Patterns | undefined;
  #key: unknown[] = [];

  constructor() {
    this.#box = el('div', { class: 'chart' }, this.#canvas, this.#empty);
    this.element = el('section', { class: 'card profile', 'aria-label': 'Flow profile' });
    this.element.append(el('header', {}, this.#title, this.#sub), this.#box);
  }

  update(frame: Frame, patterns: Patterns): void {
    this.#frame = frame;
    this.#patterns = patterns;
    const { profile, pointed, measure, theme, selectedRow, sizes } = frame;
    const key = [profile, pointed, measure, theme, selectedRow, frame.rows, sizes.narrow];
    if (key.every((part, i) => part === this.#key[i]) && this.#chart) return;
    this.#key = key;
    const points = pointsOf(frame, profile);
    this.#empty.hidden = points.length > 0;
    this.#canvas.hidden = points.length === 0;
    const at = profile ? `step ${formatInteger(profile[0] ?? 0)}, ` : '';
    setText(this.#sub, `${at}${measure.phrase}`);
    if (points.length === 0) return;
    const log = measure.scale === 'log';
    const place = (v: number): number => (log ? (v > 0 ? Math.log10(v) : Number.NaN) : v * 100);
    const other = pointed && pointed !== profile ? pointsOf(frame, pointed) : [];
    const all = [...points, ...other].map((p) => p.value).filter((v) => v > 0);
    const fitted = log ? fitDecades(Math.min(...all), Math.max(...all)) : { low: 0, high: 100 };
    const chart = this.#ensure();
    const { data, options } = chart;
    const labels = shortNames(points.map((p) => p.name)).map(cut);
    data.labels = labels;
    const otherValues = new Map(other.map((p) => [p.row, p.value]));
    data.datasets[0]!.data = points.map((p) => place(otherValues.get(p.row) ?? Number.NaN));
    data.datasets[1]!.data = points.map((p) => place(p.value));
    const selected = points.findIndex((p) => p.row === selectedRow);
    Object.assign(data.datasets[0]!, { borderColor: theme.secondary, borderWidth: 1, pointRadius: 0 });
    Object.assign(data.datasets[1]!, {
      borderColor: theme.foreground,
      borderWidth: 2,
      pointRadius: points.map((_, i) => (i === selected ? 4.5 : points.length > 60 ? 0 : 2.5)),
      pointBackgroundColor: points.map((_, i) => (i === selected ? theme.focus : theme.foreground)),
      pointBorderColor: points.map((_, i) => (i === selected ? theme.background : theme.foreground)),
      pointBorderWidth: points.map((_, i) => (i === selected ? 1.5 : 0)),
    });
    const font = { size: 11, family: theme.font };
    let fits: Set<number> | undefined;
    let fitsAt = 0;
    options.scales = {
      x: {
        type: 'category',
        offset: true,
        grid: { display: false },
        border: { display: false },
        ticks: {
          color: theme.secondary,
          font,
          maxRotation: 0,
          autoSkip: false,
          padding: 0,
          callback: (_, i) => {
            // The chart follows the panel's width by itself, between updates.
            if (!fits || fitsAt !== chart.width) {
              fits = fitting(chart, labels, font.family);
              fitsAt = chart.width;
            }
            return fits.has(i) ? labels[i] : '';
          },
        },
      },
      y: {
        type: 'linear',
        min: fitted.low,
        max: fitted.high,
        grid: { color: gridColour(theme), drawTicks: false },
        border: { display: false },
        afterBuildTicks: (axis) => {
          const most = Math.max(3, Math.floor(axis.height / 24));
          axis.ticks = (log ? decadeTicks(fitted.low, fitted.high, most) : [0, 25, 50, 75, 100]).map((value) => ({
            value,
          }));
        },
        ticks: {
          color: theme.secondary,
          font,
          padding: 6,
          autoSkip: false,
          callback: (value) => (log ? formatDecade(Number(value)) : formatPercent(Number(value) / 100)),
        },
      },
    };
    chart.update('none');
    const spoken = points
      .map((p) => `${p.name} ${Number.isNaN(p.value) ? 'none' : measure.format(p.value)}`)
      .join(', ');
    setAttribute(this.#canvas, 'aria-label', `${measure.label} by layer: ${spoken}`);
  }

  #ensure(): Chart<'line', number[], string> {
    if (this.#chart) return this.#chart;
    const plugin: Plugin<'line'> = {
      id: 'profile',
      beforeDatasetsDraw: (chart) => this.#drawVanished(chart as Chart<'line', number[], string>),
      afterDatasetsDraw: (chart) => this.#drawTags(chart as Chart<'line', number[], string>),
    };
    this.#chart = new Chart<'line', number[], string>(this.#canvas, {
      type: 'line',
      data: { labels: [], datasets: [{ data: [], pointRadius: 0 }, { data: [] }] },
      options: baseOptions(),
      plugins: [plugin],
    });
    return this.#chart;
  }

  /** The low mark's side of the chart, hatched. */
  #drawVanished(chart: Chart<'line', number[], string>): void {
    const { measure, theme } = this.#frame!;
    const y = chart.scales.y;
    if (!measure.low || !y || measure.scale !== 'log') return;
    const { left, right, bottom, top } = chart.chartArea;
    const from = Math.max(top, y.getPixelForValue(Math.log10(measure.low.limit)));
    if (from >= bottom - 2) return;
    const context = chart.ctx;
    context.save();
    context.globalAlpha = 0.5;
    context.fillStyle = this.#patterns!.hatch;
    context.fillRect(left, from, right - left, bottom - from);
    context.restore();
    if (bottom - from > 16) {
      drawTag(context, theme, measure.low.word, right - 6, bottom - 9, theme.secondary, 'right');
    }
  }

  #drawTags(chart: Chart<'line', number[], string>): void {
    const { pointed, theme } = this.#frame!;
    const line = chart.getDatasetMeta(0).data;
    const point = line[Math.floor(line.length / 2)];
    const value = chart.data.datasets[0]?.data[Math.floor(line.length / 2)];
    if (!pointed || !point || value === undefined || Number.isNaN(value)) return;
    const text = `step ${formatInteger(pointed[0] ?? 0)}`;
    const above = point.y > chart.chartArea.top + 24;
    drawTag(chart.ctx, theme, text, point.x - 4, point.y + (above ? -14 : 14), theme.secondary, 'right');
  }
}
