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

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/**
 * Signals are taken only while somebody can flush something, and one of them only: at any other time the system ends the
 * process itself, even one that is busy reading or initializing and would not get to look at a signal.
 */
function onInterrupt(listener: () => void): () => void {
  let interrupted = false;
  const interrupt = (): void => {
    if (interrupted) return;
    interrupted = true;
    listener();
    setTimeout(release, SAME_PRESS_MS).unref();
  };
  const release = (): void => {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return () => {
    // The same press may still arrive a second time, while what was done is being written.
    if (!interrupted) release();
  };
}

const io: CliIo = {
  stdout: sink(process.stdout),
  stderr: sink(process.stderr),
  env: process.env,
  cwd: process.cwd(),
  // The bundle lies in the package's dist.
  root: path.resolve(__dirname, '..'),
  now: () => performance.timeOrigin + performance.now(),
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
  onInterrupt,
};

// The status is set, not forced: what was written still has to get out.
void runCli(process.argv.slice(2), io).then((status) => {
  process.exitCode = status;
});
