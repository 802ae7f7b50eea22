// Owns which states of the world the strip under the bar speaks of, and in what words. Drawing it is `views/notice.ts`.
import type { PanelCommand } from '../src/protocol/panel';
import { formatInteger } from './format';
import { isActive, type PanelState } from './store';

export interface Notice {
  readonly id: string;
  readonly severity: 'error' | 'warning' | 'info';
  /** Stands in bold before the message. */
  readonly lead: string;
  readonly message: string;
  readonly detail?: string;
  readonly action?: { readonly label: string; readonly command: PanelCommand };
  readonly link?: { readonly label: string; readonly step?: number };
}

/** The host's sentence, if it has one. */
function tidy(text: string | undefined): string {
  return (text ?? '').trim();
}

/** What there is to say, most urgent first. */
export function notices(state: PanelState): Notice[] {
  const all: Notice[] = [];
  const snapshot = state.snapshot;
  const progress = snapshot?.progress;
  const run = snapshot?.run;
  if (state.failure) {
    all.push({
      id: 'failure',
      severity: 'error',
      lead: '',
      message: state.failure.message,
      detail: state.failure.hint,
      link: { label: 'dismiss' },
    });
  }
  const step = formatInteger(progress?.step ?? 0);
  if (progress?.status === 'diverged') {
    const lastFinite = (progress.lastStep ?? progress.step) - progress.stride;
    all.push({
      id: 'diverged',
      severity: 'error',
      lead: 'Diverged:',
      message: tidy(progress.message) || `at step ${step} a number stopped being finite.`,
      detail: progress.hint,
      link:
        lastFinite >= (progress.firstStep ?? Number.POSITIVE_INFINITY)
          ? { label: `go to step ${formatInteger(lastFinite)}`, step: lastFinite }
          : undefined,
    });
  }
  if (progress?.status === 'failed') {
    all.push({
      id: 'failed',
      severity: 'error',
      lead: run ? `Failed at step ${step}:` : 'Failed:',
      message: tidy(progress.message) || 'the training ended unexpectedly',
      detail: progress.hint ?? (progress.lastStep === undefined ? undefined : 'What was recorded until then is shown.'),
    });
  }
  if (state.refusal) {
    all.push({
      id: 'refusal',
      severity: 'warning',
      lead: 'Records are missing:',
      message: state.refusal.message,
      detail: state.refusal.hint,
      link: { label: 'dismiss' },
    });
  }
  if (snapshot && snapshot.errorCount > 0) {
    const many = snapshot.errorCount > 1;
    all.push({
      id: 'errors',
      severity: 'error',
      lead: `The spec has ${many ? `${formatInteger(snapshot.errorCount)} errors` : 'an error'}.`,
      message: run
        ? `The run shown started before ${many ? 'them' : 'it'}.`
        : `Training can start when ${many ? 'they are' : 'it is'} fixed; see Problems.`,
    });
  } else if (snapshot?.stale && run) {
    all.push({
      id: 'stale',
      severity: 'warning',
      lead: '',
      message: 'The file has changed since this run started.',
      detail: isActive(progress) ? 'The run goes on with the text that it started from.' : undefined,
      action: { label: 'Restart', command: run.mode === 'gradients' ? 'showGradients' : 'train' },
    });
  }
  const found = foundOf(state);
  if (found) all.push(found);
  if (progress?.status === 'interrupted') {
    all.push({
      id: 'interrupted',
      severity: 'info',
      lead: `Interrupted at step ${step}:`,
      message: tidy(progress.message) || 'a reload ended this run; what was recorded is shown.',
      detail: progress.hint,
    });
  }
  return all;
}

/** The worst of what the run shows; the editor's problems have them all, with their places. */
function foundOf({ snapshot }: PanelState): Notice | undefined {
  // That it diverged is said already.
  const told = snapshot?.progress?.status === 'diverged' ? 'GF111' : undefined;
  const findings = (snapshot?.findings ?? []).filter(({ code }) => code !== told);
  const worst = findings[0];
  if (!worst) return undefined;
  const more = findings.length - 1;
  return {
    id: 'finding',
    severity: worst.severity === 'information' ? 'info' : worst.severity,
    lead: `${worst.code}:`,
    message: worst.message,
    detail: more === 0 ? worst.hint : `${worst.hint} Problems has ${formatInteger(more)} more.`,
  };
}
