// Owns thresholds and findings as package.json and the README have them. `test/support/writeSettings.mjs` writes them there.
import { SYMPTOMS } from '../spec/symptoms';
import { THRESHOLDS, type Threshold } from './thresholds';

const ENTRIES: readonly (readonly [name: string, Threshold])[] = Object.entries(THRESHOLDS);

/** Properties of `contributes.configuration`, by the setting's name. */
export function thresholdSettings(): Readonly<Record<string, object>> {
  return Object.fromEntries(
    ENTRIES.map(([name, { default: standard, min, max, doc, source }]) => [
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

/** The README's tables by the name of their place there, in Markdown. */
export function readmeTables(): Readonly<Record<'findings' | 'thresholds', string>> {
  const findings = Object.entries(SYMPTOMS).map(([name, { code, doc }]) => [code, wordsOf(name), doc]);
  const thresholds = ENTRIES.map(([name, t]) => [`\`${name}\``, String(t.default), t.doc, t.source]);
  return {
    findings: table(['code', 'finding', 'what it says'], findings),
    thresholds: table(['setting', 'default', 'what it is', 'source of the default'], thresholds),
  };
}

/** `deadUnits` → `dead units`. */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
