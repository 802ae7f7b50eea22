import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPTIMIZER_CODE } from '../../../src/engine/kernels/contract';
import { wasmFlavours } from '../../../src/engine/kernels/wasm';
import type { Dataset } from '../../../src/spec/dataset';
import curves from '../../golden/curves.json';
import { trainer } from './networks';

/**
 * How far a loss may be from PyTorch's float64, relative to it. Rounding grows along a curve; `curves.py` keeps the
 * learning rates so small that PyTorch's own float32 stays within 5e-5 of its float64 in all of them.
 */
const TOLERANCES = { float32: 1e-3, float64: 1e-8 } as const;
const RUNS = [
  ...wasmFlavours().map((flavour) => ['float32', flavour] as const),
  ['float32', 'reference'],
  ['float64', 'reference'],
] as const;

/** As `curves.py` writes it: inputs, targets that are no labels, and parameters in units of 1/1024. */
interface CurveCase {
  readonly name: string;
  readonly layers: readonly object[];
  readonly loss: string;
  readonly inputShape: readonly number[];
  readonly targetShape: readonly number[];
  readonly classes: number | null;
  readonly batch: number;
  readonly inputs: readonly number[];
  readonly targets: readonly number[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly curves: readonly {
    readonly optimizer: { readonly type: string };
    readonly losses: readonly number[];
  }[];
}
const CASES = curves.cases as unknown as readonly CurveCase[];

const inUnits = (values: readonly number[]) => Float32Array.from(values, (v) => v / 1024);

function dataOf({ inputShape, targetShape, classes, inputs, targets }: CurveCase): Dataset {
  return {
    inputShape,
    targetKind: classes === null ? 'values' : 'classes',
    targetShape,
    ...(classes === null ? {} : { classes }),
    train: {
      count: inputs.length / inputShape.reduce((a, b) => a * b, 1),
      inputs: inUnits(inputs),
      targets: classes === null ? inUnits(targets) : Int32Array.from(targets),
    },
    test: { count: 0, inputs: new Float32Array(0), targets: new Float32Array(0) },
  };
}

for (const golden of CASES) {
  for (const { optimizer, losses } of golden.curves) {
    for (const [precision, kernels] of RUNS) {
      test(`the ${golden.name} net under ${optimizer.type} trains as in PyTorch (${precision}, ${kernels})`, () => {
        const { layers, loss, batch } = golden;
        const training = { batchSize: batch, precision, steps: losses.length };
        const net = trainer({ layers, loss, optimizer, training, shuffle: false }, dataOf(golden), { kernels });
        for (const [name, values] of Object.entries(golden.parameters)) net.setParameter(name, inUnits(values));
        for (let step = 1; step <= losses.length; ) {
          const done = net.run(losses.length);
          assert.ok(done > 0, `stopped before step ${step}`);
          for (const end = step + done; step < end; step++) {
            const off = Math.abs(net.lossOf(step) / losses[step - 1]! - 1);
            assert.ok(off <= TOLERANCES[precision], `loss of step ${step} is off by ${off}`);
          }
        }
      });
    }
  }
}

test('the curves are 50 steps of six nets under every optimizer, and in each the loss moves', () => {
  assert.equal(CASES.length, 6);
  for (const golden of CASES) {
    assert.deepEqual(
      golden.curves.map(({ optimizer }) => optimizer.type).sort(),
      Object.keys(OPTIMIZER_CODE).sort(),
      golden.name,
    );
    for (const { optimizer, losses } of golden.curves) {
      assert.equal(losses.length, 50);
      // Both on the second of the three batches.
      const moved = Math.abs(losses[49]! / losses[1]! - 1);
      assert.ok(moved > 0.05, `${golden.name}, ${optimizer.type}: ${moved}`);
    }
  }
});
