// Owns how measured remedies are written: for people, and as JSON.
import type { FixedAll, FixResult, MeasuredRemedy } from '../analysis/fix';
import type { TrialOutcome } from '../analysis/trials';
import { formatNumber, formatShare, styled, table } from './format';
import { unifiedDiff } from './unifiedDiff';

/** The fields of `gradoscope.fix/1`. */
export function fixJson(spec: string, text: string, { metric, steps, seeds, codes, original, remedies }: FixResult) {
  return {
    format: 'gradoscope.fix/1',
    spec,
    metric,
    steps,
    seeds,
    codes,
    original: outcomeJson(original),
    remedies: remedies.map((remedy) => remedyJson(remedy, unifiedDiff(text, remedy.text, spec))),
  };
}

/** The same format, with what was applied in order; the diff is that of all. */
export function allJson(spec: string, text: string, { text: fixed, applied, found, left }: FixedAll) {
  return {
    format: 'gradoscope.fix/1',
    spec,
    codes: found,
    left,
    applied: applied.map((remedy) => remedyJson(remedy)),
    diff: unifiedDiff(text, fixed, spec),
  };
}

function remedyJson(remedy: MeasuredRemedy, diff?: string): object {
  const { id, title, why, mends, adds, predictedFirstToLast, predictedFactorPerLayer, outcome, verdict } = remedy;
  return {
    id,
    title,
    why,
    mends,
    adds,
    predictedFirstToLast: known(predictedFirstToLast),
    predictedFactorPerLayer: known(predictedFactorPerLayer),
    measured: outcome && outcomeJson(outcome),
    verdict,
    diff,
  };
}

function outcomeJson(outcome: TrialOutcome): object {
  const { firstToLast, factorPerLayer, loss, testLoss, testMetric, diverged, testMetrics, testLosses } = outcome;
  return {
    firstToLast: known(firstToLast),
    factorPerLayer: known(factorPerLayer),
    loss,
    testLoss,
    metric: testMetric,
    diverged,
    testLosses,
    metrics: testMetrics,
  };
}

/** What cannot be said is left out. */
function known(value: number | undefined): number | undefined {
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

/** @param chosen the one remedy whose diff is wanted, from 1; all where it is not given */
export function fixText(
  spec: string,
  text: string,
  result: FixResult,
  chosen: number | undefined,
  colour: boolean,
): string {
  const { codes, remedies, metric, seeds, steps, original } = result;
  const head = styled('bold', spec, colour);
  if (codes.length === 0) return `${head}: nothing to fix\n`;
  const found = `${head}: ${codes.join(', ')}`;
  if (remedies.length === 0) return `${found}\nNo remedy is known for this spec.\n`;
  const metricName = metric === 'accuracy' ? 'accuracy' : 'mean absolute error';
  const header = ['', '', 'first ÷ last gradient', metricName, 'loss', '', 'mends', 'brings'];
  const rows = [
    ['', 'as it is', ...figures(original, metric), '', '', ''],
    ...remedies.map(({ title, outcome, verdict, mends, adds }, i) => [
      String(i + 1),
      title,
      ...(outcome ? figures(outcome, metric) : ['–', '–', '–']),
      verdict ?? '',
      mends.join(' '),
      adds.join(' '),
    ]),
  ];
  const list = table(header, rows, ['left', 'left', 'right', 'right', 'right', 'left', 'left', 'left']);
  const times = seeds.length === 1 ? '1 seed' : `${seeds.length} seeds`;
  const diffs = remedies
    .map((remedy, i) => ({ remedy, place: i + 1 }))
    .filter(({ place }) => chosen === undefined || place === chosen)
    .map(({ remedy, place }) => {
      const title = styled('bold', `${place}  ${remedy.title}`, colour);
      return `\n${title}\n   ${remedy.why}\n${diffText(unifiedDiff(text, remedy.text, spec), colour)}`;
    });
  return `${found}

${list}
Medians of ${times} × ${steps} steps, of the held-out samples where there are any; the gradient at initialization.
${diffs.join('')}`;
}

export function allText(
  spec: string,
  text: string,
  { text: fixed, applied, found, left }: FixedAll,
  colour: boolean,
): string {
  const head = styled('bold', spec, colour);
  if (found.length === 0) return `${head}: nothing to fix\n`;
  const end = left.length === 0 ? 'nothing is found any more' : `${left.join(', ')} left`;
  if (applied.length === 0) return `${head}: ${found.join(', ')}; nothing was found that helps\n`;
  const steps = applied.map(
    ({ title, mends }, i) => `${i + 1}  ${title}${mends.length ? ` (${mends.join(', ')})` : ''}`,
  );
  return `${head}: ${found.join(', ')}\n\n${steps.join('\n')}\n\nThen ${end}.\n\n${diffText(unifiedDiff(text, fixed, spec), colour)}`;
}

function figures(outcome: TrialOutcome, metric: FixResult['metric']): string[] {
  const { firstToLast, testMetric, testLoss, diverged } = outcome;
  const gradient = Number.isNaN(firstToLast) ? '–' : formatNumber(firstToLast);
  if (diverged) return [gradient, 'diverged', '–'];
  return [gradient, metric === 'accuracy' ? formatShare(testMetric) : formatNumber(testMetric), formatNumber(testLoss)];
}

function diffText(diff: string, colour: boolean): string {
  if (!colour) return diff;
  return diff
    .split('\n')
    .map((line) => {
      if (line.startsWith('---') || line.startsWith('+++')) return styled('bold', line, true);
      if (line.startsWith('@@')) return styled('cyan', line, true);
      if (line.startsWith('-')) return styled('red', line, true);
      return line.startsWith('+') ? styled('green', line, true) : line;
    })
    .join('\n');
}
