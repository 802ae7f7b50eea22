// Owns what the host's thread and a training worker say to each other.
import type { Finding } from '../analysis/finding';
import type { Thresholds } from '../analysis/thresholds';
import type { Failure, Progress, RunInfo, WindowQuery, WindowReply } from './run';

export interface StartOptions {
  readonly id: string;
  readonly specText: string;
  /** What the run is listed under, and the name where the spec has none. */
  readonly source: string;
  /** Absolute; paths in the spec are relative to it. Absent for a spec that has no file: then no paths. */
  readonly folder?: string;
  /** Absolute folders that a spec's paths may lead into. */
  readonly allowedFolders: readonly string[];
  /** Where the shipped digits are: the extension's `media/data`. */
  readonly dataFolder: string;
  readonly mode: 'train' | 'gradients';
  /** Instead of the spec's. */
  readonly seed?: number;
  readonly steps?: number;
  /** Most the network may take, in bytes. */
  readonly memoryLimitBytes: number;
  /** Most that is kept of the records, in bytes; beyond it every second one goes. */
  readonly historyLimitBytes: number;
  /** Records are appended here, so that a reload finds them; absent: kept in memory alone. */
  readonly historyFile?: string;
  /** By which the run is judged while it lasts. Default: the defaults. */
  readonly thresholds?: Thresholds;
  /** Begin paused before the first step (Step one batch). */
  readonly paused?: boolean;
}

export type ToWorker =
  | { readonly type: 'start'; readonly options: StartOptions }
  /** Serves the records of a finished run from its file; nothing is trained. */
  | { readonly type: 'open'; readonly historyFile: string }
  | { readonly type: 'pause' | 'resume' | 'step' | 'stop' }
  | { readonly type: 'window'; readonly id: number; readonly query: WindowQuery }
  /** The record of the step, or of the nearest one kept before it. */
  | { readonly type: 'record'; readonly id: number; readonly step: number };

export type FromWorker =
  | { readonly type: 'started'; readonly run: RunInfo }
  /** At most 20 a second while it trains, and at each change of status. */
  | { readonly type: 'progress'; readonly progress: Progress }
  /** What the run shows so far, in the order of the text that it was started from; others than the last time. */
  | { readonly type: 'findings'; readonly findings: readonly Finding[] }
  /** The last message about training; queries are answered after it. */
  | { readonly type: 'ended'; readonly progress: Progress }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'window'; readonly id: number; readonly reply: WindowReply }
  | { readonly type: 'record'; readonly id: number; readonly record: Float64Array | undefined }
  | { readonly type: 'refused'; readonly id: number; readonly failure: Failure };
