// Owns our side of the benchmark: the product's own Trainer on a workload, everything recorded on every step. Bundled
// and started by run.mjs.

import { Trainer } from '../../src/engine/trainer';
import { analyzeSpec } from '../../src/spec/analyze';
import type { Dataset } from '../../src/spec/dataset';
import { serve } from './serve.mjs';
import { BATCHES, labels, normals, WORKLOADS } from './workloads.mjs';

/** `records`: each step's record is derived from its raw sums and read, too, as when the panel shows all of them. */
const readsRecords = process.argv.includes('--records');

function open(name: string): (done: () => boolean) => number {
  const workload = WORKLOADS[name];
  if (!workload) throw new Error(`no workload ${name}`);
  const { sizes, activation, targets, batch, momentum } = workload;
  const classes = targets === 'classes';
  const text = JSON.stringify({
    netspec: 1,
    // The data below stands in for the file. Peers do not shuffle either.
    data: { source: 'csv', path: 'bench.csv', target: 'y', shuffle: false, testSplit: 0 },
    layers: sizes.slice(1).map((units, i) => ({
      type: 'dense',
      units,
      activation: i < sizes.length - 2 ? activation : 'linear',
      // As the peers start: bounded by 1/√fan-in, so that nothing vanishes or explodes.
      kernelInitializer: { type: 'varianceScaling', scale: 1, mode: 'fanIn', distribution: 'uniform' },
    })),
    loss: classes ? 'softmaxCrossEntropy' : 'meanSquaredError',
    optimizer: { type: 'sgd', learningRate: 0.01, momentum },
    training: { batchSize: batch, steps: 1_000_000_000 },
  });
  const features = sizes[0]!;
  const { spec, graph, problems } = analyzeSpec(text, {
    dataShape: {
      inputShape: [features],
      targetKind: targets,
      targetShape: classes ? [] : [1],
      classes: classes ? 10 : undefined,
    },
  });
  if (!spec || !graph) throw new Error(problems.map((p) => p.message).join(' '));
  const count = batch * BATCHES;
  const dataset: Dataset = {
    inputShape: [features],
    targetKind: targets,
    targetShape: classes ? [] : [1],
    classes: classes ? 10 : undefined,
    train: { count, inputs: normals(count * features), targets: classes ? labels(count) : normals(count) },
    test: { count: 0, inputs: new Float32Array(0), targets: classes ? new Int32Array(0) : new Float32Array(0) },
  };
  const trainer = Trainer.create({ graph, spec, dataset });
  const record = new Float64Array(trainer.layout.width);
  let atOnce = 1;
  return (done) => {
    let total = 0;
    do {
      const start = performance.now();
      const before = trainer.step;
      const ran = trainer.run(atOnce);
      if (ran === 0 || trainer.diverged) throw new Error(`${name} diverged at step ${trainer.step}`);
      if (readsRecords) for (let step = before + 1; step <= before + ran; step++) trainer.readRecord(step, record);
      total += ran;
      // As the worker does: short enough to stop at once, long enough to hardly feel the call.
      if (performance.now() - start < 10) atOnce = Math.min(2 * atOnce, trainer.ringSteps);
    } while (!done());
    return total;
  };
}

await serve(`gradoscope${readsRecords ? ', records read' : ''}`, open);
