// Owns what a feature gets: the few long-lived parts it may use. A feature is a function that registers itself with these
// and returns what releases it.
import type * as vscode from 'vscode';
import type { Analyst } from './analyst';
import type { Faults } from './faults';
import type { Panels } from './panels';
import type { Predictions } from './predictions';
import type { Sessions } from './sessions';
import type { SpecDocuments } from './specDocuments';

export interface App {
  readonly context: vscode.ExtensionContext;
  readonly documents: SpecDocuments;
  readonly analyst: Analyst;
  readonly predictions: Predictions;
  readonly sessions: Sessions;
  readonly panels: Panels;
  readonly faults: Faults;
  readonly log: vscode.LogOutputChannel;
}
