// Owns painting the heatmap's cells: colours by the pixel from typed arrays, then the patterns on top. The crosshair and
// everything else above the cells is `overlay.ts`.
import { openCanvas } from '../dom';
import type { Frame } from '../frame';
import { classify } from '../measures';
import type { Patterns } from '../patterns';
import { position } from '../scale';
import { withAlpha } from '../theme';

/** Non-finite cells are at least this wide, so that a single step cannot be missed. */
const NON_FINITE_WIDTH = 5;
/** Where Change ends, in decades, and for shares in parts of 1. */
export const CHANGE_DECADES = 2;
export const CHANGE_SHARE = 0.5;

const EMPTY = 0;
const VALUE = 1;
const LOW = 2;
const HIGH = 3;
const NON_FINITE = 4;
const CODES = { empty: EMPTY, value: VALUE, low: LOW, high: HIGH, nonFinite: NON_FINITE } as const;

/** Where a value lies between less (0), as at the reference (0.5) and more (1); NaN where nothing can be said. */
export function changeShare(kind: 'log' | 'linear', value: number, reference: number | undefined): number {
  if (reference === undefined) return Number.NaN;
  if (kind === 'linear') return 0.5 + (value - reference) / (2 * CHANGE_SHARE);
  if (!(reference > 0)) return Number.NaN;
  if (value === 0) return 0;
  return 0.5 + Math.log10(value / reference) / (2 * CHANGE_DECADES);
}

export class CellPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #strip = document.createElement('canvas');
  #image: ImageData | undefined;
  #pixels = new Uint32Array(0);
  #binOfPixel = new Int32Array(0);
  #colours = new Uint32Array(0);
  #kinds = new Uint8Array(0);

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  /** Paints the rows that show. @param scrollTop CSS pixels above the first visible one */
  paint(frame: Frame, patterns: Patterns, scrollTop: number): void {
    const surface = openCanvas(this.#canvas, frame.theme.font);
    if (!surface) return;
    const { context, width, height } = surface;
    const { rows, rowHeight, theme } = frame;
    const firstRow = Math.max(0, Math.floor(scrollTop / rowHeight));
    const lastRow = Math.min(rows.length - 1, Math.floor((scrollTop + height - 1) / rowHeight));
    const top = (row: number): number => row * rowHeight - scrollTop;
    this.#paintTracks(context, frame, firstRow, lastRow, width, top);
    const track = frame.track;
    if (!track || track.bins === 0 || lastRow < firstRow) return;

    const devicePixels = this.#canvas.width;
    this.#mapPixels(frame, devicePixels);
    const shown = lastRow - firstRow + 1;
    this.#resizeStrip(devicePixels, shown);
    const bins = track.bins;
    if (this.#colours.length < bins) {
      this.#colours = new Uint32Array(bins * 2);
      this.#kinds = new Uint8Array(bins * 2);
    }
    const firstBin = Math.max(0, track.binOf(frame.span.from));
    const lastBin = Math.min(bins - 1, track.binOf(frame.span.to - 1));
    const marks: { row: number; kind: number; from: number; to: number }[] = [];
    for (let row = firstRow; row <= lastRow; row++) {
      this.#colourRow(frame, row, firstBin, lastBin);
      const base = (row - firstRow) * devicePixels;
      for (let x = 0; x < devicePixels; x++) {
        const bin = this.#binOfPixel[x]!;
        this.#pixels[base + x] = bin < firstBin || bin > lastBin ? 0 : this.#colours[bin]!;
      }
      for (let bin = firstBin; bin <= lastBin; bin++) {
        const kind = this.#kinds[bin]!;
        if (kind < LOW) continue;
        let end = bin;
        while (end < lastBin && this.#kinds[end + 1] === kind) end++;
        marks.push({ row, kind, from: bin, to: end });
        bin = end;
      }
    }
    const strip = this.#strip.getContext('2d')!;
    strip.putImageData(this.#image!, 0, 0);
    context.imageSmoothingEnabled = false;
    for (let row = firstRow; row <= lastRow; row++) {
      context.drawImage(this.#strip, 0, row - firstRow, devicePixels, 1, 0, top(row), width, rowHeight - 1);
    }
    // Non-finite marks last: they are wider than their column.
    marks.sort((a, b) => a.kind - b.kind);
    const x = (bin: number): number =>
      Math.round(((track.stepOf(bin) - frame.span.from) / (frame.span.to - frame.span.from)) * width);
    for (const mark of marks) {
      if (mark.kind === LOW && frame.reference) continue;
      const from = Math.max(0, x(mark.from));
      const to = Math.min(width, x(mark.to + 1));
      const wide = mark.kind === NON_FINITE ? Math.max(NON_FINITE_WIDTH, to - from) : to - from;
      context.fillStyle =
        mark.kind === LOW ? patterns.hatch : mark.kind === HIGH ? patterns.chevrons : patterns.checkerboard;
      context.fillRect(Math.min(from, width - wide), top(mark.row), wide, rowHeight - 1);
    }
    if (theme.highContrast) {
      context.fillStyle = theme.background;
      for (let row = firstRow; row <= lastRow; row++) context.fillRect(0, top(row) + rowHeight - 1, width, 1);
    }
  }

  /** The empty track of each row: what is to come, or where the measure does not apply. */
  #paintTracks(
    context: CanvasRenderingContext2D,
    frame: Frame,
    firstRow: number,
    lastRow: number,
    width: number,
    top: (row: number) => number,
  ): void {
    const { theme, rowHeight } = frame;
    context.fillStyle = withAlpha(theme.foreground, theme.highContrast ? 0.35 : 0.05);
    for (let row = firstRow; row <= lastRow; row++) {
      if (theme.highContrast) context.fillRect(0, top(row) + rowHeight - 1.5, width, 0.5);
      else context.fillRect(0, top(row), width, rowHeight - 1);
    }
  }

  #mapPixels(frame: Frame, devicePixels: number): void {
    if (this.#binOfPixel.length !== devicePixels) this.#binOfPixel = new Int32Array(devicePixels);
    const track = frame.track!;
    const perPixel = (frame.span.to - frame.span.from) / devicePixels;
    for (let x = 0; x < devicePixels; x++) {
      this.#binOfPixel[x] = track.binOf(frame.span.from + (x + 0.5) * perPixel);
    }
  }

  #resizeStrip(width: number, height: number): void {
    if (this.#strip.width === width && this.#strip.height === height && this.#image) return;
    this.#strip.width = width;
    this.#strip.height = height;
    this.#image = new ImageData(width, height);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
  }

  #colourRow(frame: Frame, row: number, firstBin: number, lastBin: number): void {
    const { columns, measure, reference, scale, theme } = frame;
    const track = frame.track!;
    const value = columns.value[row] ?? -1;
    const bad = columns.bad[row] ?? -1;
    const compared = reference?.means[row];
    for (let bin = firstBin; bin <= lastBin; bin++) {
      let kind: number = EMPTY;
      let colour = 0;
      if (value >= 0 && track.count(bin) > 0) {
        const mean = track.mean(value, bin);
        const largest = track.largest(value, bin);
        kind = CODES[classify(measure, mean, largest, bad < 0 ? 0 : Math.max(0, track.largest(bad, bin)))];
        if (kind !== EMPTY) {
          const shown = kind === HIGH ? largest : mean;
          const share = reference ? changeShare(measure.scale, shown, compared) : position(scale, shown);
          if (Number.isNaN(share)) colour = 0;
          else colour = (reference ? theme.diverging : theme.sequential).pixel(share);
        }
      }
      this.#colours[bin] = colour;
      this.#kinds[bin] = kind;
    }
  }
}
