// Owns the helpers that tests of symptoms are written with: a spec in which the findings are marked where they must be found,
// judged with real data, predictions and probes.
import assert from 'node:assert/strict';
import path from 'node:path';
import { diagnose } from '../../../../src/analysis/diagnose';
import { type Evidence, evidenceOf, type Symptom } from '../../../../src/analysis/evidence';
import type { Finding } from '../../../../src/analysis/finding';
import { probe } from '../../../../src/analysis/probe';
import { predict } from '../../../../src/analysis/propagation';
import { thresholdsFrom } from '../../../../src/analysis/thresholds';
import { type DataContext, DataError } from '../../../../src/data/files';
import { loadDataset } from '../../../../src/data/loadDataset';
import { nodeFiles } from '../../../../src/data/nodeFiles';
import { analyzeSpec } from '../../../../src/spec/analyze';
import type { Dataset } from '../../../../src/spec/dataset';
import { unmark } from '../../spec/check';

const FILES: DataContext = {
  folder: path.resolve('examples'),
  allowedFolders: [],
  dataFolder: path.resolve('media/data'),
  files: nodeFiles,
};

export interface Given {
  /** Instead of the spec's own, such as numbers that a file would have. */
  readonly dataset?: Dataset;
  /** Whether to measure at initialization; default: no. */
  readonly probe?: boolean;
  readonly thresholds?: Readonly<Record<string, number>>;
  /** Parts of the evidence that the test makes up. */
  readonly evidence?: (evidence: Evidence) => Partial<Evidence>;
}

/** What is known of a spec that has no errors. */
export function evidenceFor(text: string, given: Given = {}): Evidence {
  const dataset = given.dataset ?? read(text);
  const shape = dataset && {
    inputShape: dataset.inputShape,
    targetKind: dataset.targetKind,
    targetShape: dataset.targetShape,
    classes: dataset.classes,
  };
  const analysis = analyzeSpec(text, { dataShape: shape });
  assert.deepEqual(
    analysis.problems.map((p) => `${p.code} ${p.message}`),
    [],
  );
  const known = evidenceOf(analysis, { thresholds: thresholdsFrom(given.thresholds), dataset });
  assert.ok(known);
  const probed = given.probe && dataset ? probe({ ...known, dataset }) : undefined;
  const evidence = { ...known, probe: probed, prediction: predict({ ...known, probe: probed }) };
  return { ...evidence, ...given.evidence?.(evidence) };
}

function read(text: string): Dataset | undefined {
  const { spec } = analyzeSpec(text);
  try {
    return spec && loadDataset(spec, FILES);
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

/** Asserts that the symptom finds exactly what is marked, such as `⟪GF114 "dense"⟫`, and says it well. */
export function finds(symptom: Symptom, marked: string, given?: Given): readonly Finding[] {
  const { text, expected } = unmark(marked);
  const findings = symptom.detect(evidenceFor(text, given));
  const show = (f: { code: string; start: number; end: number }) =>
    `${f.code} ${f.start} ${text.slice(f.start, f.end)}`;
  assert.deepEqual(
    findings.map((f) => show({ code: f.code, ...f.range })).sort(),
    expected.map(show).sort(),
    findings.map((f) => `${f.code} ${f.message}`).join('\n'),
  );
  for (const finding of findings) wellSaid(finding, symptom);
  return findings;
}

/** All findings of a spec, as `GF101 warning`. */
export function allFindings(text: string, given?: Given): readonly Finding[] {
  return diagnose(evidenceFor(text, given));
}

function wellSaid(finding: Finding, symptom: Symptom): void {
  const { message, hint, judgements, related } = finding;
  assert.equal(finding.symptom, symptom.name);
  for (const text of [message, hint, ...related.map((r) => r.message)]) {
    assert.match(text, /^\S.*[^.]\.$/, text);
    assert.doesNotMatch(text, /undefined|\[object|NaN|unknown|\n/, text);
  }
  for (const { value, threshold } of judgements) {
    assert.ok(!Number.isNaN(value), 'what is judged is known');
    assert.ok(Number.isFinite(threshold));
  }
  assert.deepEqual(JSON.parse(JSON.stringify(finding)), { ...finding }, 'a finding is plain data');
}

interface SpecParts {
  readonly data?: string;
  readonly loss?: string;
  readonly optimizer?: string;
  readonly training?: string;
}

/** A spec around layers on the digits, which end in ten logits. */
export function digits(layers: string, parts: SpecParts = {}): string {
  return around(`{ "type": "flatten" }, ${layers}, { "type": "dense", "name": "logits", "units": 10 }`, {
    data: '{ "source": "mnist", "limit": 400 }',
    ...parts,
  });
}

/** A spec around layers on the plane's points: 2 features, 2 classes. */
export function around(layers: string, parts: SpecParts = {}): string {
  const { data = '{ "source": "moons", "samples": 200 }', loss = '"softmaxCrossEntropy"', optimizer, training } = parts;
  const rest = `${optimizer ? `, "optimizer": ${optimizer}` : ''}${training ? `, "training": ${training}` : ''}`;
  return `{ "netspec": 1, "data": ${data}, "layers": [ ${layers} ], "loss": ${loss}${rest} }`;
}

export function dense(units: number, activation: string, kernelInitializer = '"glorotUniform"', rest = ''): string {
  return `{ "type": "dense", "units": ${units}, "activation": "${activation}", "kernelInitializer": ${kernelInitializer}${rest} }`;
}

export function repeat(times: number, ...layers: string[]): string {
  return `{ "type": "repeat", "times": ${times}, "layers": [ ${layers.join(', ')} ] }`;
}

export function residual(...layers: string[]): string {
  return `{ "type": "residual", "layers": [ ${layers.join(', ')} ] }`;
}
