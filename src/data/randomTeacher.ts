// Owns the source whose labels come from a random network: as large as one likes, learnable, and of no use but to measure.
// Leaves shuffle, split and normalization to `samples.ts`.
//
// The teacher: a = V · tanh(W x + b), 64 hidden units. A hidden unit sees all inputs, or 256 of them chosen at random where
// there are more, with weights of variance 1 ÷ how many it sees; biases are standard normal, V has variance 1/64. Each
// answer is brought to mean 0 and variance 1 by what it is on 1,024 inputs of a stream of its own, so that a sample
// depends on the seed and the shapes alone, and classes are roughly in balance. Regression: targets a + noise·n, n
// standard normal; classes: the label is where a + noise·n is largest.
import { Random } from '../base/random';
import type { DataSpec } from '../spec/schema';
import { checkTotal, type RawSamples, type SourceShape } from './samples';

type TeacherSpec = Extract<DataSpec, { source: 'randomTeacher' }>;

const HIDDEN = 64;
/** Bounds the teacher's own cost and size where samples are large. */
const MOST_SEEN = 256;
const PROBES = 1024;

/** Makes the samples. @throws DataError NS303 where they are too many */
export function makeTaught(data: TeacherSpec, seed: number): { shape: SourceShape; samples: RawSamples } {
  const { samples: count, noise, classes } = data;
  const inputShape = data.inputShape ?? [data.features ?? 1];
  const features = inputShape.reduce((a, b) => a * b, 1);
  const outputs = classes ?? data.outputs ?? 1;
  checkTotal(count, features + (classes === undefined ? outputs : 1), ['data', 'samples']);
  const answer = teacher(features, outputs, seed);
  const random = new Random(seed, 'data');
  const disturbance = new Random(seed, 'data/noise');
  const inputs = new Float32Array(count * features);
  for (let k = 0; k < inputs.length; k++) inputs[k] = random.normal();
  const answers = new Float64Array(outputs);
  const disturbed = (i: number): Float64Array => {
    answer(inputs, i * features, answers);
    for (let k = 0; k < outputs; k++) answers[k]! += noise * disturbance.normal();
    return answers;
  };
  const common = { count, inputs, scale: 1 };
  if (classes === undefined) {
    const targets = new Float32Array(count * outputs);
    for (let i = 0; i < count; i++) targets.set(disturbed(i), i * outputs);
    return {
      shape: { inputShape, targetKind: 'values', targetShape: [outputs] },
      samples: { ...common, targets },
    };
  }
  const targets = new Int32Array(count);
  for (let i = 0; i < count; i++) targets[i] = largest(disturbed(i));
  return { shape: { inputShape, targetKind: 'classes', targetShape: [], classes }, samples: { ...common, targets } };
}

/** Writes a network's answers to the `features` numbers of `x` from `at` on into `answers`. */
type Answer = (x: Float32Array, at: number, answers: Float64Array) => void;

function teacher(features: number, outputs: number, seed: number): Answer {
  const random = new Random(seed, 'data/teacher');
  const seen = Math.min(features, MOST_SEEN);
  const all = seen === features;
  const places = Uint32Array.from({ length: HIDDEN * seen }, (_, k) => (all ? k % seen : random.below(features)));
  const first = new Float64Array(HIDDEN * seen).map(() => random.normal() / Math.sqrt(seen));
  const biases = new Float64Array(HIDDEN).map(() => random.normal());
  const second = new Float64Array(outputs * HIDDEN).map(() => random.normal() / Math.sqrt(HIDDEN));
  const means = new Float64Array(outputs);
  const scales = new Float64Array(outputs).fill(1);
  const hidden = new Float64Array(HIDDEN);
  const answer: Answer = (x, at, answers) => {
    for (let h = 0; h < HIDDEN; h++) {
      let z = biases[h]!;
      for (let k = h * seen; k < (h + 1) * seen; k++) z += first[k]! * x[at + places[k]!]!;
      hidden[h] = Math.tanh(z);
    }
    for (let o = 0; o < outputs; o++) {
      let a = 0;
      for (let h = 0; h < HIDDEN; h++) a += second[o * HIDDEN + h]! * hidden[h]!;
      answers[o] = (a - means[o]!) * scales[o]!;
    }
  };
  standardize(answer, features, places, means, scales, new Random(seed, 'data/teacher/probes'));
  return answer;
}

/**
 * Sets `means` and `scales`, 0 and 1 before, so that answers to standard-normal inputs have mean 0 and variance 1.
 * @param places the inputs that are seen at all
 */
function standardize(
  answer: Answer,
  features: number,
  places: Uint32Array,
  means: Float64Array,
  scales: Float64Array,
  random: Random,
): void {
  const outputs = means.length;
  const sums = new Float64Array(outputs);
  const squares = new Float64Array(outputs);
  const seen = new Set(places);
  const x = new Float32Array(features);
  const answers = new Float64Array(outputs);
  for (let i = 0; i < PROBES; i++) {
    for (const place of seen) x[place] = random.normal();
    answer(x, 0, answers);
    for (let o = 0; o < outputs; o++) {
      sums[o]! += answers[o]!;
      squares[o]! += answers[o]! ** 2;
    }
  }
  for (let o = 0; o < outputs; o++) {
    means[o] = sums[o]! / PROBES;
    scales[o] = 1 / Math.sqrt(squares[o]! / PROBES - means[o]! ** 2);
  }
}

function largest(values: Float64Array): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k]! > values[best]!) best = k;
  return best;
}
