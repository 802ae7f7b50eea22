// Layouts, runs and progress as small as the webview's tests need them.

import type { PanelSnapshot } from '../../../src/protocol/panel';
import type { Progress, RecordLayout, RunInfo } from '../../../src/protocol/run';
import { measureOf } from '../../../webview/measures';

const measures: RecordLayout['measures'] = {
  step: ['step', 'loss', 'metric', 'learningRate', 'gradientNorm', 'clipScale'],
  outputGradient: ['l2', 'rms', 'nonFinite'],
  flow: ['backwardFactor', 'activationFactor', 'weightFactor', 'cumulative'],
  activation: ['mean', 'std', 'zeroFraction', 'saturatedFraction', 'deadFraction'],
  parameter: ['l2', 'rms', 'nonFinite', 'underflowFraction', 'updateRatio'],
};

/** A flatten and so many dense layers, each with a kernel. */
export function makeLayout(dense = 2): RecordLayout {
  let width = measures.step.length;
  const take = (names: readonly string[]): number => {
    width += names.length;
    return width - names.length;
  };
  const layers = Array.from({ length: dense + 1 }, (_, i) => ({
    name: i === 0 ? 'flatten_1' : `dense_${i}`,
    type: i === 0 ? 'flatten' : 'dense',
    activation: i === 0 ? undefined : 'sigmoid',
    inputShape: i === 0 ? [2, 2] : [4],
    outputShape: [4],
    groups: [],
    outputGradient: take(measures.outputGradient),
    flow: take(measures.flow),
    activationStats: take(measures.activation),
    parameters: i === 0 ? [] : [{ name: 'kernel', shape: [4, 4], offset: take(measures.parameter) }],
  }));
  return { width, measures, layers, metric: 'accuracy' };
}

export function makeRun(change: Partial<RunInfo> = {}): RunInfo {
  return {
    id: 'run-1',
    name: 'test',
    source: 'file:///a.netspec.json',
    seed: 0,
    mode: 'train',
    layout: makeLayout(),
    parameterCount: 40,
    totalSteps: 2000,
    batchSize: 8,
    stepsPerEpoch: 50,
    engine: 'test',
    startedAt: 0,
    ...change,
  };
}

export function makeProgress(last: number, change: Partial<Progress> = {}): Progress {
  const range = last > 0 ? { firstStep: 1, lastStep: last } : {};
  return {
    status: 'running',
    step: last,
    loss: 1.5,
    metric: 0.25,
    stepsPerSecond: 100,
    stride: 1,
    ...range,
    ...change,
  };
}

export function makeSnapshot(change: Partial<PanelSnapshot> = {}): PanelSnapshot {
  return { source: 'file:///a.netspec.json', title: 'test', preview: [], errorCount: 0, stale: false, ...change };
}

/** A record whose kernels' gradients have these norms. */
export function makeRecord(layout: RecordLayout, step: number, norms: readonly number[]): Float64Array {
  const record = new Float64Array(layout.width);
  record[0] = step;
  record[1] = 1.5;
  const kernel = measureOf('kernelGradient');
  layout.layers.slice(1).forEach((layer, i) => {
    const norm = norms[i] ?? 1;
    record[kernel.column(layer, layout)!] = norm;
    record[kernel.nonFinite(layer, layout)!] = Number.isFinite(norm) ? 0 : 3;
  });
  return record;
}
