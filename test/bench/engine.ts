// Owns our side of the benchmark: the product's own Trainer on a workload, everything recorded on every step. Bundled
// and started by processes.mjs.
//   --threads N     threads that a network may use (1)
//   --records       each step's record is derived from its raw sums and read, too, as when the panel shows all of them
//   --unrecorded    nothing is measured but the loss: what recording costs, by comparison
import { parseArgs } from 'node:util';
import { nodeThreads } from '../../src/backends/nodeThreads';
import { Trainer } from '../../src/engine/trainer';
import { networkOf } from './network';
import { peak } from './peak';
import { serve } from './serve.mjs';
import { recordNothing } from './unrecorded';
import type { Workload } from './workloads.mjs';

const { values: options } = parseArgs({
  options: {
    threads: { type: 'string', default: '1' },
    records: { type: 'boolean', default: false },
    unrecorded: { type: 'boolean', default: false },
  },
});
const threads = Number(options.threads);
if (options.unrecorded) recordNothing();

function open(name: string, workload: Workload): (done: () => boolean) => number {
  if (name === 'peak') return peak();
  const trainer = Trainer.create({ ...networkOf(workload), threads: nodeThreads(threads) });
  const record = new Float64Array(trainer.layout.width);
  let atOnce = 1;
  return (done) => {
    let total = 0;
    do {
      const start = performance.now();
      const before = trainer.step;
      const ran = trainer.run(atOnce);
      if (ran === 0 || trainer.diverged) throw new Error(`${name} diverged at step ${trainer.step}`);
      if (options.records) for (let step = before + 1; step <= before + ran; step++) trainer.readRecord(step, record);
      total += ran;
      // As the worker does: short enough to stop at once, long enough to hardly feel the call.
      if (performance.now() - start < 10) atOnce = Math.min(2 * atOnce, trainer.ringSteps);
    } while (!done());
    return total;
  };
}

await serve('gradoscope', open);
