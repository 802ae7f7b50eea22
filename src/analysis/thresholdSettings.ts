// Owns the thresholds as settings of the editor: names, bounds and descriptions for package.json.
import { THRESHOLDS, type Threshold } from './thresholds';

/** Properties of `contributes.configuration`, by the setting's name. */
export function thresholdSettings(): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(THRESHOLDS).map(([name, { default: standard, min, max, doc, source }]: [string, Threshold]) => [
      `gradoscope.thresholds.${name}`,
      {
        type: 'number',
        default: standard,
        minimum: min,
        ...(max === undefined ? {} : { maximum: max }),
        scope: 'resource',
        markdownDescription: `${doc} Source of the default: ${source}.`,
      },
    ]),
  );
}
