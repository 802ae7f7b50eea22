// Owns the records of the run as far as the panel has pulled them: tracks for the plot, the whole run, the curves and the
// reference of Change, and single records. Says what is needed next; `requests.ts` asks for it.
import type { RecordLayout, WindowQuery, WindowReply } from '../src/protocol/run';
import { classify, type Measure, type MeasureId } from './measures';
import type { Need } from './requests';
import { alignDown, chooseBinSteps, Track } from './track';

/** Where a measure is in a track's columns, a row each; -1 where it does not apply. */
export interface MeasureColumns {
  readonly columns: readonly number[];
  readonly value: Int32Array;
  readonly bad: Int32Array;
}

/** The columns of a measure for all layers: their values, then their counts of non-finite numbers. */
export function measureColumns(measure: Measure, layout: RecordLayout): MeasureColumns {
  const columns: number[] = [];
  const value = new Int32Array(layout.layers.length).fill(-1);
  const bad = new Int32Array(layout.layers.length).fill(-1);
  layout.layers.forEach((layer, i) => {
    const column = measure.column(layer, layout);
    if (column === undefined) return;
    value[i] = columns.push(column) - 1;
  });
  layout.layers.forEach((layer, i) => {
    const column = measure.nonFinite(layer, layout);
    if (value[i]! < 0 || column === undefined) return;
    bad[i] = columns.push(column) - 1;
  });
  return { columns, value, bad };
}

/** What the panel shows, as far as it decides what to pull. */
export interface Wanted {
  readonly runId: string;
  readonly layout: RecordLayout;
  readonly measure: Measure;
  readonly stride: number;
  readonly first: number;
  readonly last: number;
  /** Steps of the plot, the end exclusive, and whether they are all. */
  readonly from: number;
  readonly to: number;
  readonly whole: boolean;
  /** Most bins that the plot and the curves have room for; no curves: 0. */
  readonly plotBins: number;
  readonly curveBins: number;
  /** Steps whose records are shown besides the latest. */
  readonly steps: readonly number[];
  readonly reference: number | undefined;
}

/** Steps of which Change's reference is the mean. */
export const REFERENCE_STEPS = 30;
/** Records kept of those pointed at. */
const RECORDS_KEPT = 64;

/** A track, and the one that is to follow it (finer, coarser, of another measure) until that one's first reply. */
class Feed {
  current: Track | undefined;
  currentTag = '';
  #next: Track | undefined;
  #nextTag = '';

  /** The track to ask for, made anew where what is wanted is not what there is. */
  want(tag: string, columns: readonly number[], binSteps: number, from: number, to: number): Track {
    const fits = (track: Track | undefined, trackTag: string): track is Track =>
      track !== undefined &&
      trackTag === tag &&
      track.binSteps === binSteps &&
      track.start <= from &&
      from <= track.knownTo &&
      // Bins that a following view has left behind are let go in time.
      track.bins <= 4 * ((to - from) / binSteps + 64);
    if (fits(this.current, this.currentTag)) {
      this.#next = undefined;
      return this.current;
    }
    if (!fits(this.#next, this.#nextTag)) {
      this.#next = new Track(columns, binSteps, from, Math.ceil((to - from) / binSteps) + 16);
      this.#nextTag = tag;
    }
    return this.#next!;
  }

  settle(track: Track, asked: WindowQuery, reply: WindowReply): boolean {
    if (!track.merge(asked, reply)) return false;
    if (track === this.#next) {
      this.current = track;
      this.currentTag = this.#nextTag;
      this.#next = undefined;
    }
    return true;
  }
}

export class Recordings {
  #runId = '';
  #whole = new Feed();
  #zoom = new Feed();
  #curves = new Feed();
  #reference = new Feed();
  #records = new Map<number, Float64Array | undefined>();
  #latest: Float64Array | undefined;
  /** The step of the last answer about the newest record: the answer may be an earlier one. */
  #latestAsked: number | undefined;
  #layout: RecordLayout | undefined;
  #measure: MeasureId | undefined;
  #columns: MeasureColumns = { columns: [], value: new Int32Array(0), bad: new Int32Array(0) };

