// Owns what the tests of a run's symptoms train: small seeded networks, judged as the worker does it.
import assert from 'node:assert/strict';
import path from 'node:path';
import type { Finding } from '../../../src/analysis/finding';
import type { RunEvidence } from '../../../src/analysis/runEvidence';
import { RunJudge } from '../../../src/analysis/runJudge';
import { type Thresholds, thresholdsFrom } from '../../../src/analysis/thresholds';
import { loadDataset } from '../../../src/data/loadDataset';
import { nodeFiles } from '../../../src/data/nodeFiles';
import { Trainer } from '../../../src/engine/trainer';
import { analyzeSpec } from '../../../src/spec/analyze';
import type { SymptomName } from '../../../src/spec/symptoms';

export interface TrainedRun {
  readonly text: string;
  readonly evidence: RunEvidence;
  readonly findings: readonly Finding[];
  /** The text that the symptom's finding points at; undefined where it was not found. */
  blamed(symptom: SymptomName): string | undefined;
  found(symptom: SymptomName): Finding;
  has(symptom: SymptomName): boolean;
}

/** Two classes in two spirals, one hidden layer: trains well in a fraction of a second. */
export const SPIRAL = {
  netspec: 1,
  seed: 1,
  data: { source: 'spiral', samples: 300 },
  layers: [
    { type: 'dense', units: 24, activation: 'relu', kernelInitializer: 'heNormal' },
    { type: 'dense', units: 24, activation: 'relu', kernelInitializer: 'heNormal' },
    { type: 'dense', units: 2 },
  ],
  loss: 'softmaxCrossEntropy',
  optimizer: { type: 'adam', learningRate: 0.01 },
  training: { batchSize: 16, epochs: 30 },
} as const;

/** @param steps stops before the end of the run where it is given */
export function trainedRun(spec: object, thresholds: Partial<Thresholds> = {}, steps?: number): TrainedRun {
  const text = JSON.stringify(spec);
  const { spec: meant, graph, tree, problems } = analyzeSpec(text);
  assert.deepEqual(
    problems.filter((p) => p.severity === 'error'),
    [],
    text,
  );
  assert.ok(meant && graph && tree);
  const dataFolder = path.resolve('media/data');
  const dataset = loadDataset(meant, { allowedFolders: [], dataFolder, files: nodeFiles });
  const trainer = Trainer.create({ graph, spec: meant, dataset });
  const { layout, totalSteps, stepsPerEpoch } = trainer;
  const judge = new RunJudge({
    spec: meant,
    graph,
    tree,
    dataset,
    thresholds: thresholdsFrom(thresholds),
    layout,
    totalSteps,
    stepsPerEpoch,
  });
  const record = new Float64Array(layout.width);
  const evaluateEvery = meant.training.evaluateEvery ?? stepsPerEpoch;
  const end = Math.min(totalSteps, steps ?? totalSteps);
  while (!trainer.diverged && trainer.step < end) {
    const before = trainer.step;
    const done = trainer.run(Math.min(end - before, evaluateEvery - (before % evaluateEvery)));
    for (let step = before + 1; step <= before + done; step++) {
      if (!judge.step(step, trainer)) continue;
      trainer.readRecord(step, record);
      judge.record(step, record);
    }
    const test = !trainer.diverged && trainer.step % evaluateEvery === 0 ? trainer.evaluate() : undefined;
    if (test) judge.evaluation(trainer.step, test.loss, test.metric);
  }
  const status = trainer.diverged ? 'diverged' : trainer.step < totalSteps ? 'running' : 'completed';
  const evidence = judge.evidence(status, trainer.nonFinite);
  const findings = judge.findings(status, trainer.nonFinite);
  const of = (symptom: SymptomName) => findings.find((f) => f.symptom === symptom);
  return {
    text,
    evidence,
    findings,
    blamed: (symptom) => {
      const finding = of(symptom);
      return finding && text.slice(finding.range.start, finding.range.end);
    },
    found: (symptom) => {
      const finding = of(symptom);
      assert.ok(finding, `${symptom} is found, among ${findings.map((f) => f.symptom).join() || 'nothing'}`);
      return finding;
    },
    has: (symptom) => of(symptom) !== undefined,
  };
}
