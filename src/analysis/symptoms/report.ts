// Owns how symptoms put a finding together: code from name, range from layer or path, numbers in words.

import type { GraphLayer } from '../../spec/network';
import { SYMPTOMS, type SymptomName } from '../../spec/symptoms';
import { layerRange, type SpecPath, specRange } from '../blame';
import type { Evidence } from '../evidence';
import type { Finding, Judgement } from '../finding';
import type { ThresholdName } from '../thresholds';

interface Told {
  readonly severity: Finding['severity'];
  readonly basis: Finding['basis'];
  readonly message: string;
  readonly hint: string;
  readonly judgements?: readonly Judgement[];
  readonly evidence?: Finding['evidence'];
  readonly related?: Finding['related'];
}

/** A finding at a layer's property, or at its `type` where the property is left to its default. */
export function atLayer(
  { tree }: Evidence,
  symptom: SymptomName,
  layer: GraphLayer,
  property: string | undefined,
  told: Told,
): Finding {
  return { ...base(symptom, told), layer: layer.name, range: layerRange(tree, layer, property) };
}

/** A finding at a path of the spec, or at the nearest thing around it that stands there. */
export function atPath({ tree }: Evidence, symptom: SymptomName, path: SpecPath, told: Told): Finding {
  return { ...base(symptom, told), range: specRange(tree, path) };
}

function base(symptom: SymptomName, told: Told): Omit<Finding, 'range'> {
  return { code: SYMPTOMS[symptom].code, symptom, judgements: [], evidence: {}, related: [], ...told };
}

/** A value held against a threshold of the evidence. */
export function judged({ thresholds }: Evidence, what: string, value: number, setting: ThresholdName): Judgement {
  return { what, value, threshold: thresholds[setting], setting };
}

/** Three digits that count: `0.235`, `2.5e-8`, `12,300`. */
export function numberText(x: number): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'unknown' : x > 0 ? 'infinite' : '−infinite';
  const size = Math.abs(x);
  if (x === 0) return '0';
  if (size < 1e-3 || size >= 1e6) return minus(trimmed(x.toExponential(1)));
  if (size >= 1000) return minus(Math.round(x).toLocaleString('en-US'));
  return minus(String(Number(x.toPrecision(3))));
}

/** `87 %`; of what is almost nothing or almost all, a digit more. */
export function percentText(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 1) return `${numberText(percent)} %`;
  if (percent > 99 && percent < 100) return `${(Math.floor(percent * 10) / 10).toFixed(1)} %`;
  return `${Math.round(percent)} %`;
}

/** `dense_1`, `dense_2 and 3 more`, each name between backticks. */
export function namesText(names: readonly string[]): string {
  const [first = '', second] = names;
  if (names.length <= 1) return `\`${first}\``;
  if (names.length === 2) return `\`${first}\` and \`${second}\``;
  return `\`${first}\` and ${names.length - 1} more`;
}

function trimmed(exponential: string): string {
  return exponential.replace('.0e', 'e').replace('e+', 'e');
}

function minus(text: string): string {
  return text.replace(/^-/, '−');
}
