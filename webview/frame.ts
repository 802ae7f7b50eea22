// Owns what one paint shows, worked out once for all views: rows, steps, bins, scale, records. Pure; the views draw it.
import type { LayerLayout, Progress, RunInfo } from '../src/protocol/run';
import { formatActivation, formatShapes } from './format';
import { type Measure, measureOf, readMeasure } from './measures';
import { cellKind, type MeasureColumns, type Recordings, type Wanted } from './recordings';
import { fitDecades, INITIAL_LOG_SCALE, type Scale, SHARE_SCALE } from './scale';
import { isActive, type PanelState, recorded, resolveView } from './store';
import type { Theme } from './theme';
import type { Track } from './track';

export interface Row {
  readonly name: string;
  readonly type: string;
  /** `64→64 σ`. */
  readonly detail: string;
  /** Absent before a run. */
  readonly layer?: LayerLayout;
}

/** Sizes that the layout has given the views, in CSS pixels. */
export interface Sizes {
  readonly plotWidth: number;
  readonly curvesWidth: number;
  /** At most 600 px wide. */
  readonly narrow: boolean;
}

export interface Frame {
  readonly state: PanelState;
  readonly theme: Theme;
  readonly sizes: Sizes;
  readonly rows: readonly Row[];
  readonly run: RunInfo | undefined;
  readonly progress: Progress | undefined;
  readonly active: boolean;
  readonly measure: Measure;
  readonly columns: MeasureColumns;
  /** First and last recorded step. */
  readonly range: { readonly first: number; readonly last: number } | undefined;
  /** Steps from the left to the right edge of the plot, the end exclusive; beyond the last one it is empty. */
  readonly span: { readonly from: number; readonly to: number };
  /** The plot's bins, and those of the whole run. */
  readonly track: Track | undefined;
  readonly whole: Track | undefined;
  readonly curves: Track | undefined;
  readonly scale: Scale;
  readonly locked: boolean;
  /** The reference of Change, a row each, and its step; nothing while Magnitude shows. */
  readonly reference: { readonly step: number; readonly means: readonly (number | undefined)[] } | undefined;
  /** Row of the layer that the editor's cursor is in, or -1. */
  readonly selectedRow: number;
  readonly rowHeight: number;
  /** The record that the values show, and the one of the profile: the last finite one. */
  readonly record: Float64Array | undefined;
  readonly profile: Float64Array | undefined;
  /** The record at the active cell, and the steps of its column. */
  readonly pointed: Float64Array | undefined;
  readonly pointedSteps: { readonly from: number; readonly to: number } | undefined;
  /** Last layer that has parameters: what `cumulative` is relative to. */
  readonly lastTrained: string | undefined;
  readonly wanted: Wanted | undefined;
}

/** Rows higher than this do not get; with more than 24 they shrink. */
const ROW_HEIGHT = 22;
const SMALL_ROW_HEIGHT = 12;
const MOST_HIGH_ROWS = 24;
/** A column is never wider, so that the first steps of a run look like the first steps of a run. */
const WIDEST_COLUMN = 22;

let rowsOf: { readonly key: object; readonly rows: readonly Row[] } | undefined;

function makeRows(state: PanelState): readonly Row[] {
  const snapshot = state.snapshot;
  const key = snapshot?.run?.layout.layers ?? snapshot?.preview;
  if (!snapshot || !key) return [];
  if (rowsOf?.key !== key) {
    const detail = (l: {
      readonly inputShape: readonly number[];
      readonly outputShape: readonly number[];
      readonly activation?: string;
    }): string =>
      [formatShapes(l.inputShape ?? [], l.outputShape ?? []), formatActivation(l.activation)].filter(Boolean).join(' ');
    const rows: Row[] = snapshot.run
      ? snapshot.run.layout.layers.map((layer) => ({
          name: layer.name,
          type: layer.type,
          detail: detail(layer),
          layer,
        }))
      : snapshot.preview.map((layer) => ({ name: layer.name, type: layer.type, detail: detail(layer) }));
    rowsOf = { key, rows };
  }
  return rowsOf.rows;
}

/** The default reference of Change: the middle of the first steps. */
export function defaultReference(first: number): number {
  return first + 15;
}

