// Owns the check of the engine's gradients against central differences of its loss, at float64. Knows only the trainer.
import { Random } from '../base/random';
import { Trainer, type TrainerOptions } from './trainer';

export interface GradientCheckOptions extends Omit<TrainerOptions, 'mode' | 'kernels' | 'steps'> {
  /** Batch of the first epoch; default 0. */
  readonly batch?: number;
  /** Values to check at instead of the initial ones; parameters that it leaves out stay. */
  readonly parameters?: readonly { readonly name: string; readonly values: ArrayLike<number> }[];
  /** Entries of each parameter that are tried, drawn by the seed; all where there are fewer. Default: 20. */
  readonly entries?: number;
}

export interface ParameterCheck {
  /** `layer/parameter` */
  readonly name: string;
  /** Largest |g − d| ÷ max(|g|, |d|) over the entries compared; 0 where none was. */
  readonly maxRelativeError: number;
  readonly compared: number;
  /**
   * Entries whose gradient changes the loss by less than float64's rounding of it: a difference cannot tell there. All
   * entries of a layer whose gradient has vanished are of this kind.
   */
  readonly unresolved: number;
  /**
   * Entries at which the loss has no derivative: to one side it changes otherwise than to the other, however near. So it
   * is with ReLU at exactly 0, such as for blank rows of a picture without a bias.
   */
  readonly kinks: number;
}

/** Steps of the differences: a gradient that is right agrees at one of them at least, a wrong one at none. */
const STEPS = [1e-3, 1e-4, 1e-5] as const;
/** Further steps where the gradient is so large that those go too far: they change the loss by these shares of it. */
const STEEP_CHANGES = [1e-4, 1e-6] as const;
/** Slopes to the two sides that differ by less than this share of what the gradient is off are those of a smooth loss. */
const SMOOTH = 1e-3;
/** Up to this error an entry agrees, whatever the slopes to its two sides. */
const AGREES = 1e-6;
/** A difference is told from rounding where it exceeds this many roundings of the loss. */
const RESOLUTION = 2 ** -52 * 1e7;

/**
 * Compares gradients with five-point central differences of the loss, entry by entry. Kinks (ReLU) between the points
 * spoil a difference, so several step sizes are tried and the best counts.
 */
export function checkGradients(options: GradientCheckOptions): ParameterCheck[] {
  const { spec } = options;
  const batch = options.batch ?? 0;
  const exact = { ...spec, training: { ...spec.training, precision: 'float64' as const } };
  const trainer = Trainer.create({ ...options, spec: exact, mode: 'gradients', kernels: 'reference' });
  for (const { name, values } of options.parameters ?? []) trainer.setParameter(name, values);
  trainer.gradients(batch);
  const gradients = trainer.parameterGradients();
  const loss = trainer.lossAt(batch);
  const random = new Random(options.seed ?? spec.seed, 'gradientCheck');
  const weights = new Map(trainer.parameters().map(({ name, values }) => [name, values]));
  return gradients.map(({ name, values: gradient }) => {
    const values = weights.get(name)!;
    const chosen = sample(values.length, options.entries ?? 20, random);
    let maxRelativeError = 0;
    let unresolved = 0;
    let kinks = 0;
    for (const entry of chosen) {
      const best = bestDifference(trainer, batch, name, values, entry, gradient[entry]!, loss);
      if (best === undefined) unresolved++;
      else if (best === 'kink') kinks++;
      else maxRelativeError = Math.max(maxRelativeError, best);
    }
    trainer.setParameter(name, values);
    return { name, maxRelativeError, compared: chosen.length - unresolved - kinks, unresolved, kinks };
  });
}

function sample(length: number, wanted: number, random: Random): Int32Array {
  const all = Int32Array.from({ length }, (_, i) => i);
  return length <= wanted ? all : random.shuffle(all).slice(0, wanted);
}

/**
 * Relative error of the step that agrees best; undefined where all are lost in rounding. At a kink the slopes to the two
 * sides differ at every step, by about as much as the gradient is off; those of a smooth loss by next to nothing.
 */
function bestDifference(
  trainer: Trainer,
  batch: number,
  name: string,
  values: Float32Array | Float64Array,
  entry: number,
  gradient: number,
  loss: number,
): number | 'kink' | undefined {
  const kept = values[entry]!;
  const at = (offset: number) => {
    values[entry] = kept + offset;
    trainer.setParameter(name, values);
    return trainer.lossAt(batch);
  };
  const steep = STEEP_CHANGES.map((share) => (share * Math.abs(loss)) / Math.abs(gradient));
  let best: number | undefined;
  let smooth = false;
  for (const h of [...STEPS, ...steep.filter((h) => h > 0 && h < STEPS[2])]) {
    const [below2, below, above, above2] = [at(-2 * h), at(-h), at(h), at(2 * h)];
    const difference = (below2 - 8 * below + 8 * above - above2) / (12 * h);
    const size = Math.max(Math.abs(gradient), Math.abs(difference));
    if (!(size * h > RESOLUTION * Math.max(Math.abs(loss), 1e-300))) continue;
    const off = Math.abs(gradient - difference);
    const left = (3 * loss - 4 * below + below2) / (2 * h);
    const right = (4 * above - 3 * loss - above2) / (2 * h);
    // Where the slope is continuous and its own slope is not (ELU and softsign at 0, where blank rows of a picture lie),
    // the central difference is off by about h, and the slopes to the two sides are not.
    const apart = Math.abs(gradient - (left + right) / 2);
    best = Math.min(best ?? Number.POSITIVE_INFINITY, off / size, apart / size);
    smooth ||= Math.abs(left - right) < SMOOTH * off;
  }
  values[entry] = kept;
  return best !== undefined && best > AGREES && !smooth ? 'kink' : best;
}
