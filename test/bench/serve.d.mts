// Types of serve.mjs for engine.ts.
import type { Workload } from './workloads.mjs';
export function serve(
  version: string,
  open: (workload: string, definition: Workload) => (done: () => boolean) => number,
): Promise<void>;
export function oneByOne(step: () => void): (done: () => boolean) => number;