/** Steps of the plot, the padding of a young run included. */
export function plotSpan(
  state: PanelState,
  range: Frame['range'],
  plotWidth: number,
  stride: number,
): { readonly from: number; readonly to: number; readonly whole: boolean; readonly end: number } {
  if (!range) {
    const total = state.snapshot?.plannedSteps ?? state.snapshot?.run?.totalSteps ?? 100;
    return { from: 0, to: Math.max(1, total), whole: true, end: 0 };
  }
  const view = resolveView(state.view, range.first, range.last);
  const { to } = view;
  const whole = view.from <= range.first && to > range.last;
  const roomFor = Math.ceil(plotWidth / WIDEST_COLUMN) * stride;
  // A long run's axis begins at 0 though its first step is 1.
  const from = whole && to > 4 * roomFor && view.from < to / 100 ? 0 : view.from;
  return { from, to: whole ? Math.max(to, from + roomFor) : to, whole, end: to };
}

/** The scale that holds what the plot shows: the visible bins' means, marked ones beyond the high mark left out. */
export function fitScale(
  measure: Measure,
  track: Track | undefined,
  columns: MeasureColumns,
  span: { readonly from: number; readonly to: number },
): Scale {
  if (measure.scale === 'linear') return SHARE_SCALE;
  if (!track) return INITIAL_LOG_SCALE;
  const high = measure.high?.limit ?? Number.MAX_VALUE;
  let smallest = Number.POSITIVE_INFINITY;
  let largest = 0;
  const firstBin = Math.max(0, track.binOf(span.from));
  const lastBin = Math.min(track.bins - 1, track.binOf(span.to - 1));
  for (const at of columns.value) {
    if (at < 0) continue;
    for (let bin = firstBin; bin <= lastBin; bin++) {
      if (track.count(bin) === 0) continue;
      const mean = track.mean(at, bin);
      if (!(mean > 0) || mean > high) continue;
      if (mean < smallest) smallest = mean;
      if (mean > largest) largest = mean;
    }
  }
  return fitDecades(smallest, largest);
}

/** True where a record has something that is not finite in what the measure shows, or its loss is not. */
function isBroken(record: Float64Array, run: RunInfo, measure: Measure): boolean {
  const loss = record[run.layout.measures.step.indexOf('loss')] ?? 0;
  if (!Number.isFinite(loss)) return true;
  return run.layout.layers.some((layer) => readMeasure(measure, record, layer, run.layout)?.kind === 'nonFinite');
}

/** The last record of a column. While the column still grows, the newest one that is here stands for it. */
function pointedRecord(
  recordings: Recordings,
  steps: { readonly from: number; readonly to: number },
): Float64Array | undefined {
  const record = recordings.record(steps.to);
  if (record) return record;
  const newest = recordings.latest?.[0];
  return newest !== undefined && newest >= steps.from && newest <= steps.to ? recordings.latest : undefined;
}

