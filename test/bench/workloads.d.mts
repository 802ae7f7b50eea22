// Types of workloads.mjs for engine.ts.
export interface Workload {
  readonly title: string;
  readonly sizes: readonly number[];
  readonly activation: 'relu' | 'tanh';
  readonly targets: 'classes' | 'values';
  readonly batch: number;
  readonly momentum: number;
}
export const WORKLOADS: Readonly<Record<string, Workload>>;
export const BATCHES: number;
export function normals(count: number, scale?: number): Float32Array;
export function labels(count: number): Int32Array;
