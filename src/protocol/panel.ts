// Owns what the panel's webview and the extension host say to each other.
import type { Failure, Progress, RunInfo, WindowQuery, WindowReply } from './run';

/** Rows of the panel before any run: what the spec alone tells. */
export interface PreviewLayer {
  readonly name: string;
  readonly type: string;
  readonly activation?: string;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly parameterCount: number;
  readonly groups: readonly string[];
}

/** What the run shows, in short: the place in the text is the editor's. */
export interface PanelFinding {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'information';
  readonly message: string;
  readonly hint: string;
  readonly layer?: string;
}

/** All that a panel needs to show itself anew; records are asked for separately. */
export interface PanelSnapshot {
  /** The spec's URI, kept by the webview's state so that a reload finds it. */
  readonly source: string;
  readonly title: string;
  readonly preview: readonly PreviewLayer[];
  /** Steps that Train would do, where the spec is right. */
  readonly plannedSteps?: number;
  /** How many errors the spec has now. */
  readonly errorCount: number;
  readonly run?: RunInfo;
  readonly progress?: Progress;
  /** The spec's text is no longer what the run was started from. */
  readonly stale: boolean;
  /** Of the run, worst first; none while the text is another than the run's. */
  readonly findings?: readonly PanelFinding[];
  readonly selectedLayer?: string;
}

export type ToPanel =
  | { readonly type: 'snapshot'; readonly snapshot: PanelSnapshot }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'stale'; readonly stale: boolean; readonly errorCount: number }
  /** In place of those told before. */
  | { readonly type: 'findings'; readonly findings: readonly PanelFinding[] }
  /** The cursor of the spec's editor is in this layer. */
  | { readonly type: 'select'; readonly layer: string | undefined }
  | { readonly type: 'window'; readonly id: number; readonly reply: WindowReply }
  | { readonly type: 'record'; readonly id: number; readonly record: Float64Array | undefined }
  | { readonly type: 'refused'; readonly id: number; readonly failure: Failure }
  | { readonly type: 'failure'; readonly failure: Failure };

export type PanelCommand = 'train' | 'stop' | 'pause' | 'resume' | 'stepBatch' | 'showGradients' | 'trainNewSeed';

export type FromPanel =
  | { readonly type: 'ready' }
  | { readonly type: 'window'; readonly id: number; readonly query: WindowQuery }
  | { readonly type: 'record'; readonly id: number; readonly step: number }
  /** Show this layer in the spec; `focus` moves the keyboard there too. */
  | { readonly type: 'reveal'; readonly layer: string; readonly focus: boolean }
  | { readonly type: 'command'; readonly command: PanelCommand };
