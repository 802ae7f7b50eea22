// Owns the file that a run's records are appended to, so that a reload or a killed worker loses no more than the last
// unflushed batch. Leaves what is kept to `history.ts`; knows nothing of messages.
//
// The file: the line of FORMAT, then frames. A frame is two little-endian uint32, its kind and its payload's length in
// bytes, then the payload: HEADER (JSON: the run, with its layout), RECORDS (whole records of float64, little-endian),
// END (JSON: how the run ended; absent when it was interrupted). A file may be cut anywhere: whole records are read.
import { UserError } from '../base/errors';
import type { RecordLayout } from '../engine/record';
import { History, type HistoryOptions } from './history';

/** Where the bytes go; `nodeHistoryStore` is the one on disk. All may throw, as files do. */
export interface HistoryStore {
  /** The whole file, or undefined where there is none. */
  read(): Uint8Array | undefined;
  /** Replaces the whole file at once: a reader sees the old one or the new one. */
  replace(parts: readonly Uint8Array[]): void;
  /** Appends all of `bytes` or, where that fails, leaves the file as it was. */
  append(bytes: Uint8Array): void;
}

/** What the file says about its run; the protocol's RunInfo has this form. */
export interface StoredRun {
  readonly layout: RecordLayout;
}

const FORMAT = 'gradoscope.history/1\n';
const FRAME_HEADER = 1;
const FRAME_RECORDS = 2;
const FRAME_END = 3;
/** Payload bytes of one frame of records, so that rewriting a long run needs no second copy of all of it. */
const RECORDS_FRAME_BYTES = 4 * 2 ** 20;
const MOST_JSON_BYTES = 64 * 2 ** 20;

/** Keeps a file in step with a History. */
export class HistoryWriter {
  readonly #store: HistoryStore;
  readonly #run: StoredRun;
  readonly #history: History;
  /** Last step in the file, and the stride it was written at. */
  #writtenStep = -Infinity;
  #writtenStride: number;

  /** Begins the file anew. @throws what the store throws */
  constructor(store: HistoryStore, run: StoredRun, history: History) {
    this.#store = store;
    this.#run = run;
    this.#history = history;
    this.#writtenStride = history.stride;
    this.#rewrite(false);
  }

