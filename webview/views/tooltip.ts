// Owns the tooltip of the active cell: what the column says of the measure, then every value of the record.

import type { LayerLayout } from '../../src/protocol/run';
import { el } from '../dom';
import {
  formatActivation,
  formatFactor,
  formatInteger,
  formatLoss,
  formatNonFinite,
  formatPercent,
  formatScientific,
  formatSteps,
} from '../format';
import type { Frame } from '../frame';
import { type CellKind, kernelOf, markWord, passedFrom } from '../measures';
import { cellKind } from '../recordings';
import { alignedNumber } from './rows';
import { timeGradients, timeProfile } from './timeProfile';

const SIGNS: Readonly<Partial<Record<CellKind, string>>> = { low: '▧', high: '▲', nonFinite: '✕' };

/** Statistics of one gradient tensor, as `record.ts` names them. */
interface Tensor {
  readonly title: string;
  readonly offset: number;
  readonly names: readonly string[];
}

function tensorsOf(frame: Frame, layer: LayerLayout): Tensor[] {
  const { layout } = frame.run!;
  const output = { title: 'output gradient', offset: layer.outputGradient, names: layout.measures.outputGradient };
  const kernel = kernelOf(layer);
  const parameters = layer.parameters.map((p) => ({
    title: p.name,
    offset: p.offset,
    names: layout.measures.parameter,
  }));
  const isOutput = frame.measure.id !== 'kernelGradient' && frame.measure.id !== 'updateRatio';
  const first = isOutput ? undefined : parameters.find((p) => p.title === kernel?.name);
  const all = [output, ...parameters];
  return first ? [first, ...all.filter((t) => t !== first)] : all;
}

function number(text: string, bad = false): HTMLElement {
  const aligned = alignedNumber();
  aligned.set(text, bad);
  return aligned.element;
}

/** A gradient's statistic in its own format. */
function statistic(name: string, value: number): HTMLElement {
  if (name === 'nonFinite') return number(formatInteger(value));
  if (Number.isNaN(value)) return number('–');
  if (name.endsWith('Fraction')) return number(formatPercent(value));
  return number(formatScientific(value), !Number.isFinite(value));
}

const LABELS: Readonly<Record<string, string>> = {
  zeroFraction: 'zeros',
  nonFinite: 'not finite',
  underflowFraction: 'underflow',
  updateRatio: 'update ratio',
  saturatedFraction: 'saturated',
  deadFraction: 'dead units',
};
const label = (name: string): string => LABELS[name] ?? name;

function line(name: string, ...content: (Node | string)[]): HTMLElement {
  return el('div', { class: 'line' }, el('span', { class: 'secondary' }, name), el('span', {}, ...content));
}

export class TooltipView {
  readonly element = el('div', { class: 'tooltip', role: 'tooltip', id: 'cell-tooltip' });
  #key: unknown[] = [];

  constructor() {
    this.element.hidden = true;
  }

