// Owns what the engine's tests train: specs from a few words, and small seeded data sets.
import assert from 'node:assert/strict';
import { Random } from '../../../src/base/random';
import { checkGradients } from '../../../src/engine/gradientCheck';
import { Trainer, type TrainerOptions } from '../../../src/engine/trainer';
import { analyzeSpec } from '../../../src/spec/analyze';
import type { Dataset, Samples } from '../../../src/spec/dataset';
import type { Graph } from '../../../src/spec/network';
import type { Spec } from '../../../src/spec/schema';

export interface Network {
  readonly graph: Graph;
  readonly spec: Spec;
  readonly dataset: Dataset;
}

/** A spec's text as an object, without what the tests do not care about. */
export interface SpecParts {
  readonly layers: readonly object[];
  readonly loss?: string;
  readonly seed?: number;
  readonly optimizer?: object | string;
  readonly training?: object;
  readonly shuffle?: boolean;
}

/** The graph of a spec over this data; fails where the language finds a fault. */
export function network(parts: SpecParts, dataset: Dataset): Network {
  const text = JSON.stringify({
    netspec: 1,
    seed: parts.seed ?? 1,
    // A source of which the spec alone knows nothing: what it has, the dataset says.
    data: { source: 'npz', path: 'data.npz', shuffle: parts.shuffle ?? true },
    layers: parts.layers,
    loss: parts.loss ?? 'meanSquaredError',
    ...(parts.optimizer === undefined ? {} : { optimizer: parts.optimizer }),
    training: parts.training ?? {},
  });
  const { inputShape, targetKind, targetShape, train, test } = dataset;
  const dataShape = {
    inputShape,
    targetKind,
    targetShape,
    ...(dataset.classes === undefined ? { classes: undefined } : { classes: dataset.classes }),
    trainSamples: train.count,
    testSamples: test.count,
  };
  const { spec, graph, problems } = analyzeSpec(text, { dataShape });
  assert.deepEqual(
    problems.filter((p) => p.severity === 'error'),
    [],
    text,
  );
  assert.ok(spec && graph);
  return { spec, graph, dataset };
}

export function trainer(parts: SpecParts, dataset: Dataset, options: Partial<TrainerOptions> = {}): Trainer {
  return Trainer.create({ ...network(parts, dataset), ...options });
}

export interface DataParts {
  readonly inputShape: readonly number[];
  /** Labels 0 … classes − 1; numbers without it. */
  readonly classes?: number;
  readonly targetShape?: readonly number[];
  readonly count?: number;
  readonly testCount?: number;
  readonly seed?: number;
}

/** Standard normal inputs, targets of no meaning. */
export function randomData(parts: DataParts): Dataset {
  const random = new Random(parts.seed ?? 7, 'test/data');
  const targetShape = parts.targetShape ?? (parts.classes === undefined ? [1] : []);
  const samples = (count: number): Samples => {
    const inputs = Float32Array.from({ length: count * product(parts.inputShape) }, () => random.normal());
    const length = count * product(targetShape);
    const targets =
      parts.classes === undefined
        ? Float32Array.from({ length }, () => random.normal())
        : Int32Array.from({ length }, () => random.below(parts.classes!));
    return { count, inputs, targets };
  };
  return {
    inputShape: parts.inputShape,
    targetKind: parts.classes === undefined ? 'values' : 'classes',
    targetShape,
    ...(parts.classes === undefined ? {} : { classes: parts.classes }),
    train: samples(parts.count ?? 11),
    test: samples(parts.testCount ?? 0),
  };
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** ‖a − b‖ ÷ ‖b‖. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / size);
}

/**
 * Every gradient of a network over random data agrees with central differences in float64, most entries can be compared
 * at all, and none lies at a kink.
 */
export function assertGradients(parts: SpecParts, data: DataParts, entries = 30): void {
  const checks = checkGradients({ ...network(parts, randomData(data)), entries });
  assert.ok(checks.length > 0);
  for (const { name, maxRelativeError, compared, unresolved, kinks } of checks) {
    assert.ok(maxRelativeError < 1e-6, `${name}: relative error ${maxRelativeError}`);
    assert.ok(compared > 2 * unresolved, `${name}: ${unresolved} of ${compared + unresolved} entries not resolved`);
    assert.equal(kinks, 0, `${name}: ${kinks} entries at a kink`);
  }
}
