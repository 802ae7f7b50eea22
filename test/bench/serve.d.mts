// Types of serve.mjs for engine.ts.
export function serve(version: string, open: (workload: string) => (done: () => boolean) => number): Promise<void>;
export function oneByOne(step: () => void): (done: () => boolean) => number;
