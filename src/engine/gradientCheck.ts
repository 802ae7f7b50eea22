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
}

/** Steps of the differences: a gradient that is right agrees at one of them at least, a wrong one at none. */
const STEPS = [1e-3, 1e-4, 1e-5] as const;
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
  return trainer.parameters().map(({ name, values }, p) => {
    const gradient = gradients[p]!.values;
    const chosen = sample(values.length, options.entries ?? 20, random);
    let maxRelativeError = 0;
    let unresolved = 0;
    for (const entry of chosen) {
      const best = bestDifference(trainer, batch, name, values, entry, gradient[entry]!, loss);
      if (best === undefined) unresolved++;
      else maxRelativeError = Math.max(maxRelativeError, best);
    }
    trainer.setParameter(name, values);
    return { name, maxRelativeError, compared: chosen.length - unresolved, unresolved };
  });
}

function sample(length: number, wanted: number, random: Random): Int32Array {
  const all = Int32Array.from({ length }, (_, i) => i);
  return length <= wanted ? all : random.shuffle(all).slice(0, wanted);
}

/** Relative error of the step that agrees best; undefined where all are lost in rounding. */
function bestDifference(
  trainer: Trainer,
  batch: number,
  name: string,
  values: Float32Array | Float64Array,
  entry: number,
  gradient: number,
  loss: number,
): number | undefined {
  const kept = values[entry]!;
  const at = (offset: number) => {
    values[entry] = kept + offset;
    trainer.setParameter(name, values);
    return trainer.lossAt(batch);
  };
  let best: number | undefined;
  for (const h of STEPS) {
    const difference = (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h);
    const size = Math.max(Math.abs(gradient), Math.abs(difference));
    if (!(size * h > RESOLUTION * Math.max(Math.abs(loss), 1e-300))) continue;
    const error = Math.abs(gradient - difference) / size;
    best = best === undefined ? error : Math.min(best, error);
  }
  values[entry] = kept;
  return best;
}