  /** Brings the file up to date: appends new records, or rewrites it where the history was thinned since. */
  flush(): void {
    if (this.#history.stride !== this.#writtenStride) this.#rewrite(false);
    else this.#appendFrom(this.#writtenStep, false);
  }

  /** Writes what is left, the latest record too, and how the run ended. */
  end(status: object): void {
    if (this.#history.stride !== this.#writtenStride) this.#rewrite(true);
    else this.#appendFrom(this.#writtenStep, true);
    this.#store.append(frame(FRAME_END, encodeJson(status)));
  }

  #rewrite(withLatest: boolean): void {
    const parts = [new TextEncoder().encode(FORMAT), frame(FRAME_HEADER, encodeJson(this.#run))];
    let last = -Infinity;
    this.#collect(-Infinity, withLatest, (part, step) => {
      parts.push(part);
      last = step;
    });
    this.#store.replace(parts);
    this.#writtenStep = last;
    this.#writtenStride = this.#history.stride;
  }

  #appendFrom(after: number, withLatest: boolean): void {
    this.#collect(after, withLatest, (part, step) => {
      this.#store.append(part);
      this.#writtenStep = step;
    });
  }

  /** Gives frames of all records after step `after` to `take`, each with its last step. */
  #collect(after: number, withLatest: boolean, take: (part: Uint8Array, lastStep: number) => void): void {
    const { width } = this.#history.layout;
    const record = new Float64Array(width);
    let end = this.#history.count;
    // A latest record between two strides would be superseded by the next one; the file takes it at the end alone.
    if (!withLatest && end > 0 && !this.#history.isSettled(end - 1)) end--;
    let begin = end;
    while (begin > 0 && this.#history.stepAt(begin - 1) > after) begin--;
    const most = Math.max(1, Math.floor(RECORDS_FRAME_BYTES / (8 * width)));
    for (let i = begin; i < end; i += most) {
      const n = Math.min(most, end - i);
      const payload = new DataView(new ArrayBuffer(n * width * 8));
      for (let k = 0; k < n; k++) {
        this.#history.readAt(i + k, record);
        for (let c = 0; c < width; c++) payload.setFloat64((k * width + c) * 8, record[c]!, true);
      }
      take(frame(FRAME_RECORDS, new Uint8Array(payload.buffer)), this.#history.stepAt(i + n - 1));
    }
  }
}

/** What a file holds. `run` and `end` are as they were written, and not checked beyond the run's layout. */
export interface StoredHistory {
  readonly run: StoredRun;
  readonly history: History;
  readonly end?: unknown;
}

/**
 * Reads a run back. Whatever stands behind the last whole record is left out.
 * @throws UserError where there is no such file or its beginning is not that of a history
 */
export function readHistory(store: HistoryStore, options: HistoryOptions): StoredHistory {
  const bytes = store.read();
  if (!bytes) throw new UserError('The file of this run is no longer there.', 'Train again to get a new one.');
  const format = new TextEncoder().encode(FORMAT);
  if (!format.every((b, i) => bytes[i] === b)) throw damaged('it does not begin as one');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let run: StoredRun | undefined;
  let history: History | undefined;
  let end: unknown;
  for (let at = format.length; at + 8 <= bytes.length; ) {
    const kind = view.getUint32(at, true);
    const length = view.getUint32(at + 4, true);
    at += 8;
    const whole = at + length <= bytes.length;
    const present = Math.min(length, bytes.length - at);
    if (kind === FRAME_HEADER && whole && !run && length <= MOST_JSON_BYTES) {
      run = checkedRun(decodeJson(bytes.subarray(at, at + length)));
      history = new History(run.layout, options);
    } else if (kind === FRAME_RECORDS && history) {
      readRecords(view, at, present, history);
    } else if (kind === FRAME_END && whole && length <= MOST_JSON_BYTES) {
      end = decodeJson(bytes.subarray(at, at + length));
    } else break;
    at += length;
  }
  if (!run || !history) throw damaged('its header is cut short');
  return end === undefined ? { run, history } : { run, history, end };
}

function readRecords(view: DataView, at: number, length: number, history: History): void {
  const width = history.layout.width;
  const record = new Float64Array(width);
  for (let k = 0; (k + 1) * width * 8 <= length; k++) {
    for (let c = 0; c < width; c++) record[c] = view.getFloat64(at + (k * width + c) * 8, true);
    const step = record[0]!;
    // Steps ascend: anything else is damage, and what follows cannot be trusted either.
    if (!Number.isSafeInteger(step) || step <= (history.lastStep ?? -1)) return;
    history.append(step, record);
  }
}

function checkedRun(value: unknown): StoredRun {
  const layout = (value as { layout?: { width?: unknown; layers?: unknown } } | null | undefined)?.layout;
  const width = layout?.width;
  if (typeof width !== 'number' || !Number.isSafeInteger(width) || width < 1 || width > 2 ** 26) {
    throw damaged('its header names no record width');
  }
  if (!Array.isArray(layout?.layers)) throw damaged('its header names no layers');
  return value as StoredRun;
}

function frame(kind: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, kind, true);
  view.setUint32(4, payload.length, true);
  bytes.set(payload, 8);
  return bytes;
}

/** JSON has no word for numbers that are not finite, and a diverged run's loss is one. */
function encodeJson(value: object): Uint8Array {
  const text = JSON.stringify(value, (_key, v: unknown) =>
    typeof v === 'number' && !Number.isFinite(v) ? { $number: String(v) } : v,
  );
  return new TextEncoder().encode(text);
}

function decodeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes), (_key, v: unknown) => {
      const tagged = v as { $number?: unknown } | null;
      return typeof tagged === 'object' && typeof tagged?.$number === 'string' ? Number(tagged.$number) : v;
    });
  } catch {
    throw damaged('part of it is not JSON');
  }
}

function damaged(why: string): UserError {
  return new UserError(`The file of this run is not a history of records: ${why}.`, 'Train again to get a new one.');
}
