// Owns the words that the family of specs is written in: the parts of a spec, data sources, layers in short.

/**
 * `dense`: every activation × every random initializer. `clones`: initializers that make all units alike. `sequence`:
 * recurrent, attention and embedding layers.
 */
export type Group =
  | 'dense'
  | 'residual'
  | 'normalization'
  | 'convolution'
  | 'dropout'
  | 'branches'
  | 'clones'
  | 'sequence';

/** A spec in a few words. */
export interface Parts {
  readonly name: string;
  readonly group: Group;
  /** As in `Member`. */
  readonly depth: number;
  readonly width: number;
  readonly data: object;
  readonly layers: readonly object[];
  readonly batchSize?: number;
  readonly loss?: string;
}

export const taught = (features: number) => ({ source: 'randomTeacher', features, classes: 4, samples: 80 });
export const images = (...inputShape: number[]) => ({ source: 'randomTeacher', inputShape, classes: 4, samples: 40 });
export const DIGITS = { source: 'mnist', limit: 80 };

export const dense = (units: number, activation: string, kernelInitializer: object | string, more: object = {}) => ({
  type: 'dense',
  units,
  activation,
  kernelInitializer,
  ...more,
});
export const repeat = (times: number, ...layers: object[]) => ({ type: 'repeat', times, layers });
export const LOGITS = { type: 'dense', name: 'logits', units: 4 };
