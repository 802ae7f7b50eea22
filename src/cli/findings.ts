// Owns how problems of specs are written: for people, as JSON, as SARIF 2.1.0, and as GitHub's workflow commands.
import type { Problem } from '../spec/problem';
import { styled } from './format';
import { toJson } from './io';

interface Position {
  /** Both from 0, characters in UTF-16 code units, as editors have them. */
  readonly line: number;
  readonly character: number;
}

/** A problem with its place in a file. */
export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** The spec's path as it was given. */
  readonly spec: string;
  readonly range: { readonly start: Position; readonly end: Position };
  readonly message: string;
  readonly hint: string;
}

/** The editor's settings are options here. */
export function hintHere(hint: string): string {
  return hint
    .replace('in the setting `gradoscope.allowedFolders`', 'with `--allow DIR`')
    .replace('the setting `gradoscope.memoryLimitMiB`', '`--memory-limit MIB`');
}

export function findingsOf(spec: string, text: string, problems: readonly Problem[]): Finding[] {
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
  return problems.map(({ code, severity, range, message, hint }) => ({
    code,
    severity,
    spec,
    range: { start: position(range.start), end: position(range.end) },
    message,
    hint: hintHere(hint),
  }));
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

/** One line a finding, and its hint below. */
export function findingLines(findings: readonly Finding[], colour: boolean): string {
  return findings
    .map(({ code, severity, spec, range, message, hint }) => {
      const place = `${spec}:${range.start.line + 1}:${range.start.character + 1}`;
      const kind = styled(severity === 'error' ? 'red' : 'yellow', `${severity} ${code}`, colour);
      return `${styled('bold', place, colour)}: ${kind}: ${message}\n    ${hint}\n`;
    })
    .join('');
}

function asText(findings: readonly Finding[], paths: readonly string[], colour: boolean): string {
  const errors = findings.filter((f) => f.severity === 'error').length;
  const warnings = findings.length - errors;
  const counts = [counted(errors, 'error'), counted(warnings, 'warning')].filter((c) => c !== '');
  const where = paths.length === 1 ? paths[0] : `${paths.length} specs`;
  return `${findingLines(findings, colour)}${where}: ${counts.length > 0 ? counts.join(', ') : 'no problems'}\n`;
}

function counted(n: number, word: string): string {
  return n === 0 ? '' : `${n} ${word}${n === 1 ? '' : 's'}`;
}

function asSarif(findings: readonly Finding[], version: string): object {
  const codes = [...new Set(findings.map((f) => f.code))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Gradoscope', version, rules: codes.map((id) => ({ id })) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ code, severity, spec, range, message, hint }) => ({
          ruleId: code,
          ruleIndex: codes.indexOf(code),
          level: severity,
          message: { text: `${message} ${hint}` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(spec) },
                region: {
                  startLine: range.start.line + 1,
                  startColumn: range.start.character + 1,
                  endLine: range.end.line + 1,
                  endColumn: range.end.character + 1,
                },
              },
            },
          ],
        })),
      },
    ],
  };
}

/** A path as a URI reference: relative ones stay so, as code hosts want them. */
function uriOf(path: string): string {
  const parts = path.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${parts}` : parts;
}

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
function asGithub({ code, severity, spec, range, message, hint }: Finding): string {
  const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const { start, end } = range;
  // GitHub has columns within one line alone.
  const columns = start.line === end.line ? `,col=${start.character + 1},endColumn=${end.character + 1}` : '';
  const place = `file=${property(spec)},line=${start.line + 1},endLine=${end.line + 1}${columns}`;
  return `::${severity} ${place},title=${property(code)}::${data(`${message} ${hint}`)}\n`;
}
