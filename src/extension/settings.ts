// Owns the reading of settings: one place that knows their names and what stands in for nonsense.
import * as vscode from 'vscode';
import { type Thresholds, thresholdsFrom } from '../analysis/thresholds';

const MIB = 2 ** 20;

export interface Settings {
  /** Most that a network may take. */
  readonly memoryLimitBytes: number;
  /** Most that the records of one run may take. */
  readonly historyLimitBytes: number;
  /** Absolute folders, besides a spec's own workspace folder, that its paths may lead into. */
  readonly allowedFolders: readonly string[];
  readonly codeLens: boolean;
  readonly hover: boolean;
  /** What stands at the ends of lines. */
  readonly inlayHints: { readonly shape: boolean; readonly parameters: boolean; readonly gradient: boolean };
  readonly gutterHeat: boolean;
  /** Findings that are shown: all, those from warnings on, or none. */
  readonly findings: 'all' | 'warnings' | 'off';
  /** Whether to measure one batch at initialization while a spec is edited. */
  readonly probe: boolean;
}

/** The settings as they are now. */
export function readSettings(): Settings {
  const configuration = vscode.workspace.getConfiguration('gradoscope');
  const mebibytes = (key: string, standard: number): number => {
    const value = configuration.get<unknown>(key);
    return (typeof value === 'number' && value >= 1 ? value : standard) * MIB;
  };
  const on = (key: string): boolean => configuration.get<unknown>(key) !== false;
  const findings = configuration.get<unknown>('findings');
  const folders = configuration.get<unknown>('allowedFolders');
  return {
    memoryLimitBytes: mebibytes('memoryLimitMiB', 2048),
    historyLimitBytes: mebibytes('historyLimitMiB', 256),
    allowedFolders: Array.isArray(folders) ? folders.filter((f): f is string => typeof f === 'string' && f !== '') : [],
    codeLens: on('codeLens'),
    hover: on('hover'),
    inlayHints: {
      shape: on('inlayHints.shape'),
      parameters: on('inlayHints.parameters'),
      gradient: on('inlayHints.gradient'),
    },
    gutterHeat: on('gutterHeat'),
    findings: findings === 'warnings' || findings === 'off' ? findings : 'all',
    probe: on('probe'),
  };
}

/** The thresholds that findings about a spec are judged by. @param resource the spec: folders of a workspace may differ */
export function readThresholds(resource: vscode.Uri): Thresholds {
  const values = vscode.workspace.getConfiguration('gradoscope', resource).get<unknown>('thresholds');
  return thresholdsFrom(typeof values === 'object' && values !== null ? (values as Record<string, unknown>) : {});
}
