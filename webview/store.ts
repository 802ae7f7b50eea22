// Owns the panel's state and how messages and the user's doings change it: pure functions. The records themselves are in
// `recordings.ts`, since they change without the state doing so.
import type { PanelSnapshot, ToPanel } from '../src/protocol/panel';
import type { Failure, Progress, RunInfo } from '../src/protocol/run';
import { type MeasureId, measureOf } from './measures';
import type { Scale } from './scale';

/** Which steps the plot shows. `tail` follows the run's end. Fixed ends are exclusive. */
export type View =
  | { readonly kind: 'whole' }
  | { readonly kind: 'tail'; readonly steps: number }
  | { readonly kind: 'fixed'; readonly from: number; readonly to: number };

/** The cell pointed at: a layer by its row, a column by its first step. */
export interface ActiveCell {
  readonly row: number;
  readonly step: number;
  readonly by: 'pointer' | 'keyboard';
}

export interface PanelState {
  /** Absent until the host has spoken. */
  readonly snapshot?: PanelSnapshot;
  /** The host's last failure, until a newer snapshot or the user dismisses it. */
  readonly failure?: Failure;
  /** The last request was refused; gone with the next answer. */
  readonly refusal?: Failure;
  readonly measure: MeasureId;
  readonly colour: 'magnitude' | 'change';
  readonly lockedScales: Readonly<Partial<Record<MeasureId, Scale>>>;
  readonly view: View;
  /** The step that values and profile show. */
  readonly shown: number | 'live';
  /** Middle of the steps with which Change compares. */
  readonly reference?: number;
  readonly active?: ActiveCell;
  readonly pinned: boolean;
  readonly tab: 'profile' | 'curves';
}

/** What outlives a hidden panel and a reloaded window. */
export interface SavedState {
  readonly source?: string;
  readonly runId?: string;
  readonly measure?: string;
  readonly colour?: string;
  readonly lockedScales?: Readonly<Partial<Record<MeasureId, Scale>>>;
  readonly view?: View;
  readonly shown?: number | 'live';
  readonly reference?: number;
  readonly selected?: string;
  readonly tab?: string;
}

export type Action =
  | Exclude<ToPanel, { readonly type: 'window' | 'record' | 'refused' }>
  | { readonly type: 'refusal'; readonly failure: Failure | undefined }
  | { readonly type: 'dismiss' }
  | { readonly type: 'measure'; readonly measure: string }
  | { readonly type: 'colour'; readonly colour: 'magnitude' | 'change' }
  | { readonly type: 'lock'; readonly scale: Scale | undefined }
  | { readonly type: 'view'; readonly view: View }
  | { readonly type: 'show'; readonly step: number | 'live' }
  | { readonly type: 'reference'; readonly step: number | undefined }
  | { readonly type: 'point'; readonly cell: ActiveCell | undefined }
  | { readonly type: 'pin'; readonly pinned: boolean }
  | { readonly type: 'tab'; readonly tab: 'profile' | 'curves' };

/** Steps that are shown of a run that diverged: how it came to it. */
const DIVERGED_STEPS = 100;

/** The state before the host's first message, from what was saved. */
export function initialState(saved: SavedState = {}): PanelState {
  return {
    measure: measureOf(saved.measure).id,
    colour: saved.colour === 'change' ? 'change' : 'magnitude',
    lockedScales: saved.lockedScales ?? {},
    view: saved.view ?? { kind: 'whole' },
    shown: saved.shown ?? 'live',
    reference: saved.reference,
    pinned: false,
    tab: saved.tab === 'curves' ? 'curves' : 'profile',
  };
}

/** What to keep of a state. */
export function savedState(state: PanelState): SavedState {
  return {
    source: state.snapshot?.source,
    runId: state.snapshot?.run?.id,
    measure: state.measure,
    colour: state.colour,
    lockedScales: state.lockedScales,
    view: state.view,
    shown: state.shown,
    reference: state.reference,
    selected: state.snapshot?.selectedLayer,
    tab: state.tab,
  };
}

/** True while steps may still come. */
export function isActive(progress: Progress | undefined): boolean {
  return progress?.status === 'starting' || progress?.status === 'running' || progress?.status === 'paused';
}

/** First and last recorded step, or nothing before the first. */
export function recorded(
  progress: Progress | undefined,
): { readonly first: number; readonly last: number } | undefined {
  if (progress?.firstStep === undefined || progress.lastStep === undefined) return undefined;
  return { first: progress.firstStep, last: Math.max(progress.firstStep, progress.lastStep) };
}

/** The view of a run that has just diverged: its last hundred steps or so, from a round one. */
export function divergedView(first: number, last: number): View {
  if (last - first <= DIVERGED_STEPS) return { kind: 'whole' };
  const from = Math.floor((last - DIVERGED_STEPS) / 20) * 20;
  return { kind: 'fixed', from: Math.max(first, from), to: last + 1 };
}

