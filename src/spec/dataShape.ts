// Owns what a spec's `data` says about shapes without reading any file. The data room adds what files say.
import type { DataShape } from './network';
import type { DataSpec } from './schema';

/** Samples of the shipped digits. */
const MNIST = { train: 2000, test: 500 } as const;

/** How many samples go where: the share for testing rounded to the nearest whole number that leaves one to train on. */
export function splitCounts(samples: number, testSplit: number): { trainSamples: number; testSamples: number } {
  const testSamples = Math.max(0, Math.min(samples - 1, Math.round(samples * testSplit)));
  return { trainSamples: samples - testSamples, testSamples };
}

/** Time steps of `copy`: the symbols, the mark, and as many steps to say them again. */
export function copySteps(length: number): number {
  return 2 * length + 1;
}

/** Absent fields are unknown before files are looked into. */
export function knownDataShape(data: DataSpec): DataShape {
  const limited = (samples: number) => Math.min(samples, data.limit ?? Number.POSITIVE_INFINITY);
  const point = (classes: number): DataShape => ({ inputShape: [2], targetKind: 'classes', targetShape: [], classes });
  switch (data.source) {
    case 'spiral':
    case 'blobs':
      return { ...point(data.classes), ...splitCounts(limited(data.samples), data.testSplit) };
    case 'moons':
    case 'circles':
    case 'xor':
      return { ...point(2), ...splitCounts(limited(data.samples), data.testSplit) };
    case 'parity':
      return { ...point(2), inputShape: [data.bits], ...splitCounts(limited(data.samples), data.testSplit) };
    case 'sine':
      return {
        inputShape: [1],
        targetKind: 'values',
        targetShape: [1],
        ...splitCounts(limited(data.samples), data.testSplit),
      };
    case 'adding':
      return {
        inputShape: [data.length, 2],
        targetKind: 'values',
        targetShape: [1],
        ...splitCounts(limited(data.samples), data.testSplit),
      };
    case 'copy': {
      const steps = copySteps(data.length);
      return {
        inputShape: data.oneHot ? [steps, data.symbols + 2] : [steps],
        targetKind: 'classes',
        targetShape: [steps],
        classes: data.symbols + 1,
        ...splitCounts(limited(data.samples), data.testSplit),
      };
    }
    case 'randomTeacher': {
      const targets: DataShape =
        data.classes === undefined
          ? { targetKind: 'values', targetShape: [data.outputs ?? 1] }
          : { targetKind: 'classes', targetShape: [], classes: data.classes };
      const inputShape = data.inputShape ?? [data.features ?? 1];
      return { inputShape, ...targets, ...splitCounts(limited(data.samples), data.testSplit) };
    }
    case 'mnist': {
      const digits: DataShape = { inputShape: [28, 28, 1], targetKind: 'classes', targetShape: [], classes: 10 };
      const samples = limited(MNIST.train);
      if (data.testSplit !== undefined) return { ...digits, ...splitCounts(samples, data.testSplit) };
      return { ...digits, trainSamples: samples, testSamples: MNIST.test };
    }
    case 'csv':
      return data.features === undefined ? {} : { inputShape: [data.features.length] };
    case 'idx':
      return { targetKind: 'classes', targetShape: [] };
    case 'npy':
    case 'npz':
      return {};
  }
}
