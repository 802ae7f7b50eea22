// Owns a workload as our own engine takes it: the text of a spec, and data that stands in for its file.
import { analyzeSpec } from '../../src/spec/analyze';
import type { Dataset } from '../../src/spec/dataset';
import type { Graph } from '../../src/spec/network';
import type { Spec } from '../../src/spec/schema';
import { BATCHES, BLOCK, labels, normals, sizeOf, type Workload } from './workloads.mjs';

const dense = (units: number, activation = 'linear') => ({ type: 'dense', units, activation });

function layersOf(workload: Workload): readonly object[] {
  switch (workload.model) {
    case 'mlp':
      return mlpLayers(workload);
    case 'cnn': {
      const convolution = (filters: number) => {
        return { type: 'conv2d', filters, kernelSize: 5, padding: 'same', activation: 'relu' };
      };
      const pool = { type: 'maxPooling2d', poolSize: 2 };
      return [convolution(8), pool, convolution(16), pool, { type: 'flatten' }, dense(128, 'relu'), dense(10)];
    }
    case 'lstm':
      return [{ type: 'lstm', units: 128, returnSequences: false }, dense(1)];
    case 'block': {
      const { features, heads, hidden } = BLOCK;
      const norm = { type: 'layerNormalization', epsilon: 1e-5 };
      const attention = { type: 'multiHeadAttention', numHeads: heads, keyDim: features / heads };
      return [
        { type: 'residual', layers: [norm, attention] },
        { type: 'residual', layers: [norm, dense(hidden, 'gelu'), dense(features)] },
      ];
    }
  }
}

function mlpLayers({ sizes = [], activation = 'relu', stddev }: Workload): readonly object[] {
  // As the peers start: bounded by 1/√fan-in, so that nothing vanishes or explodes.
  const plain = { type: 'varianceScaling', scale: 1, mode: 'fanIn', distribution: 'uniform' };
  const kernelInitializer = stddev === undefined ? plain : { type: 'randomNormal', stddev };
  return sizes
    .slice(1)
    .map((units, i) => ({ ...dense(units, i < sizes.length - 2 ? activation : 'linear'), kernelInitializer }));
}

export interface Network {
  readonly graph: Graph;
  readonly spec: Spec;
  readonly dataset: Dataset;
}

/** @throws Error where the language finds a fault, such as a layer that cannot be trained */
export function networkOf(workload: Workload): Network {
  const { input, output, targets, batch, optimizer, momentum = 0 } = workload;
  const classes = targets === 'classes';
  const text = JSON.stringify({
    netspec: 1,
    // The data below stands in for the file. Peers do not shuffle either.
    data: { source: 'csv', path: 'bench.csv', target: 'y', shuffle: false, testSplit: 0 },
    layers: layersOf(workload),
    loss: classes ? 'softmaxCrossEntropy' : 'meanSquaredError',
    optimizer:
      optimizer === 'adam' ? { type: 'adam', learningRate: 0.001 } : { type: 'sgd', learningRate: 0.01, momentum },
    training: { batchSize: batch, steps: 1_000_000_000 },
  });
  const shapes = {
    inputShape: input,
    targetKind: targets,
    targetShape: output,
    classes: classes ? 10 : undefined,
  };
  const count = batch * BATCHES;
  const samples = { trainSamples: count, testSamples: 0 };
  const { spec, graph, problems } = analyzeSpec(text, { dataShape: { ...shapes, ...samples } });
  const errors = problems.filter((p) => p.severity === 'error');
  if (!spec || !graph || errors.length > 0) throw new Error(`cannot: ${errors.map((p) => p.message).join(' ')}`);
  const outputs = count * sizeOf(output);
  const dataset: Dataset = {
    ...shapes,
    train: { count, inputs: normals(count * sizeOf(input)), targets: classes ? labels(count) : normals(outputs) },
    test: { count: 0, inputs: new Float32Array(0), targets: classes ? new Int32Array(0) : new Float32Array(0) },
  };
  return { graph, spec, dataset };
}
