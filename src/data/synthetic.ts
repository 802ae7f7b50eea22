// Owns the sources of plain vectors that are made from the seed. Sequences are `sequences.ts`'s, the teacher's samples
// `randomTeacher.ts`'s; shuffle, split and normalization `samples.ts`'s.
//
// u is uniform on (0, 1), n and n′ standard normal, all drawn anew for each sample; `noise` scales n; K is `classes`.
// Sample i is of class k = i mod K.
// - spiral:  r = 2·(0.1 + 0.9u), θ = 2π(k/K + 1.25·r/2): (r·cos θ, r·sin θ) + noise·(n, n′). An arm makes 1¼ turns.
// - moons:   t = πu: (cos t, sin t), or for class 1 (1 − cos t, ½ − sin t), + noise·(n, n′). As scikit-learn's.
// - circles: t = 2πu, radius 1, or ½ for class 1: r·(cos t, sin t) + noise·(n, n′). As scikit-learn's.
// - blobs:   θ = 2πk/K: (cos θ, sin θ) + noise·(n, n′).
// - xor:     (x, y) uniform on the square −1…1; class 1 where x·y < 0; then + noise·(n, n′).
// - parity:  bits b of 0 or 1, each as likely, so that rows may be equal; class Σb mod 2; inputs b + noise·n, bit by bit.
// - sine:    x uniform on −π…π; target sin x + noise·n.
import { Random } from '../base/random';
import type { DataSpec } from '../spec/schema';
import { checkTotal, type RawSamples, type SourceShape } from './samples';

export type SyntheticSource = 'spiral' | 'moons' | 'circles' | 'blobs' | 'xor' | 'parity' | 'sine';
export type SyntheticSpec = Extract<DataSpec, { source: SyntheticSource }>;

const SPIRAL_TURNS = 1.25;

/** Makes the samples of a synthetic source. @throws DataError NS303 where they are too many */
export function makeSamples(data: SyntheticSpec, seed: number): { shape: SourceShape; samples: RawSamples } {
  const count = data.samples;
  const features = data.source === 'sine' ? 1 : data.source === 'parity' ? data.bits : 2;
  checkTotal(count, features, ['data', 'samples']);
  const random = new Random(seed, 'data');
  const inputs = new Float32Array(count * features);
  if (data.source === 'sine') {
    const targets = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const x = Math.PI * (2 * random.uniform() - 1);
      inputs[i] = x;
      targets[i] = Math.sin(x) + data.noise * random.normal();
    }
    const shape = { inputShape: [1], targetKind: 'values', targetShape: [1] } as const;
    return { shape, samples: { count, inputs, scale: 1, targets } };
  }
  if (data.source === 'parity') {
    const targets = new Int32Array(count);
    for (let i = 0; i < inputs.length; i++) {
      const bit = random.below(2);
      inputs[i] = bit + data.noise * random.normal();
      targets[Math.floor(i / features)]! ^= bit;
    }
    const shape = { inputShape: [features], targetKind: 'classes', targetShape: [], classes: 2 } as const;
    return { shape, samples: { count, inputs, scale: 1, targets } };
  }
  const classes = data.source === 'spiral' || data.source === 'blobs' ? data.classes : 2;
  const targets = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const { x, y, label } = point(data.source, i % classes, classes, random);
    inputs[2 * i] = x + data.noise * random.normal();
    inputs[2 * i + 1] = y + data.noise * random.normal();
    targets[i] = label;
  }
  const shape = { inputShape: [2], targetKind: 'classes', targetShape: [], classes } as const;
  return { shape, samples: { count, inputs, scale: 1, targets } };
}

/** One point without its noise. */
function point(
  source: Exclude<SyntheticSource, 'parity' | 'sine'>,
  label: number,
  classes: number,
  random: Random,
): { x: number; y: number; label: number } {
  switch (source) {
    case 'spiral': {
      const r = 0.1 + 0.9 * random.uniform();
      const angle = 2 * Math.PI * (label / classes + SPIRAL_TURNS * r);
      return { x: 2 * r * Math.cos(angle), y: 2 * r * Math.sin(angle), label };
    }
    case 'moons': {
      const t = Math.PI * random.uniform();
      return label === 0
        ? { x: Math.cos(t), y: Math.sin(t), label }
        : { x: 1 - Math.cos(t), y: 0.5 - Math.sin(t), label };
    }
    case 'circles': {
      const t = 2 * Math.PI * random.uniform();
      const r = label === 0 ? 1 : 0.5;
      return { x: r * Math.cos(t), y: r * Math.sin(t), label };
    }
    case 'blobs': {
      const angle = (2 * Math.PI * label) / classes;
      return { x: Math.cos(angle), y: Math.sin(angle), label };
    }
    case 'xor': {
      const x = 2 * random.uniform() - 1;
      const y = 2 * random.uniform() - 1;
      return { x, y, label: x * y < 0 ? 1 : 0 };
    }
  }
}