/** Everything that a paint shows. */
export function makeFrame(state: PanelState, recordings: Recordings, theme: Theme, sizes: Sizes): Frame {
  const snapshot = state.snapshot;
  const run = snapshot?.run;
  const progress = snapshot?.progress;
  const measure = measureOf(state.measure);
  const rows = makeRows(state);
  const range = run ? recorded(progress) : undefined;
  const stride = Math.max(1, progress?.stride ?? 1);
  const span = plotSpan(state, range, sizes.plotWidth, stride);
  const noColumns: MeasureColumns = {
    columns: [],
    value: new Int32Array(rows.length).fill(-1),
    bad: new Int32Array(0),
  };
  const columns = run ? recordings.columnsOf(measure, run.layout) : noColumns;
  const track = run && range ? recordings.plot(measure, span.whole) : undefined;

  const live = state.shown === 'live';
  const shownStep = typeof state.shown === 'number' ? Math.min(state.shown, range?.last ?? 0) : undefined;
  const record = shownStep === undefined ? recordings.latest : recordings.record(shownStep);
  let profile = record;
  let profileStep: number | undefined;
  if (run && record && isBroken(record, run, measure)) {
    profileStep = Math.max(range?.first ?? 0, (record[0] ?? 0) - 1);
    profile = recordings.record(profileStep);
  }

  const cell = state.active;
  let pointedSteps: Frame['pointedSteps'];
  if (cell && track && range) {
    const from = track.stepOf(track.binOf(cell.step));
    pointedSteps = { from: Math.max(from, range.first), to: Math.min(from + track.binSteps - 1, range.last) };
  }
  const change = state.colour === 'change' && run !== undefined && range !== undefined;
  const referenceStep = change ? Math.min(state.reference ?? defaultReference(range.first), range.last) : undefined;
  const fixedReference = change ? (state.reference ?? defaultReference(range.first)) : undefined;
  const steps = [pointedSteps?.to, shownStep, profileStep].filter((step): step is number => step !== undefined);
  const wanted: Wanted | undefined =
    run && range
      ? {
          runId: run.id,
          layout: run.layout,
          measure,
          stride,
          first: range.first,
          last: range.last,
          from: span.from,
          to: span.end,
          whole: span.whole,
          plotBins: Math.max(16, Math.floor(sizes.plotWidth / 2)),
          curveBins: sizes.curvesWidth > 0 ? Math.max(16, Math.floor(sizes.curvesWidth / 2)) : 0,
          steps,
          reference: fixedReference,
        }
      : undefined;
  const locked = state.lockedScales[state.measure];
  const trained = run?.layout.layers.filter((layer) => layer.parameters.length > 0);
  return {
    state,
    theme,
    sizes,
    rows,
    run,
    progress,
    active: isActive(progress),
    measure,
    columns,
    range,
    span: { from: span.from, to: span.to },
    track,
    whole: run ? recordings.whole(measure) : undefined,
    curves: run ? recordings.curves : undefined,
    scale: locked ?? fitScale(measure, track, columns, { from: span.from, to: span.to }),
    locked: locked !== undefined,
    reference:
      fixedReference === undefined || referenceStep === undefined
        ? undefined
        : {
            step: referenceStep,
            means: rows.map((_, i) => recordings.reference(measure, fixedReference, i, columns)),
          },
    selectedRow: rows.findIndex((row) => row.name === snapshot?.selectedLayer),
    rowHeight: rows.length > MOST_HIGH_ROWS ? SMALL_ROW_HEIGHT : ROW_HEIGHT,
    record: run && (live ? range !== undefined : true) ? record : undefined,
    profile: run ? profile : undefined,
    pointed: pointedSteps ? pointedRecord(recordings, pointedSteps) : undefined,
    pointedSteps,
    lastTrained: trained?.[trained.length - 1]?.name,
    wanted,
  };
}

/** Where a step's column begins, as a share of the plot's width. */
export function stepShare(frame: Frame, step: number): number {
  return (step - frame.span.from) / (frame.span.to - frame.span.from);
}

/** Words for a cell: `dense_3, step 230, 1.4e-8, vanished`. */
export function describeCell(frame: Frame): string | undefined {
  const { state, track, pointedSteps, measure, columns, progress } = frame;
  const cell = state.active;
  const row = cell && frame.rows[cell.row];
  if (!cell || !row || !track || !pointedSteps) return undefined;
  const { from, to } = pointedSteps;
  const where = `${row.name}, ${to > from ? `steps ${from} to ${to}, mean` : `step ${from},`}`;
  const bin = track.binOf(cell.step);
  const kind = cellKind(measure, track, columns, cell.row, bin);
  if (kind === 'empty') {
    const missing = (columns.value[cell.row] ?? -1) >= 0 && (progress?.lastStep ?? 0) >= track.knownTo;
    return `${where} ${missing ? 'not here yet' : 'does not apply'}`;
  }
  const mean = track.mean(columns.value[cell.row]!, bin);
  const word = kind === 'low' ? `, ${measure.low?.word}` : kind === 'high' ? `, ${measure.high?.word}` : '';
  return `${where} ${kind === 'nonFinite' ? (Number.isFinite(mean) ? 'not finite' : spokenNonFinite(mean)) : measure.format(mean)}${word}`;
}

function spokenNonFinite(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'plus infinity' : 'minus infinity';
}
