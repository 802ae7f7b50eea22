// Owns the protocol between run.mjs and an engine's process: a line {"workload":"W1","seconds":0.4,"definition":{…}} in, a
// line {"steps":123,"seconds":0.401,"cpuSeconds":0.4} or {"error":"…"} out. All windows are with statistics.
import { createInterface } from 'node:readline';

/** Steps taken before the first timed window of a workload, in seconds, so that nothing is compiled in it. */
const WARM_UP_SECONDS = 0.5;

/** @param {(done: () => boolean) => number} steps runs until told to stop, answers how many @param {number} seconds */
function window(steps, seconds) {
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  const cpu = process.cpuUsage();
  const count = steps(() => elapsed() >= seconds);
  const { user, system } = process.cpuUsage(cpu);
  return { steps: count, seconds: elapsed(), cpuSeconds: (user + system) / 1e6 };
}

/**
 * Answers requests until stdin ends.
 * @param {string} version what the engine calls itself
 * @param {(workload: string, definition: any) => (done: () => boolean) => number} open makes a workload ready; throws where
 *   it cannot be done. What it returns runs steps until `done`, and answers how many
 */
export async function serve(version, open) {
  const ready = new Map();
  process.stdout.write(`${JSON.stringify({ version })}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const { workload, seconds, definition } = JSON.parse(line);
    let reply;
    try {
      if (!ready.has(workload)) {
        ready.set(workload, open(workload, definition));
        window(ready.get(workload), WARM_UP_SECONDS);
      }
      reply = window(ready.get(workload), seconds);
    } catch (error) {
      reply = { error: String(error?.message ?? error).split('\n')[0] };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
  process.exit(0);
}

/** @param {() => void} step */
export const oneByOne = (step) => (done) => {
  let count = 0;
  do {
    step();
    count++;
  } while (!done());
  return count;
};

/** What an engine that has no layers for a workload answers. @param {string} engine */
export function cannot(engine) {
  return new Error(`cannot: ${engine} has no layers for it`);
}
