// A terminal, or a pipe, for the command line's tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../../../src/cli/run';

export interface Call {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface CallOptions {
  readonly terminal?: boolean;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Presses Ctrl-C after so many slices of work. */
  readonly interruptAfter?: number;
}

export async function call(argv: readonly string[], options: CallOptions = {}): Promise<Call> {
  const written = { out: '', err: '' };
  let interrupt: (() => void) | undefined;
  let slices = 0;
  let clock = 1.7e12;
  const sink = (to: 'out' | 'err') => ({
    write: (text: string) => {
      written[to] += text;
    },
    drained: () => Promise.resolve(),
    isTerminal: options.terminal ?? false,
    columns: 100,
    rows: 40,
  });
  const status = await runCli(argv, {
    stdout: sink('out'),
    stderr: sink('err'),
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    root: process.cwd(),
    // Time passes by being looked at, so that no test depends on the machine.
    now: () => (clock += 20),
    breathe: () => {
      if (++slices === options.interruptAfter) interrupt?.();
      return Promise.resolve();
    },
    onInterrupt(listener) {
      interrupt = listener;
      return () => {
        interrupt = undefined;
      };
    },
  });
  return { status, ...written };
}

/** A folder that is gone after the tests. */
export function temporaryFolder(after: (clean: () => void) => void): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'gradoscope-cli-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const small = {
  netspec: 1,
  seed: 3,
  data: { source: 'spiral', samples: 100 },
  layers: [
    { type: 'dense', units: 6, activation: 'tanh' },
    { type: 'dense', name: 'logits', units: 2 },
  ],
  loss: 'softmaxCrossEntropy',
  optimizer: { type: 'sgd', learningRate: 0.1 },
  training: { batchSize: 16, epochs: 2 },
};

/** A spec that trains in no time, with some fields replaced. */
export function specText(fields: object = {}): string {
  return JSON.stringify({ ...small, ...fields }, null, 2);
}
