// Holds predictions against draws, spec by spec, and prints the figures. Never a test: what must hold stands in
// `test/unit/analysis`.
import { parseArgs } from 'node:util';
import { probe } from '../../src/analysis/probe';
import { predict } from '../../src/analysis/propagation';
import { draws, family, type Member } from '../unit/analysis/family';

const { values: options } = parseArgs({
  options: {
    draws: { type: 'string', default: '20' },
    list: { type: 'boolean', default: false },
    group: { type: 'string' },
  },
});

interface Row {
  readonly member: Member;
  /** No layer needed the probe. */
  readonly isDerived: boolean;
  /** log10: predicted less the mean over the draws; NaN where one of the two is not a number. */
  readonly error: number;
  /** Share of the draws in the band. */
  readonly held: number;
  readonly ms: number;
}

/** How many decades two logarithms are apart; 0 where both are of 0. */
function difference(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function rowOf(member: Member): Row {
  const { graph, spec, dataset } = member;
  const drawn = draws(member, Number(options.draws)).firstToLast;
  const alone = predict({ graph, spec, dataset });
  const needsProbe = alone.layers.some(({ basis }) => basis === 'probe');
  const probed = needsProbe ? probe({ graph, spec, dataset }) : undefined;
  const start = performance.now();
  const { firstToLast, firstToLastBand: band } = predict({
    graph,
    spec,
    dataset,
    ...(probed ? { probe: probed } : {}),
  });
  const ms = performance.now() - start;
  const [low, high] = [Math.log10(band[0]) - 1e-6, Math.log10(band[1]) + 1e-6];
  const mean = drawn.reduce((a, b) => a + b, 0) / drawn.length;
  return {
    member,
    isDerived: !needsProbe,
    error: difference(Math.log10(firstToLast), mean),
    held: drawn.filter((value) => low <= value && value <= high).length / drawn.length,
    ms,
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.map(Math.abs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function line(title: string, rows: readonly Row[]): string {
  const told = rows.filter(({ error }) => Number.isFinite(error));
  const errors = told.map(({ error }) => error);
  const held = rows.reduce((sum, row) => sum + row.held, 0) / rows.length;
  const cells = [
    `${rows.length}`,
    `${rows.filter((row) => row.isDerived).length}`,
    `${told.length}`,
    `${(100 * held).toFixed(1)} %`,
    quantile(errors, 0.5).toFixed(3),
    quantile(errors, 0.9).toFixed(3),
  ];
  return title.padEnd(16) + cells.map((cell) => cell.padStart(10)).join('');
}

const start = performance.now();
const rows = family()
  .filter(({ group }) => !options.group || group === options.group)
  .map(rowOf);
const heads = ['specs', 'derived', 'told', 'in band', 'median', '90 %'].map((head) => head.padStart(10)).join('');
const groups = [...new Set(rows.map(({ member }) => member.group))];
const shallow = rows.filter(({ member }) => member.depth / member.width <= 0.1);
for (const [title, some] of [
  ['all', rows],
  ['depth ÷ width ≤ 0.1', shallow],
] as const) {
  console.log(`\n${title}: first to last, |predicted − mean of the draws| in decades`);
  console.log(''.padEnd(16) + heads);
  for (const group of groups) {
    const own = some.filter(({ member }) => member.group === group);
    if (own.length > 0) console.log(line(group, own));
  }
  console.log(line('together', some));
}
if (options.list) {
  for (const { member, error, held, isDerived } of [...rows].sort((a, b) => Math.abs(b.error) - Math.abs(a.error))) {
    const figures = `${error.toFixed(3).padStart(8)} ${(100 * held).toFixed(0).padStart(4)} %`;
    console.log(`${figures} ${isDerived ? ' ' : 'p'} ${member.group}: ${member.name}`);
  }
}
const slowest = Math.max(...rows.map(({ ms }) => ms));
console.log(
  `\nslowest prediction ${slowest.toFixed(1)} ms, all of this ${((performance.now() - start) / 1000).toFixed(0)} s`,
);
