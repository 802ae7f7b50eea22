// Owns how a Progress crosses to the panel: VS Code hands messages to a webview as JSON, where NaN and the infinities
// would all arrive as null. Records travel as typed arrays, which keep them.
import type { Progress } from './run';

const NUMBERS = ['loss', 'metric', 'testLoss', 'testMetric', 'stepsPerSecond', 'secondsLeft'] as const;
const NOT_FINITE: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity']);

/** A copy whose numbers that are not finite are the texts "NaN", "Infinity", "-Infinity", as in all our JSON. */
export function encodeProgress(progress: Progress): Progress {
  const wired: Record<string, unknown> = { ...progress };
  for (const key of NUMBERS) {
    const value = progress[key];
    if (value !== undefined && !Number.isFinite(value)) wired[key] = String(value);
  }
  return wired as unknown as Progress;
}

/** The progress as it was before `encodeProgress`. */
export function decodeProgress(wired: Progress): Progress {
  const progress: Record<string, unknown> = { ...wired };
  for (const key of NUMBERS) if (NOT_FINITE.has(progress[key])) progress[key] = Number(progress[key]);
  return progress as unknown as Progress;
}