  /** Forgets everything when the run is another one. True then. */
  startRun(runId: string): boolean {
    if (runId === this.#runId) return false;
    this.#runId = runId;
    this.#whole = new Feed();
    this.#zoom = new Feed();
    this.#curves = new Feed();
    this.#reference = new Feed();
    this.#records.clear();
    this.#latest = undefined;
    this.#latestAsked = undefined;
    return true;
  }

  /** Where the measure is in the columns of `plot` and `whole`. */
  columnsOf(measure: Measure, layout: RecordLayout): MeasureColumns {
    if (this.#layout !== layout || this.#measure !== measure.id) {
      this.#columns = measureColumns(measure, layout);
      this.#layout = layout;
      this.#measure = measure.id;
    }
    return this.#columns;
  }

  /** The plot's bins, if any of this measure are here. */
  plot(measure: Measure, whole: boolean): Track | undefined {
    const feeds = whole ? [this.#whole] : [this.#zoom, this.#whole];
    return feeds.find((feed) => feed.currentTag === measure.id)?.current;
  }

  /** The whole run's bins. */
  whole(measure: Measure): Track | undefined {
    return this.#whole.currentTag === measure.id ? this.#whole.current : undefined;
  }

  /** The whole run's loss (column 0) and metric (1). */
  get curves(): Track | undefined {
    return this.#curves.current;
  }

  /** The mean of a row about the reference step; nothing while it is not here or not a number. */
  reference(measure: Measure, step: number, row: number, columns: MeasureColumns): number | undefined {
    const track = this.#reference.current;
    if (!track || this.#reference.currentTag !== `${measure.id} ${step}` || track.count(0) === 0) return undefined;
    const at = columns.value[row] ?? -1;
    if (at < 0) return undefined;
    const mean = track.mean(at, 0);
    return Number.isFinite(mean) ? mean : undefined;
  }

  /** The newest record that is here. */
  get latest(): Float64Array | undefined {
    return this.#latest;
  }

  /** The record of a step or the nearest kept before it, once it is here. */
  record(step: number): Float64Array | undefined {
    if (this.#latest && this.#latest[0] === step) return this.#latest;
    return this.#records.get(step);
  }

  /** What is missing, in the order in which the kinds take turns. Nothing is needed twice. */
  needs(w: Wanted): Need[] {
    const needs: Need[] = [];
    const windowNeed = (kind: string, feed: Feed, track: Track, end: number): void => {
      const query = track.query(end);
      if (query) needs.push({ kind, type: 'window', query, settle: (reply) => feed.settle(track, query, reply) });
    };
    for (const step of w.steps) {
      const asked = Math.min(step, w.last);
      if (this.#records.has(asked) || this.#latest?.[0] === asked) continue;
      needs.push({ kind: 'record', type: 'record', step: asked, settle: (record) => this.#keep(asked, record) });
      break;
    }
    const { columns } = this.columnsOf(w.measure, w.layout);
    const end = w.last + 1;
    const all = chooseBinSteps(end - w.first, w.plotBins, w.stride);
    if (!w.whole) {
      const binSteps = chooseBinSteps(w.to - w.from, w.plotBins, w.stride);
      const from = alignDown(w.from, binSteps);
      windowNeed('zoom', this.#zoom, this.#zoom.want(w.measure.id, columns, binSteps, from, w.to), w.to);
    }
    const start = alignDown(w.first, all);
    windowNeed('whole', this.#whole, this.#whole.want(w.measure.id, columns, all, start, end), end);
    if (w.curveBins > 0) {
      const binSteps = chooseBinSteps(end - w.first, w.curveBins, w.stride);
      const track = this.#curves.want('', stepColumns(w.layout), binSteps, alignDown(w.first, binSteps), end);
      windowNeed('curves', this.#curves, track, end);
    }
    if (this.#latestAsked !== w.last) {
      const step = w.last;
      needs.push({ kind: 'latest', type: 'record', step, settle: (record) => this.#keepLatest(step, record) });
    }
    if (w.reference !== undefined) {
      const binSteps = Math.max(REFERENCE_STEPS, w.stride * 2);
      const from = Math.max(w.first, w.reference - Math.floor(binSteps / 2));
      const tag = `${w.measure.id} ${w.reference}`;
      const track = this.#reference.want(tag, columns, binSteps, from, from + binSteps);
      windowNeed('reference', this.#reference, track, Math.min(end, from + binSteps));
    }
    return needs;
  }

  #keep(step: number, record: Float64Array | undefined): boolean {
    this.#records.set(step, record);
    for (const old of this.#records.keys()) {
      if (this.#records.size <= RECORDS_KEPT) break;
      this.#records.delete(old);
    }
    return true;
  }

  #keepLatest(step: number, record: Float64Array | undefined): boolean {
    this.#latestAsked = step;
    if (record) this.#latest = record;
    return true;
  }
}

function stepColumns(layout: RecordLayout): number[] {
  return ['loss', 'metric'].map((name) => layout.measures.step.indexOf(name)).filter((column) => column >= 0);
}

/** The kind of a row's cell in a bin of a track. */
export function cellKind(
  measure: Measure,
  track: Track,
  columns: MeasureColumns,
  row: number,
  bin: number,
): ReturnType<typeof classify> {
  const at = columns.value[row] ?? -1;
  if (at < 0 || track.count(bin) === 0) return 'empty';
  const bad = columns.bad[row] ?? -1;
  return classify(
    measure,
    track.mean(at, bin),
    track.largest(at, bin),
    bad < 0 ? 0 : Math.max(0, track.largest(bad, bin)),
  );
}