  /**
   * @param area what the tooltip may cover, in the coordinates of its parent
   * @param scrollTop how far the rows are scrolled
   */
  update(
    frame: Frame,
    plot: { left: number; top: number; width: number; height: number },
    areaWidth: number,
    scrollTop: number,
  ): void {
    const { state, track, pointedSteps, pointed } = frame;
    const cell = state.active;
    const row = cell && frame.rows[cell.row];
    if (!cell || !row?.layer || !track || !pointedSteps || !frame.run) {
      this.element.hidden = true;
      this.#key = [];
      return;
    }
    const bin = track.binOf(cell.step);
    const key = [
      frame.run.id,
      cell.row,
      pointedSteps.from,
      pointedSteps.to,
      pointed,
      state.pinned,
      frame.measure,
      track.knownTo,
      areaWidth,
    ];
    if (key.some((part, i) => part !== this.#key[i])) {
      this.#key = key;
      this.element.replaceChildren(...this.#content(frame, row.layer, cell.row, bin));
    }
    this.element.classList.toggle('pinned', state.pinned);
    this.element.hidden = false;
    const share = (track.stepOf(bin) - frame.span.from) / (frame.span.to - frame.span.from);
    const next = (track.stepOf(bin + 1) - frame.span.from) / (frame.span.to - frame.span.from);
    const width = this.element.offsetWidth;
    const height = this.element.offsetHeight;
    let left = plot.left + Math.min(1, next) * plot.width + 10;
    if (left + width > areaWidth) left = plot.left + share * plot.width - width - 10;
    const y = cell.row * frame.rowHeight - scrollTop;
    const below = y + frame.rowHeight / 2 < plot.height / 2;
    const top = plot.top + (below ? y + frame.rowHeight + 6 : y - 6 - height);
    // The parent stands below the bar: what is in sight is the window's.
    const above = this.element.offsetParent?.getBoundingClientRect().top ?? 0;
    const lowest = window.innerHeight - above - height - 4;
    this.element.style.left = `${Math.max(0, Math.min(left, areaWidth - width))}px`;
    this.element.style.top = `${Math.max(2 - above, Math.min(Math.max(2, top), lowest))}px`;
  }

  #content(frame: Frame, layer: LayerLayout, row: number, bin: number): HTMLElement[] {
    const { measure, track, columns, pointed, pointedSteps, run } = frame;
    const tensors = tensorsOf(frame, layer);
    const main = tensors[0]!;
    const kind = cellKind(measure, track!, columns, row, bin);
    const word = markWord(measure, kind);
    const { from, to } = pointedSteps!;
    const many = to > from && track!.count(bin) > 1;
    const content: HTMLElement[] = [
      el(
        'h3',
        {},
        el(
          'span',
          {},
          `${layer.name} / ${main.title}`,
          ...(word ? [el('span', { class: 'state' }, `${SIGNS[kind] ?? ''} ${word}`)] : []),
        ),
        el('span', { class: 'steps' }, pointed ? formatSteps(pointed[0] ?? to, 0) : formatSteps(from, to)),
      ),
    ];
    const at = columns.value[row] ?? -1;
    if (many && at >= 0 && kind !== 'empty') {
      const mean = track!.mean(at, bin);
      const of =
        kind === 'nonFinite' ? formatNonFinite(Number.isFinite(mean) ? Number.NaN : mean) : measure.format(mean);
      const spread = `${measure.format(track!.smallest(at, bin))} … ${measure.format(track!.largest(at, bin))}`;
      content.push(
        el(
          'div',
          { class: 'column' },
          `${formatSteps(from, to)}: mean of ${measure.phrase} `,
          el('span', { class: 'together' }, of),
          ' ',
          ...(kind === 'nonFinite' ? [] : [el('span', { class: 'together' }, `(${spread})`)]),
        ),
      );
    }
    if (at < 0 || kind === 'empty')
      content.push(el('div', { class: 'column' }, `${measure.label}: does not apply to this layer`));
    if (!pointed) {
      content.push(el('div', { class: 'secondary' }, 'reading the record…'));
      return content;
    }
    const layout = run!.layout;
    const pairs = main.names.filter((name) => name !== 'updateRatio' && name !== 'underflowFraction');
    content.push(
      el(
        'dl',
        {},
        ...pairs.flatMap((name) => [
          el('dt', {}, label(name)),
          el('dd', {}, statistic(name, pointed[main.offset + main.names.indexOf(name)] ?? Number.NaN)),
        ]),
      ),
      el('hr'),
      ...this.#flow(frame, layer, pointed),
    );
    if (frame.state.pinned) content.push(...this.#everything(frame, tensors.slice(1), pointed));
    else {
      for (const tensor of tensors.slice(1)) {
        const l2 = pointed[tensor.offset + tensor.names.indexOf('l2')] ?? Number.NaN;
        const bad = !Number.isFinite(l2);
        content.push(
          line(`${tensor.title}, l2`, number(Number.isNaN(l2) ? formatNonFinite(l2) : formatScientific(l2), bad)),
        );
      }
    }
    content.push(...this.#activation(layer, pointed, layout.measures.activation));
    const time = timeGradients(pointed, layer);
    if (time) content.push(timeProfile(time));
    return content;
  }

  #flow(frame: Frame, layer: LayerLayout, record: Float64Array): HTMLElement[] {
    const { measures } = frame.run!.layout;
    const flow = (name: string): number => record[layer.flow + measures.flow.indexOf(name)] ?? Number.NaN;
    const lines: HTMLElement[] = [];
    const left = flow('cumulative');
    if (frame.lastTrained && frame.lastTrained !== layer.name && Number.isFinite(left)) {
      lines.push(line(`of ${frame.lastTrained}`, number(formatScientific(left))));
    }
    const { factor, activation, weights } = passedFrom(layer, record, frame.run!.layout);
    if (Number.isFinite(factor)) {
      const sign = layer.activation === 'sigmoid' ? 'σ′' : formatActivation(layer.activation) || 'activation';
      // A recurrent layer has several activations within: no one of them is what its output passes through.
      const passed =
        Number.isFinite(activation) && !layer.timeGradient
          ? `${sign} ${formatFactor(activation)} · weights ${formatFactor(weights)} = ${formatFactor(factor)}`
          : formatFactor(factor);
      lines.push(line('passed back', passed));
    }
    const back = flow('backwardFactor');
    if (Number.isFinite(back)) lines.push(line('backward factor', formatFactor(back)));
    const kernel = kernelOf(layer);
    const ratioAt = measures.parameter.indexOf('updateRatio');
    const ratio = kernel && ratioAt >= 0 ? (record[kernel.offset + ratioAt] ?? Number.NaN) : Number.NaN;
    if (Number.isFinite(ratio)) lines.push(line('update ratio', number(formatScientific(ratio))));
    const underflowAt = measures.parameter.indexOf('underflowFraction');
    const underflow = kernel && underflowAt >= 0 ? (record[kernel.offset + underflowAt] ?? 0) : 0;
    if (underflow > 0) lines.push(line('underflow in float32', formatPercent(underflow)));
    return lines;
  }

  /** The other tensors in full: a pinned tooltip is read at leisure. */
  #everything(frame: Frame, tensors: readonly Tensor[], record: Float64Array): HTMLElement[] {
    if (tensors.length === 0) return [];
    const names = frame.run!.layout.measures.parameter;
    return [
      el('hr'),
      el(
        'table',
        {},
        el('tr', {}, el('th', {}), ...tensors.map((t) => el('th', { scope: 'col' }, t.title))),
        ...names.map((name) =>
          el(
            'tr',
            {},
            el('th', { scope: 'row' }, label(name)),
            ...tensors.map((t) => {
              const at = t.names.indexOf(name);
              return el('td', {}, at < 0 ? number('–') : statistic(name, record[t.offset + at] ?? Number.NaN));
            }),
          ),
        ),
      ),
    ];
  }

  #activation(layer: LayerLayout, record: Float64Array, names: readonly string[]): HTMLElement[] {
    const parts = names.flatMap((name, i) => {
      const value = record[layer.activationStats + i] ?? Number.NaN;
      if (!Number.isFinite(value)) return [];
      if (name.endsWith('Fraction')) return [`${label(name)} ${formatPercent(value)}`];
      return [`${name} ${formatLoss(value)}`];
    });
    if (parts.length === 0) return [];
    return [el('div', { class: 'secondary activation' }, `activation: ${parts.join(' · ')}`)];
  }
}