/** Zooms about a step; where half the run or more would show, all of it shows. */
export function zoomed(state: PanelState, factor: number, least: number): View {
  const range = recorded(state.snapshot?.progress);
  if (!range) return state.view;
  const shown = resolveView(state.view, range.first, range.last);
  const whole = range.last + 1 - range.first;
  const steps = Math.min(whole, Math.max(least, Math.round((shown.to - shown.from) / factor)));
  if (steps >= whole) return { kind: 'whole' };
  const about = state.active?.step ?? (state.shown === 'live' ? undefined : state.shown);
  const follows = about === undefined && state.view.kind !== 'fixed';
  if (follows) return { kind: 'tail', steps };
  const anchor = about ?? (shown.from + shown.to) / 2;
  const share = Math.min(1, Math.max(0, (anchor - shown.from) / (shown.to - shown.from)));
  return clampView(Math.round(anchor - share * steps), steps, range.first, range.last);
}

/** A fixed view of so many steps, moved into the run where it would reach beyond. */
export function clampView(from: number, steps: number, first: number, last: number): View {
  const start = Math.max(first, Math.min(from, last + 1 - steps));
  return { kind: 'fixed', from: start, to: Math.min(last + 1, start + steps) };
}

/** The steps a view shows of a run, the end exclusive. */
export function resolveView(view: View, first: number, last: number): { readonly from: number; readonly to: number } {
  const end = last + 1;
  if (view.kind === 'tail') return { from: Math.max(first, end - view.steps), to: end };
  if (view.kind === 'fixed') {
    const from = Math.min(Math.max(first, view.from), last);
    return { from, to: Math.max(from + 1, Math.min(end, view.to)) };
  }
  return { from: first, to: end };
}

const resetOfRun = { view: { kind: 'whole' }, shown: 'live', reference: undefined, active: undefined } as const;

function sameRun(a: RunInfo | undefined, b: RunInfo | undefined): boolean {
  return a?.id === b?.id;
}

/** The view jumps to the end of a run at the moment it diverges. */
function withProgress(state: PanelState, before: Progress | undefined, progress: Progress | undefined): PanelState {
  const range = recorded(progress);
  if (progress?.status !== 'diverged' || before?.status === 'diverged' || !range) return state;
  return { ...state, view: divergedView(range.first, range.last), shown: 'live', active: undefined, pinned: false };
}

/**
 * The state after a message or a doing.
 * @param saved what an earlier life of this panel left; holds only for the same run
 */
export function reduce(state: PanelState, action: Action, saved: SavedState = {}): PanelState {
  switch (action.type) {
    case 'snapshot': {
      const before = state.snapshot;
      const next: PanelState = { ...state, snapshot: action.snapshot, failure: undefined, refusal: undefined };
      if (before && sameRun(before.run, action.snapshot.run)) {
        return withProgress(next, before.progress, action.snapshot.progress);
      }
      // After a reload, what was saved stands for the snapshot that this panel has forgotten.
      if (!before && action.snapshot.run && saved.runId === action.snapshot.run.id) return next;
      return withProgress({ ...next, ...resetOfRun, pinned: false }, undefined, action.snapshot.progress);
    }
    case 'progress': {
      if (!state.snapshot) return state;
      const snapshot = { ...state.snapshot, progress: action.progress };
      return withProgress({ ...state, snapshot }, state.snapshot.progress, action.progress);
    }
    case 'stale':
      if (!state.snapshot) return state;
      return { ...state, snapshot: { ...state.snapshot, stale: action.stale, errorCount: action.errorCount } };
    case 'findings':
      if (!state.snapshot) return state;
      return { ...state, snapshot: { ...state.snapshot, findings: action.findings } };
    case 'select':
      if (!state.snapshot) return state;
      return { ...state, snapshot: { ...state.snapshot, selectedLayer: action.layer } };
    case 'failure':
      return { ...state, failure: action.failure };
    case 'refusal':
      return state.refusal === action.failure ? state : { ...state, refusal: action.failure };
    case 'dismiss':
      return { ...state, failure: undefined, refusal: undefined };
    case 'measure':
      return { ...state, measure: measureOf(action.measure).id };
    case 'colour':
      return { ...state, colour: action.colour };
    case 'lock':
      return { ...state, lockedScales: { ...state.lockedScales, [state.measure]: action.scale } };
    case 'view':
      return { ...state, view: action.view };
    case 'show':
      return shown(state, action.step);
    case 'reference':
      return { ...state, reference: action.step, colour: 'change' };
    case 'point':
      return { ...state, active: action.cell, pinned: action.cell ? state.pinned : false };
    case 'pin':
      return { ...state, pinned: action.pinned && state.active !== undefined };
    case 'tab':
      return { ...state, tab: action.tab };
  }
}

/** Shows a step; a view that does not have it moves so that it does. */
function shown(state: PanelState, step: number | 'live'): PanelState {
  const range = recorded(state.snapshot?.progress);
  if (!range) return state;
  if (step === 'live') {
    const { from, to } = resolveView(state.view, range.first, range.last);
    const view: View = state.view.kind === 'fixed' ? { kind: 'tail', steps: to - from } : state.view;
    return { ...state, shown: 'live', view };
  }
  const at = Math.round(Math.min(range.last, Math.max(range.first, step)));
  const { from, to } = resolveView(state.view, range.first, range.last);
  if (state.view.kind === 'whole') return { ...state, shown: at };
  const steps = to - from;
  const start = at < from ? at : at >= to ? at + 1 - steps : from;
  return { ...state, shown: at, view: clampView(start, steps, range.first, range.last) };
}
