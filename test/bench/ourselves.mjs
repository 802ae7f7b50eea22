// Owns the comparisons of our engine with itself and with the machine: what vanishing gradients cost, what recording
// costs, and how near the largest products come to the machine's peak. Windows alternate, as with the peers.

import { SUMS } from './peakLoop.mjs';
import { startOurs } from './processes.mjs';
import { figure, median, ratioOf } from './report.mjs';
import { VANISHING, WORKLOADS } from './workloads.mjs';

/** Rates of several subjects in alternating windows. @param {(() => Promise<any>)[]} subjects each asks for one window */
async function alternate(subjects, { rounds, clock }) {
  const rates = subjects.map(() => []);
  for (const subject of subjects) await subject();
  for (let round = 0; round < rounds; round++) {
    for (const [k, subject] of subjects.entries()) {
      const { error, steps, seconds, cpuSeconds } = await subject();
      if (error) throw new Error(error);
      rates[k].push(steps / (clock === 'cpu' ? cpuSeconds : seconds));
    }
  }
  return rates;
}

function report(name, what, ours, theirs, goal) {
  const ratio = figure(ratioOf(ours, theirs));
  const met = goal === undefined ? '' : ` (goal ${goal}${ratio >= goal ? ', met' : ': missed'})`;
  console.log(`  ${name.padEnd(10)} ${median(ours).toFixed(1).padStart(10)} steps/s   ${what} ${ratio} ×${met}`);
  return { name, stepsPerSecond: figure(median(ours)), ratio, goal };
}

/** A net whose gradients vanish is to run within 10 % of the same net whose gradients do not. */
export async function measureVanishing(threads, windows) {
  console.log('\nGradients that vanish, against the same net without');
  const engine = await startOurs('gradoscope', threads);
  const results = [];
  for (const [name, pair] of Object.entries(VANISHING)) {
    const ask = (k) => () => engine.ask(`${name} ${k}`, pair[k], windows.seconds);
    const [vanishing, sound] = await alternate([ask(0), ask(1)], windows);
    results.push(report(name, 'is', vanishing, sound, 0.9));
  }
  engine.stop();
  return results;
}

/** Recording everything is to cost 3 % at most. */
export async function measureRecording(threads, windows) {
  console.log('\nEverything recorded, against nothing');
  const engines = [
    await startOurs('gradoscope', threads),
    await startOurs('gradoscope, unrecorded', threads, ['--unrecorded']),
  ];
  const results = [];
  for (const name of ['W1', 'W2', 'W6']) {
    const subjects = engines.map((engine) => () => engine.ask(name, WORKLOADS[name], windows.seconds));
    const [recorded, unrecorded] = await alternate(subjects, windows);
    results.push(report(name, 'is', recorded, unrecorded, 0.97));
  }
  for (const engine of engines) engine.stop();
  return results;
}

/** Floating-point operations of the products in one step of an mlp. */
function operations({ sizes, batch }) {
  // Forward and by the weights in every layer, by the inputs in all but the first.
  return sizes.slice(1).reduce((sum, units, i) => sum + 2 * batch * sizes[i] * units * (i === 0 ? 2 : 3), 0);
}

/** W6 is to reach 85 % of the peak on one thread. */
export async function measurePeak(windows) {
  console.log("\nProducts of W6, against the machine's 128-bit SIMD on one thread");
  const engine = await startOurs('gradoscope', 1);
  const subjects = ['W6', 'peak'].map((name) => () => engine.ask(name, WORKLOADS[name], windows.seconds));
  const [steps, turns] = await alternate(subjects, windows);
  engine.stop();
  const ours = steps.map((rate) => (rate * operations(WORKLOADS.W6)) / 1e9);
  const peak = turns.map((rate) => (rate * SUMS * 4 * 2) / 1e9);
  const share = figure(ratioOf(ours, peak));
  console.log(
    `  W6 ${median(ours).toFixed(1)} GFLOP/s of ${median(peak).toFixed(1)}: ${share} (goal 0.85${share >= 0.85 ? ', met' : ': missed'})`,
  );
  return { gflops: figure(median(ours)), peak: figure(median(peak)), share };
}
