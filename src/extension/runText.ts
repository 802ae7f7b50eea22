// Owns the words for how a run stands: status bar, tooltips. Pure.
import { assertNever } from '../base/errors';
import type { Progress, RunInfo } from '../protocol/run';
import { formatCount, formatDuration, formatLoss, formatRate } from './format';

/** One word for how a run stands. */
export function statusWord(status: Progress['status']): string {
  switch (status) {
    case 'starting':
      return 'starting';
    case 'running':
      return 'training';
    case 'paused':
      return 'paused';
    case 'completed':
      return 'completed';
    case 'cancelled':
      return 'stopped';
    case 'diverged':
      return 'diverged';
    case 'failed':
      return 'failed';
    case 'interrupted':
      return 'interrupted';
    default:
      return assertNever(status);
  }
}

/** What the status bar says of a live run, with VS Code's icons. */
export function statusText(run: RunInfo | undefined, progress: Progress): string {
  if (progress.status === 'starting' || !run) return '$(loading~spin) Starting…';
  const parts = [`${formatCount(progress.step)}/${formatCount(run.totalSteps)}`];
  if (progress.status === 'running' && progress.stepsPerSecond > 0) parts.push(formatRate(progress.stepsPerSecond));
  if (progress.step > 0) parts.push(`loss ${formatLoss(progress.loss)}`);
  if (progress.secondsLeft !== undefined) parts.push(`${formatDuration(progress.secondsLeft)} left`);
  return `${progress.status === 'paused' ? '$(debug-pause)' : '$(pulse)'} ${parts.join(' · ')}`;
}
