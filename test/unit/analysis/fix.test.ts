import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FixOptions, type FixProgress, fixAll, measureRemedies } from '../../../src/analysis/fix';
import { thresholdsFrom } from '../../../src/analysis/thresholds';
import { TextOpener } from '../../../src/data/openText';
import { memoryContext } from '../data/memoryFiles';

const opener = new TextOpener();
const optionsFor = (text: string): FixOptions => ({
  text,
  thresholds: thresholdsFrom(),
  open(changed) {
    const { analysis, dataset } = opener.open(changed, { context: memoryContext({}) });
    return dataset && { analysis, dataset };
  },
});

const spec = (hidden: string, rest = '', rate = 0.01): string => `{
  "netspec": 1, // a comment that stays
  "seed": 3,
  "data": { "source": "circles", "samples": 300, "noise": 0.05 },
  "layers": [
    ${hidden},
    { "type": "dense", "units": 2 }
  ],
  "loss": "softmaxCrossEntropy",
  "optimizer": { "type": "adam", "learningRate": ${rate} },${rest}
  "training": { "epochs": 20 }
}
`;
const SIGMOIDS =
  '{ "type": "repeat", "times": 6, "layers": [{ "type": "dense", "units": 12, "activation": "sigmoid" }] }';
const HEALTHY = '{ "type": "dense", "units": 16, "activation": "relu", "kernelInitializer": "heNormal" }';

function finished<T>(work: Generator<FixProgress, T, void>): { result: T; progress: FixProgress[] } {
  const progress: FixProgress[] = [];
  for (;;) {
    const next = work.next();
    if (next.done) return { result: next.value, progress };
    progress.push(next.value);
  }
}

const vanishing = spec(SIGMOIDS);
const measured = finished(measureRemedies(optionsFor(vanishing)));

test('remedies of a net whose gradient vanishes are measured and ranked, the best first, the harmful last', () => {
  const { codes, original, remedies, metric, seeds, steps } = measured.result;
  assert.ok(codes.includes('GF101'), codes.join());
  assert.equal(metric, 'accuracy');
  assert.deepEqual([seeds.length, steps], [3, 160]);
  assert.ok(original.testMetric < 0.75 && original.factorPerLayer < 0.5, JSON.stringify(original));
  const best = remedies[0]!;
  assert.ok(remedies.length >= 4 && remedies.length <= 10, `${remedies.length}`);
  assert.ok(best.outcome!.testMetric > 0.9, `${best.id} ${best.outcome!.testMetric}`);
  assert.equal(best.verdict, 'better');
  assert.ok(best.mends.includes('GF101'), best.mends.join());
  assert.deepEqual(best.adds, []);
  const order = remedies.map(({ verdict }) => Number(verdict === 'worse'));
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
  for (const { text, outcome, id } of remedies) {
    assert.ok(text.includes('// a comment that stays') && text !== vanishing, id);
    assert.equal(outcome!.testMetrics.length, 3);
  }
  assert.equal(new Set(remedies.map(({ text }) => text)).size, remedies.length);
});

test('progress says what is done and never goes back', () => {
  const { progress } = measured;
  assert.ok(progress.length > 20, `${progress.length}`);
  assert.ok(progress.some(({ doing }) => /^1 of \d+: [A-Z]/.test(doing)));
  progress.forEach(({ share }, i) => {
    assert.ok(
      share >= 0 && share <= 1 && share >= (progress[i - 1]?.share ?? 0),
      `${progress[i - 1]?.share} → ${share}`,
    );
  });
});

test('the same spec gives the same figures', () => {
  const short = { ...optionsFor(vanishing), seeds: [1], steps: 30 };
  assert.deepEqual(finished(measureRemedies(short)).result, finished(measureRemedies(short)).result);
});

test('fixAll mends until nothing is found, and says what it did', () => {
  const { result, progress } = finished(fixAll(optionsFor(vanishing)));
  assert.ok(result.found.includes('GF101'));
  assert.deepEqual(result.left, []);
  assert.ok(result.applied.length >= 1);
  assert.equal(result.text, result.applied.at(-1)!.text);
  assert.ok(result.applied.at(-1)!.outcome!.testMetric > 0.9);
  assert.ok(result.text.includes('// a comment that stays'));
  assert.ok(progress.every(({ share }, i) => share >= (progress[i - 1]?.share ?? 0) && share <= 1));
});

test('two faults at once are both mended', () => {
  const { result } = finished(fixAll(optionsFor(spec(SIGMOIDS, '', 1e-6))));
  assert.ok(result.found.length >= 2, result.found.join());
  assert.deepEqual(result.left, []);
  assert.ok(result.applied.at(-1)!.outcome!.testMetric > 0.9);
});

test('a fault that training alone shows is found by the trial', () => {
  const { result } = finished(measureRemedies(optionsFor(spec(HEALTHY, '', 3))));
  assert.ok(result.codes.includes('GF107'), result.codes.join());
  const best = result.remedies[0]!;
  assert.match(best.id, /^learningRate/);
  assert.equal(best.verdict, 'better');
});

test('a healthy spec is left as it is', () => {
  const text = spec(`${HEALTHY}, ${HEALTHY}`);
  const { result } = finished(fixAll(optionsFor(text)));
  assert.deepEqual(result, { text, applied: [], found: [], left: [] });
});

test('what a spec silences is not mended', () => {
  const codes = finished(fixAll(optionsFor(vanishing))).result.found;
  const text = spec(SIGMOIDS, ` "ignore": ${JSON.stringify(codes)},`);
  const { result } = finished(fixAll(optionsFor(text)));
  assert.deepEqual([result.text, result.applied, result.found], [text, [], []]);
});

test('it can be left at any slice', () => {
  const work = measureRemedies(optionsFor(vanishing));
  for (let i = 0; i < 12; i++) assert.equal(work.next().done, false);
  assert.equal(work.return(undefined as never).done, true);
  assert.equal(work.next().done, true);
});

test('a text with errors is refused', () => {
  assert.throws(() => measureRemedies(optionsFor(spec('{ "type": "dens", "units": 3 }'))).next(), /without errors/);
});

test('a remedy that lets the gradient through is tried with a rate of its own, where the given one was for a net that did not', () => {
  const fast = vanishing.replace('{ "type": "adam", "learningRate": 0.01 }', '{ "type": "sgd", "learningRate": 8 }');
  const { remedies, original } = finished(measureRemedies(optionsFor(fast))).result;
  const withRate = remedies.find(({ id }) => id.startsWith('activation.') && id.endsWith('+learningRate.rangeTest'));
  assert.ok(withRate, remedies.map(({ id }) => id).join());
  assert.match(withRate.title, /^Use .*, and lower the learning rate to [\d.]+$/);
  assert.match(withRate.text, /"activation": "(relu|gelu|tanh)"[\s\S]*"learningRate": 0\.\d+/);
  assert.equal(withRate.verdict, 'better');
  assert.ok(withRate.outcome!.testMetric > original.testMetric + 0.2, `${withRate.outcome!.testMetric}`);
});
