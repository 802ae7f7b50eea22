// Owns what `extension.exports` offers: a view of the sessions for tests in the extension host. Not for other extensions.
import type { RunStatus } from '../protocol/run';

export interface SessionView {
  /** The spec's URI. */
  readonly source: string;
  readonly live: boolean;
  readonly stale: boolean;
  readonly errorCount: number;
  readonly selectedLayer: string | undefined;
  /** Of the run that is shown. */
  readonly run?: {
    readonly id: string;
    readonly mode: 'train' | 'gradients';
    readonly seed: number;
    readonly totalSteps: number;
    readonly layers: readonly string[];
  };
  readonly status?: RunStatus;
  readonly step?: number;
  readonly loss?: number;
  readonly message?: string;
  readonly panel: 'none' | 'hidden' | 'loading' | 'shown';
}

export interface PredictedView {
  readonly name: string;
  readonly backwardFactor: number;
  readonly cumulative: number;
}

export interface GradoscopeTestApi {
  readonly apiVersion: 1;
  /** How long `activate` took. */
  readonly activationMs: number;
  sessions(): readonly SessionView[];
  /** Resolves with the first view for which `accept` says yes, now or at a later change; rejects after `limitMs`. */
  waitFor(source: string, what: string, accept: (view: SessionView) => boolean, limitMs: number): Promise<SessionView>;
  /** The record of the step or of the nearest one before it, as the panel and the hovers get it. */
  record(source: string, step: number): Promise<Float64Array | undefined>;
  /** Text of the status bar item; undefined while it is hidden. */
  statusBarText(): string | undefined;
  /** Resolves once all is known of the open spec's text as it is, with its layers and what is left of the gradient at each. */
  prediction(source: string, limitMs: number): Promise<readonly PredictedView[]>;
  /** Ends the analysis worker as a crash would. */
  killAnalyst(): void;
  /** Ends the worker of the spec's run as a crash would. */
  killWorker(source: string): void;
}
