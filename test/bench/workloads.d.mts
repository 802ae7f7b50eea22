// Types of workloads.mjs for engine.ts.
export interface Workload {
  readonly title: string;
  readonly model: 'mlp' | 'cnn' | 'lstm' | 'block';
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly targets: 'classes' | 'values';
  readonly batch: number;
  readonly optimizer: 'sgd' | 'adam';
  readonly momentum?: number;
  readonly sizes?: readonly number[];
  readonly activation?: 'relu' | 'tanh' | 'sigmoid';
  readonly stddev?: number;
}
export const WORKLOADS: Readonly<Record<string, Workload>>;
export const BLOCK: {
  readonly positions: number;
  readonly features: number;
  readonly heads: number;
  readonly hidden: number;
};
export const BATCHES: number;
export function normals(count: number, scale?: number): Float32Array;
export function labels(count: number): Int32Array;
export function sizeOf(shape: readonly number[]): number;
