// Owns the judging of a run while it lasts: steps go in, findings come out. When to ask is the caller's, who owns the clock;
// the worker and the command line both do it here.
import type { NonFinite } from '../engine/divergence';
import type { RecordLayout } from '../engine/record';
import type { Dataset } from '../spec/dataset';
import type { Graph } from '../spec/network';
import type { SpecNode } from '../spec/parse';
import type { Spec } from '../spec/schema';
import { constantLoss } from './constantLoss';
import { diagnose } from './diagnose';
import type { Finding } from './finding';
import type { Prediction } from './prediction';
import { predict } from './propagation';
import { type RunEvidence, RunObserver } from './runEvidence';
import type { Thresholds } from './thresholds';

/** As much of the trainer as is looked at: steps of its last `run`. */
export interface ObservedTrainer {
  lossOf(step: number): number;
  metricOf(step: number): number;
}

export interface RunJudgeOptions {
  readonly spec: Spec;
  readonly graph: Graph;
  /** Of the text as the run was started: what findings point into. */
  readonly tree: SpecNode;
  readonly dataset: Dataset;
  readonly thresholds: Thresholds;
  readonly layout: RecordLayout;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly chance?: RunEvidence['chance'];
}

export class RunJudge {
  readonly #options: RunJudgeOptions;
  readonly #observer: RunObserver;
  #last = '[]';
  /** Names the property that costs most; made when it is first wanted. */
  #prediction: Prediction | undefined;

  constructor(options: RunJudgeOptions) {
    this.#options = options;
    const { layout, totalSteps, stepsPerEpoch, chance, spec, dataset } = options;
    this.#observer = new RunObserver({
      layout,
      totalSteps,
      stepsPerEpoch,
      chance,
      constantLoss: constantLoss(spec.loss, dataset),
    });
  }

  /**
   * Takes a step of the trainer's last `run`; steps come in order, each once.
   * @returns whether its record is wanted too
   */
  step(step: number, trainer: ObservedTrainer): boolean {
    const wanted = this.#observer.wants(step);
    // Of small networks a step takes a few microseconds: nothing is read that is not needed.
    this.#observer.step(step, trainer.lossOf(step), wanted ? trainer.metricOf(step) : Number.NaN);
    return wanted;
  }

  /** Takes the record of a step that is wanted. */
  record(step: number, record: Float64Array): void {
    this.#observer.record(step, record);
  }

  evaluation(step: number, testLoss: number, testMetric: number): void {
    this.#observer.evaluation(step, testLoss, testMetric);
  }

  evidence(status: RunEvidence['status'], nonFinite?: NonFinite): RunEvidence {
    return this.#observer.evidence(status, nonFinite);
  }

  /** What the run alone shows, in the order of the text; what the spec shows without a run is not in it. */
  findings(status: RunEvidence['status'], nonFinite?: NonFinite): readonly Finding[] {
    const { spec, graph, tree, thresholds, dataset } = this.#options;
    this.#prediction ??= predict({ graph, spec, dataset });
    const prediction = this.#prediction;
    const run = this.evidence(status, nonFinite);
    return diagnose({ spec, graph, tree, thresholds, prediction, run }).filter(({ basis }) => basis === 'run');
  }

  /** The findings where they are others than the last time; none at first. */
  news(status: RunEvidence['status'], nonFinite?: NonFinite): readonly Finding[] | undefined {
    const findings = this.findings(status, nonFinite);
    const text = JSON.stringify(findings);
    if (text === this.#last) return undefined;
    this.#last = text;
    return findings;
  }
}
