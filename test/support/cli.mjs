// Owns how a test asks the built command line.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './commands.mjs';

const execute = promisify(execFile);

/** Runs `gradoscope ARGS` to its end; throws where it fails. */
export function gradoscope(...args) {
  return execute(process.execPath, [path.join(ROOT, 'dist/cli.cjs'), ...args], {
    cwd: ROOT,
    maxBuffer: 2 ** 30,
    timeout: 120_000,
  });
}

/** The layers of the step event of a run of this spec, with the spec's own seed. */
export async function layersOfStep(spec, step) {
  const { stdout } = await gradoscope('train', spec, '--steps', String(step), '--json');
  const wanted = `"step":${step}`;
  for (const line of stdout.split('\n').reverse()) {
    if (!line.replaceAll(' ', '').includes(wanted)) continue;
    const event = JSON.parse(line);
    if (event.event === 'step' && event.step === step) return event.layers;
  }
  throw new Error(`the command line printed no step ${step}`);
}
