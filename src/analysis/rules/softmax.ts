// Owns softmax as an activation: p = e^z ÷ Σ e^z over the units. Its Jacobian, diag p − p pᵀ, mixes units, so that the means
// are taken over whole vectors of Gaussian numbers, drawn from a fixed stream.
import { Random } from '../../base/random';
import { diagonalMean, type Field, type Gradient, normalized, type Signal } from '../signal';
import type { Nonlinearity } from './nonlinearity';
import { withoutWinners } from './nonlinearity';

const DRAWS = 200;
/** Beyond this many units the means change no more but for 1 ÷ units. */
const MOST_UNITS = 256;

export function passSoftmax(z: Signal): Nonlinearity {
  const { field, units } = z;
  const { samples } = field;
  const q = diagonalMean(field);
  const n = Math.max(1, Math.min(units, MOST_UNITS));
  const random = new Random(0, `analysis/softmax/${n}`);
  const p = new Float64Array(n);
  let [square, passed] = [0, 0];
  for (let draw = 0; draw < DRAWS; draw++) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      p[i] = Math.exp(Math.min(700, Math.sqrt(q) * random.normal()));
      sum += p[i]!;
    }
    let [two, three] = [0, 0];
    for (let i = 0; i < n; i++) {
      const x = p[i]! / sum;
      two += x * x;
      three += x * x * x;
    }
    square += two / n / DRAWS;
    // tr (diag p − p pᵀ)² ÷ n: the mean factor of a gradient of no particular direction.
    passed += (two - 2 * three + two * two) / n / DRAWS;
  }
  const shrink = n / units;
  const factor = passed * shrink * shrink;
  const even = 1 / units;
  const gram = Float64Array.from(field.gram, (k) => {
    const c = q > 0 ? k / q : 1;
    return even * even + c * Math.max(0, square * shrink * shrink - even * even);
  });
  const output: Signal = {
    field: { samples, gram, ...(field.positions ? { positions: { ...field.positions, pooled: gram.slice() } } : {}) },
    mean: new Float64Array(samples).fill(even),
    units,
    isData: false,
    gaussian: 0,
    drift: 0,
    stray: 0,
    ...(z.unknown ? { unknown: true } : {}),
  };
  return {
    output,
    backward(gradient: Gradient) {
      const next: Field = normalized(gradient.field).field;
      const plain = withoutWinners(gradient);
      return {
        delta: {
          ...plain,
          field: next,
          log: gradient.log + Math.log(factor),
          noise: { ...plain.noise, slope: 0, bend: 0 },
        },
        factor,
      };
    },
  };
}
