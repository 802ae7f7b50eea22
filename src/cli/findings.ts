// Owns how problems and findings of specs are written: for people, as JSON, and as GitHub's workflow commands. SARIF has a
// file of its own.
import type { Finding as GradientFinding, Severity } from '../analysis/finding';
import type { PredictedRemedy } from '../analysis/predictedRemedies';
import type { Problem, TextRange } from '../spec/problem';
import { formatNumber, styled } from './format';
import { toJson } from './io';
import { asSarif } from './sarif';

interface Position {
  /** Both from 0, characters in UTF-16 code units, as editors have them. */
  readonly line: number;
  readonly character: number;
}

export interface PlaceRange {
  readonly start: Position;
  readonly end: Position;
}

/** A problem of the spec, or a finding about its gradients, with its place in a file. As scripts read it. */
export interface Finding {
  readonly code: string;
  /** Of findings about gradients, as are all fields below `hint`. */
  readonly symptom?: string;
  readonly severity: Severity;
  /** The layer to blame, where it is one. */
  readonly layer?: string;
  /** The spec's path as it was given. */
  readonly spec: string;
  readonly range: PlaceRange;
  readonly message: string;
  readonly hint: string;
  readonly basis?: GradientFinding['basis'];
  readonly judgements?: GradientFinding['judgements'];
  readonly evidence?: GradientFinding['evidence'];
  readonly related?: readonly { readonly layer: string; readonly range: PlaceRange; readonly message: string }[];
  readonly remedies?: readonly {
    readonly id: string;
    readonly title: string;
    /** Absent where nothing can be said. */
    readonly predictedFirstToLast?: number;
  }[];
}

/** The editor's settings are options here. */
export function hintHere(hint: string): string {
  return hint
    .replace('in the setting `gradoscope.allowedFolders`', 'with `--allow DIR`')
    .replace('the setting `gradoscope.memoryLimitMiB`', '`--memory-limit MIB`');
}

export function findingsOf(spec: string, text: string, problems: readonly Problem[]): Finding[] {
  const placeOf = placesIn(text);
  return problems.map(({ code, severity, range, message, hint }) => ({
    code,
    severity,
    spec,
    range: placeOf(range),
    message,
    hint: hintHere(hint),
  }));
}

/** @param remediesFor what may mend a finding, the likeliest first */
export function gradientFindingsOf(
  spec: string,
  text: string,
  findings: readonly GradientFinding[],
  remediesFor: (finding: GradientFinding) => readonly PredictedRemedy[],
): Finding[] {
  const placeOf = placesIn(text);
  return findings.map((finding) => {
    const { code, symptom, severity, layer, range, message, hint, basis, judgements, evidence, related } = finding;
    return {
      code,
      symptom,
      severity,
      layer,
      spec,
      range: placeOf(range),
      message,
      hint: hintHere(hint),
      basis,
      judgements,
      evidence,
      related: related.map((r) => ({ layer: r.layer, range: placeOf(r.range), message: r.message })),
      remedies: remediesFor(finding).map(({ id, title, predictedFirstToLast }) => ({
        id,
        title,
        ...(Number.isNaN(predictedFirstToLast) ? {} : { predictedFirstToLast }),
      })),
    };
  });
}

function placesIn(text: string): (range: TextRange) => PlaceRange {
  const lineStarts = [0];
  for (let i = 0; i < text.length; i++) if (text[i] === '\n') lineStarts.push(i + 1);
  const position = (offset: number): Position => {
    let line = 0;
    for (let high = lineStarts.length; line + 1 < high; ) {
      const middle = (line + high) >>> 1;
      if (lineStarts[middle]! <= offset) line = middle;
      else high = middle;
    }
    return { line, character: offset - lineStarts[line]! };
  };
  return ({ start, end }) => ({ start: position(start), end: position(end) });
}

export const FORMATS = ['text', 'json', 'sarif', 'github'] as const;
export type Format = (typeof FORMATS)[number];

/** @param paths the specs that were looked at @param version Gradoscope's */
export function formatFindings(
  format: Format,
  findings: readonly Finding[],
  paths: readonly string[],
  version: string,
  colour: boolean,
): string {
  switch (format) {
    case 'text':
      return asText(findings, paths, colour);
    case 'json':
      return `${toJson({ format: 'gradoscope.findings/1', findings }, 2)}\n`;
    case 'sarif':
      return `${toJson(asSarif(findings, version), 2)}\n`;
    case 'github':
      return findings.map(asGithub).join('');
  }
}

const COLOURS = { error: 'red', warning: 'yellow', information: 'blue' } as const;
/** So many remedies are named below a finding; `fix` tells of all. */
const REMEDIES_SHOWN = 3;

/** One line a finding, and below it its hint and what may mend it. */
export function findingLines(findings: readonly Finding[], colour: boolean): string {
  return findings
    .map(({ code, severity, spec, range, message, hint, remedies }) => {
      const place = `${spec}:${range.start.line + 1}:${range.start.character + 1}`;
      const kind = styled(COLOURS[severity], `${severity} ${code}`, colour);
      const mending = (remedies ?? []).slice(0, REMEDIES_SHOWN).map(remedyLine);
      return `${styled('bold', place, colour)}: ${kind}: ${message}\n    ${hint}\n${mending.join('')}`;
    })
    .join('');
}

function remedyLine({ title, predictedFirstToLast }: NonNullable<Finding['remedies']>[number]): string {
  const effect =
    predictedFirstToLast === undefined ? '' : ` (predicted: first ÷ last ${formatNumber(predictedFirstToLast)})`;
  return `    → ${title}${effect}\n`;
}

function asText(findings: readonly Finding[], paths: readonly string[], colour: boolean): string {
  const counts = (['error', 'warning', 'information'] as const)
    .map((severity) => ({ severity, n: findings.filter((f) => f.severity === severity).length }))
    .filter(({ n }) => n > 0)
    .map(({ severity, n }) => counted(n, severity === 'information' ? 'note' : severity));
  const where = paths.length === 1 ? paths[0] : `${paths.length} specs`;
  return `${findingLines(findings, colour)}${where}: ${counts.length > 0 ? counts.join(', ') : 'no problems'}\n`;
}

function counted(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
function asGithub({ code, severity, spec, range, message, hint }: Finding): string {
  const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const { start, end } = range;
  // GitHub has columns within one line alone.
  const columns = start.line === end.line ? `,col=${start.character + 1},endColumn=${end.character + 1}` : '';
  const place = `file=${property(spec)},line=${start.line + 1},endLine=${end.line + 1}${columns}`;
  const level = severity === 'information' ? 'notice' : severity;
  return `::${level} ${place},title=${property(code)}::${data(`${message} ${hint}`)}\n`;
}
