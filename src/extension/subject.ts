// Owns what the analysis worker is told of a document: its text as it is now, and what may be read for it.
import type * as vscode from 'vscode';
import type { AnalysisSubject } from '../protocol/analysis';
import { readSettings, readThresholds } from './settings';
import { foldersOf } from './specDocuments';

/** @param dataFolder the shipped data's */
export function subjectOf(document: vscode.TextDocument, dataFolder: string): AnalysisSubject {
  return {
    text: document.getText(),
    ...foldersOf(document.uri),
    dataFolder,
    memoryLimitBytes: readSettings().memoryLimitBytes,
    thresholds: readThresholds(document.uri),
  };
}
