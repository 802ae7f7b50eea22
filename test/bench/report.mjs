// Owns what is said about the windows that were timed: medians, ratios of windows of one round, and the goals beside them.

export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.length ? sorted[sorted.length >> 1] : Number.NaN;
};
export const figure = (x) => (Number.isFinite(x) ? Number(x.toPrecision(4)) : null);

/** Our rate over another's, window by window. @param {number[]} ours @param {number[]} theirs */
export const ratioOf = (ours, theirs) => median(theirs.map((rate, round) => (ours[round] ?? median(ours)) / rate));

/**
 * The rows of a workload. Peers are compared with our engine on as many threads; those with one thread alone, with our
 * one thread where that ran.
 * @param {import('./workloads.mjs').Workload} workload
 * @param {Map<import('./processes.mjs').Engine, number[]>} rates windows by engine
 */
export function rowsOf(workload, rates) {
  const ours = new Map([...rates].filter(([e]) => e.name === 'gradoscope').map(([e, list]) => [e.threads, list]));
  const rows = [...rates].map(([{ name, threads }, list]) => {
    const own = ours.get(threads) ?? [...ours.values()][0] ?? [];
    const ratio = figure(ratioOf(own, list));
    return {
      engine: name,
      threads,
      stepsPerSecond: figure(median(list)),
      ratio,
      goal: goalOf(workload, name, threads),
    };
  });
  const best = rows
    .filter(({ engine }) => ['jax', 'tfjs', 'convnetjs', 'brain'].includes(engine))
    .sort((a, b) => b.stepsPerSecond - a.stepsPerSecond)[0];
  if (best && best.goal === undefined) best.goal = workload.goals?.javascript;
  return rows;
}

function goalOf({ goals = {} }, engine, threads) {
  return engine === 'torch' ? goals.torch?.[threads - 1] : goals[engine];
}

const label = ({ engine, threads }) => (threads > 1 ? `${engine}, ${threads} threads` : engine);

function comparison({ engine, ratio, goal }) {
  if (engine === 'gradoscope' || ratio === null) return '';
  const met = ratio >= goal ? ', met' : ': missed';
  return `gradoscope is ${ratio} ×${goal === undefined ? '' : ` (goal ${goal}${met})`}`;
}

/** Prints a workload's rows; what could not run, and why. */
export function print({ workload, title, rows, errors }) {
  console.log(`\n${workload}  ${title}`);
  for (const row of rows) {
    const rate = row.stepsPerSecond?.toLocaleString('en') ?? '–';
    console.log(`  ${label(row).padEnd(26)} ${rate.padStart(12)} steps/s   ${comparison(row)}`.trimEnd());
  }
  for (const [engine, error] of Object.entries(errors)) console.log(`  ${engine.padEnd(26)} ${error}`);
}
