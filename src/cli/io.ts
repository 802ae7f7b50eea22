// Owns the edges of the command line as plain interfaces, so that tests can be the terminal. `main.ts` makes the real ones.
import { UserError } from '../base/errors';

export interface TextSink {
  write(text: string): void;
  /** Resolves once what was written is on its way: a slow reader of a pipe holds the run, not the memory. */
  drained(): Promise<void>;
  readonly isTerminal: boolean;
  /** Of the terminal. */
  readonly columns: number;
  readonly rows: number;
}

export interface CliIo {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  /** The package's folder: `media/data` and `package.json` lie there. */
  readonly root: string;
  /** Milliseconds since 1970. */
  now(): number;
  /** Lets signals and streams in between slices of work. */
  breathe(): Promise<void>;
  /** Calls back at the first Ctrl-C (a second one ends the process); answers a function that takes the listener off. */
  onInterrupt(listener: () => void): () => void;
}

export const EXIT = {
  done: 0,
  /** Something was found at or above `--fail-on`, or training diverged, or a gradient is wrong. */
  found: 1,
  /** The spec or the command line is wrong. */
  wrong: 2,
  /** It failed while running: a file, memory. */
  failed: 3,
  interrupted: 130,
} as const;

/** The command line says something that cannot be done. */
export class UsageError extends UserError {
  constructor(message: string, hint: string) {
    super(message, hint);
    this.name = 'UsageError';
  }
}

/** JSON as scripts read it: numbers that are not finite are the strings "NaN", "Infinity", "-Infinity". */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_key, v: unknown) => (typeof v === 'number' && !Number.isFinite(v) ? String(v) : v),
    indent,
  );
}
