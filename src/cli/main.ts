// Owns the process of the command line: its streams, its signals, its exit status. What it does is `run.ts`'s.
import path from 'node:path';
import type { CliIo, TextSink } from './io';
import { EXIT } from './io';
import { runCli } from './run';

/** One Ctrl-C can arrive twice, from the terminal and through npm; a person is not that fast. */
const SAME_PRESS_MS = 50;

function sink(stream: NodeJS.WriteStream): TextSink {
  // A reader that went away (`| head`) is no failure: there is nobody left to tell.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed);
  });
  return {
    write: (text) => void stream.write(text),
    drained: () =>
      stream.writableNeedDrain ? new Promise((resolve) => stream.once('drain', () => resolve())) : Promise.resolve(),
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
  };
}

const interruptListeners = new Set<() => void>();
let interruptedAt: number | undefined;
function interrupt(): void {
  const now = performance.now();
  if (interruptedAt !== undefined && now - interruptedAt < SAME_PRESS_MS) return;
  // A second one, or one while nothing could be flushed.
  if (interruptedAt !== undefined || interruptListeners.size === 0) process.exit(EXIT.interrupted);
  interruptedAt = now;
  for (const listener of interruptListeners) listener();
}
process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);

const io: CliIo = {
  stdout: sink(process.stdout),
  stderr: sink(process.stderr),
  env: process.env,
  cwd: process.cwd(),
  // The bundle lies in the package's dist.
  root: path.resolve(__dirname, '..'),
  now: () => performance.timeOrigin + performance.now(),
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
  onInterrupt(listener) {
    interruptListeners.add(listener);
    return () => interruptListeners.delete(listener);
  },
};

// The status is set, not forced: what was written still has to get out.
void runCli(process.argv.slice(2), io).then((status) => {
  process.exitCode = status;
});
