// Owns findings as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as code hosts take them.
import { DATA_DOCS } from '../data/files';
import { PROBLEM_CODES } from '../spec/codes';
import { SYMPTOMS } from '../spec/symptoms';
import type { Finding, PlaceRange } from './findings';

const LEVELS = { error: 'error', warning: 'warning', information: 'note' } as const;

/** What each code means: `shortDescription` of its rule. */
const DOCS: ReadonlyMap<string, { readonly name?: string; readonly doc: string }> = new Map([
  ...Object.entries({ ...PROBLEM_CODES, ...DATA_DOCS }).map(([code, doc]) => [code, { doc }] as const),
  ...Object.entries(SYMPTOMS).map(([name, { code, doc }]) => [code, { name, doc }] as const),
]);

/** @param version Gradoscope's */
export function asSarif(findings: readonly Finding[], version: string): object {
  const codes = [...new Set(findings.map((f) => f.code))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Gradoscope', version, rules: codes.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => resultOf(finding, codes.indexOf(finding.code))),
      },
    ],
  };
}

function ruleOf(id: string): object {
  const known = DOCS.get(id);
  if (!known) return { id };
  return { id, ...(known.name ? { name: known.name } : {}), shortDescription: { text: known.doc } };
}

function resultOf(finding: Finding, ruleIndex: number): object {
  const { code, severity, spec, range, message, hint, layer, related, basis, evidence, judgements, remedies } = finding;
  const properties = { basis, layer, evidence, judgements, remedies };
  return {
    ruleId: code,
    ruleIndex,
    level: LEVELS[severity],
    message: { text: `${message} ${hint}` },
    locations: [{ physicalLocation: placeOf(spec, range), ...logical(layer) }],
    ...(related && related.length > 0
      ? {
          relatedLocations: related.map((r, id) => ({
            id,
            message: { text: r.message },
            physicalLocation: placeOf(spec, r.range),
            ...logical(r.layer),
          })),
        }
      : {}),
    ...(basis ? { properties } : {}),
  };
}

function logical(layer: string | undefined): object {
  return layer === undefined ? {} : { logicalLocations: [{ name: layer, kind: 'layer' }] };
}

function placeOf(spec: string, { start, end }: PlaceRange): object {
  return {
    artifactLocation: { uri: uriOf(spec) },
    region: {
      startLine: start.line + 1,
      startColumn: start.character + 1,
      endLine: end.line + 1,
      endColumn: end.character + 1,
    },
  };
}

/** A path as a URI reference: relative ones stay so, as code hosts want them. */
function uriOf(path: string): string {
  const parts = path.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${parts}` : parts;
}
