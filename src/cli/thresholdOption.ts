// Owns `--threshold NAME=VALUE`: what the editor's settings `gradoscope.thresholds.…` are on the command line.
import { THRESHOLDS, type Threshold, type Thresholds, thresholdsFrom } from '../analysis/thresholds';
import type { Arguments, OptionSpec } from './commandLine';
import { UsageError } from './io';

export const THRESHOLD_OPTION: OptionSpec = {
  type: 'string',
  multiple: true,
  value: 'NAME=VALUE',
  doc: 'judges by another threshold; may be given again',
};

/** The names, for help. */
export const THRESHOLD_HELP = `Thresholds (and their defaults), as the settings \`gradoscope.thresholds.…\` of the editor:
${Object.entries(THRESHOLDS)
  .map(([name, threshold]) => `  ${name} (${threshold.default})`)
  .join('\n')}`;

/** @throws UsageError for a name that is none, and for a value that is out of its bounds */
export function thresholdsOf(args: Arguments): Thresholds {
  const values: Record<string, number> = {};
  for (const text of args.all('threshold')) {
    const [name = '', value = ''] = text.split('=', 2);
    if (!Object.hasOwn(THRESHOLDS, name)) {
      throw new UsageError(
        `--threshold: there is no threshold “${name}”.`,
        `Name one of ${Object.keys(THRESHOLDS).join(', ')}.`,
      );
    }
    const { min, max = Number.POSITIVE_INFINITY, ...threshold }: Threshold = THRESHOLDS[name as keyof Thresholds];
    const number = Number(value);
    if (value.trim() === '' || !Number.isFinite(number) || number < min || number > max) {
      const bounds = max === Number.POSITIVE_INFINITY ? `from ${min} on` : `from ${min} to ${max}`;
      throw new UsageError(
        `--threshold ${name} wants a number ${bounds}, and got “${value}”.`,
        `Write --threshold ${name}=${threshold.default}.`,
      );
    }
    values[name] = number;
  }
  return thresholdsFrom(values);
}
