// Owns `gradoscope train`: the loop in this process, what it shows, what it keeps.
import path from 'node:path';
import type { Finding as GradientFinding } from '../../analysis/finding';
import { RunJudge } from '../../analysis/runJudge';
import { nodeThreads } from '../../backends/nodeThreads';
import { divergedSentence } from '../../engine/divergence';
import type { RecordLayout } from '../../engine/record';
import { Trainer } from '../../engine/trainer';
import { History } from '../../runs/history';
import { RunFolder } from '../../runs/runFolder';
import { type Command, choiceOption, integerOption, onlyOperand } from '../commandLine';
import { type Finding, findingLines, gradientFindingsOf } from '../findings';
import { formatCount, formatDuration, formatNumber, formatShare, styled, table, usesColour } from '../format';
import { heatmapLines } from '../heatmap';
import { type CliIo, EXIT, toJson, UsageError } from '../io';
import { LiveView } from '../liveView';
import { ALLOW_OPTION, MEMORY_OPTION, openSpec } from '../openSpec';
import { type Evaluation, kernelColumn, stepEvent, testMeasures } from '../stepEvents';
import { THRESHOLD_HELP, THRESHOLD_OPTION, thresholdsOf } from '../thresholdOption';

/** Training goes on so long before signals and streams get their turn. */
const SLICE_MS = 30;
const HISTORY_BYTES = 64 * 2 ** 20;
const TALLEST_PICTURE = 30;

export const train: Command = {
  name: 'train',
  operands: 'SPEC',
  summary: 'trains, and shows the gradients of every layer while it does',
  details: `
On a terminal a heatmap of layers × steps grows while it trains. Ctrl-C stops after the current step and keeps the run;
a second one stops at once. --out keeps manifest.json, the spec, records.jsonl and weights.safetensors in a folder.
At the end it says what the run has shown (GF…): losses that stand or swing, steps too large or too small, and so on.

${THRESHOLD_HELP}`,
  options: {
    steps: { type: 'string', value: 'N', doc: 'training steps, instead of what the spec says' },
    seed: { type: 'string', value: 'S', doc: "instead of the spec's" },
    backend: { type: 'string', value: 'embedded', doc: 'who trains (default and only one in this version: embedded)' },
    out: { type: 'string', value: 'DIR', doc: 'keeps the run in this folder' },
    json: { type: 'boolean', doc: 'writes one JSON object a line: start, each step, end' },
    threshold: THRESHOLD_OPTION,
    allow: ALLOW_OPTION,
    'memory-limit': MEMORY_OPTION,
    nproc: { type: 'string', value: 'N', doc: 'processes of the pytorch backend; not available in this version' },
  },
  async run(args, io) {
    const specPath = onlyOperand(train, args);
    const backend = choiceOption(args, 'backend', ['embedded', 'pytorch']);
    if (backend === 'pytorch' || args.text('nproc') !== undefined) {
      throw new UsageError('The pytorch backend is not available in this version.', 'Leave --backend and --nproc out.');
    }
    const steps = integerOption(args, 'steps', 1);
    const seed = integerOption(args, 'seed');
    const out = args.text('out');
    const thresholds = thresholdsOf(args);
    const opened = openSpec(specPath, { seed }, args, io);
    const { graph, spec, tree, dataset } = opened;
    io.stderr.write(findingLines(opened.warnings, usesColour(io.stderr, io)));
    const trainer = Trainer.create({ graph, spec, dataset, steps, threads: nodeThreads() });
    const about = {
      spec: specPath,
      name: spec.name ?? path.basename(specPath).replace(/\.netspec\.json$/, ''),
      seed: spec.seed,
      engine: `embedded, ${trainer.kernelName}`,
      totalSteps: trainer.totalSteps,
      stepsPerEpoch: trainer.stepsPerEpoch,
      batchSize: trainer.batchSize,
      parameterCount: graph.parameterCount,
      startedAt: new Date(io.now()).toISOString(),
      layers: trainer.layout.layers.map(({ name, type, inputShape, outputShape }) => ({
        name,
        type,
        inputShape,
        outputShape,
      })),
    };
    const folder = out === undefined ? undefined : new RunFolder(path.resolve(io.cwd, out), opened.text, about);
    const json = args.has('json');
    if (json) io.stdout.write(`${toJson({ event: 'start', format: 'gradoscope.train/1', ...about })}\n`);

    const recordEvery = spec.training.recordEvery;
    const evaluateEvery = spec.training.evaluateEvery ?? trainer.stepsPerEpoch;
    const { layout, totalSteps, stepsPerEpoch } = trainer;
    const judge = new RunJudge({ spec, graph, tree, dataset, thresholds, layout, totalSteps, stepsPerEpoch });
    const run = new Run(trainer, judge, recordEvery, evaluateEvery, about.name, io, (line) => {
      if (json) io.stdout.write(`${line}\n`);
      folder?.appendRecord(line);
    });
    const outcome = await run.untilEnd(() => folder?.flush()).finally(() => trainer.dispose());
    const findings = gradientFindingsOf(specPath, opened.text, outcome.findings, () => []);
    const end = { ...endOf(outcome, layout), ...(folder ? { run: folder.folder } : {}), findings };
    const endedAt = new Date(io.now()).toISOString();
    folder?.end(
      { ...about, endedAt, ...end },
      trainer.parameters().map(({ name, shape, values }) => ({ name, shape, data: values })),
    );
    if (json) io.stdout.write(`${toJson({ event: 'end', ...end })}\n`);
    else io.stdout.write(asText(about.name, outcome, findings, run.history, layout, about.engine, folder?.folder, io));
    if (outcome.status === 'cancelled') return EXIT.interrupted;
    return outcome.status === 'diverged' ? EXIT.found : EXIT.done;
  },
};

interface Outcome {
  readonly status: 'completed' | 'diverged' | 'cancelled';
  /** Of the last step. */
  readonly step: number;
  readonly loss: number;
  readonly metric: number;
  readonly test?: Evaluation;
  readonly stepsPerSecond: number;
  readonly message?: string;
  readonly findings: readonly GradientFinding[];
}

class Run {
  readonly history: History;
  readonly #trainer: Trainer;
  readonly #judge: RunJudge;
  readonly #recordEvery: number;
  readonly #evaluateEvery: number;
  readonly #name: string;
  readonly #io: CliIo;
  readonly #keep: (line: string) => void;
  readonly #record: Float64Array;
  readonly #view: LiveView;
  #test: Evaluation | undefined;
  #stepsASlice = 1;

  constructor(
    trainer: Trainer,
    judge: RunJudge,
    recordEvery: number,
    evaluateEvery: number,
    name: string,
    io: CliIo,
    keep: (line: string) => void,
  ) {
    this.#trainer = trainer;
    this.#judge = judge;
    this.#recordEvery = recordEvery;
    this.#evaluateEvery = evaluateEvery;
    this.#name = name;
    this.#io = io;
    this.#keep = keep;
    this.history = new History(trainer.layout, { limitBytes: HISTORY_BYTES, stride: recordEvery });
    this.#record = new Float64Array(trainer.layout.width);
    this.#view = new LiveView(io.stderr, () => io.now());
  }

  /** @param flush called now and then, so that a run that is killed has kept what it did */
  async untilEnd(flush: () => void): Promise<Outcome> {
    const trainer = this.#trainer;
    let interrupted = false;
    const release = this.#io.onInterrupt(() => {
      interrupted = true;
    });
    const begun = this.#io.now();
    let flushedAt = begun;
    try {
      while (!interrupted && !trainer.diverged && trainer.step < trainer.totalSteps) {
        const before = trainer.step;
        const sliceBegun = this.#io.now();
        this.#slice();
        const elapsed = Math.max(this.#io.now() - sliceBegun, 0.5);
        const ideal = ((trainer.step - before) * SLICE_MS) / elapsed;
        this.#stepsASlice = Math.max(1, Math.min(Math.round(ideal), 2 * this.#stepsASlice));
        if (this.#view.due) this.#view.draw(this.#picture(begun));
        if (this.#io.now() - flushedAt > 1000) {
          flush();
          flushedAt = this.#io.now();
        }
        await this.#io.stdout.drained();
        await this.#io.breathe();
      }
    } finally {
      release();
      this.#view.clear();
    }
    // The last step of a run that was stopped is kept, whatever the rhythm.
    if (trainer.step > (this.history.lastStep ?? 0)) this.#recordStep(trainer.step);
    const seconds = Math.max((this.#io.now() - begun) / 1000, 1e-3);
    return this.#outcome(interrupted, seconds);
  }

  /** Steps up to the next evaluation, and the evaluation. */
  #slice(): void {
    const trainer = this.#trainer;
    const before = trainer.step;
    const done = trainer.run(Math.min(this.#stepsASlice, this.#evaluateEvery - (before % this.#evaluateEvery)));
    const last = before + done;
    const finished = trainer.diverged || last === trainer.totalSteps;
    const evaluated =
      !trainer.diverged && (finished || last % this.#evaluateEvery === 0) ? trainer.evaluate() : undefined;
    for (let step = before + 1; step <= last; step++) {
      if (this.#judge.step(step, trainer)) {
        trainer.readRecord(step, this.#record);
        this.#judge.record(step, this.#record);
      }
      const wanted = step % this.#recordEvery === 0 || step === 1 || (step === last && (finished || evaluated));
      if (!wanted) continue;
      this.#recordStep(step, step === last ? evaluated : undefined);
    }
    if (!evaluated) return;
    this.#test = evaluated;
    this.#judge.evaluation(last, evaluated.loss, evaluated.metric);
  }

  /** @param step of the trainer's last slice */
  #recordStep(step: number, evaluated?: Evaluation): void {
    this.#trainer.readRecord(step, this.#record);
    this.history.append(step, this.#record);
    this.#keep(toJson(stepEvent(this.#record, this.#trainer.layout, evaluated)));
  }

  #outcome(interrupted: boolean, seconds: number): Outcome {
    const trainer = this.#trainer;
    const step = trainer.step;
    const stopped = interrupted && step < trainer.totalSteps;
    const status: Outcome['status'] = trainer.diverged ? 'diverged' : stopped ? 'cancelled' : 'completed';
    const common = {
      status,
      findings: this.#judge.findings(status, trainer.nonFinite),
      step,
      loss: step > 0 ? trainer.lossOf(step) : Number.NaN,
      metric: step > 0 ? trainer.metricOf(step) : Number.NaN,
      stepsPerSecond: step / seconds,
      ...(this.#test ? { test: this.#test } : {}),
    };
    const message = trainer.diverged && trainer.nonFinite && divergedSentence(trainer.nonFinite, step);
    return { ...common, ...(message ? { message } : {}) };
  }

  #picture(begun: number): string[] {
    const trainer = this.#trainer;
    const { columns, rows } = this.#io.stderr;
    const colour = usesColour(this.#io.stderr, this.#io);
    const seconds = Math.max((this.#io.now() - begun) / 1000, 1e-3);
    const { step, totalSteps } = trainer;
    const rate = step / seconds;
    const left = rate > 0 ? `, ${formatDuration((totalSteps - step) / rate)} left` : '';
    const head = `${this.#name}: step ${formatCount(step)} of ${formatCount(totalSteps)}, loss ${formatNumber(trainer.lossOf(step))}, ${formatNumber(rate)} steps/s${left}`;
    const size = { columns: columns - 1, rows: Math.min(rows - 3, TALLEST_PICTURE) };
    const picture = heatmapLines(this.history, trainer.layout, size, colour);
    return [head.slice(0, columns - 1), ...(colour ? picture : picture.map((l) => l.slice(0, columns - 1)))];
  }
}

/** The fields of the `end` event. */
function endOf(outcome: Outcome, layout: RecordLayout): Record<string, unknown> {
  const { status, step, loss, metric, test, stepsPerSecond, message } = outcome;
  return {
    status,
    steps: step,
    loss,
    metric: { [layout.metric]: test && status !== 'diverged' ? test.metric : metric },
    ...(test ? { test: testMeasures(test, layout) } : {}),
    stepsPerSecond,
    ...(message ? { message } : {}),
  };
}

function asText(
  name: string,
  outcome: Outcome,
  findings: readonly Finding[],
  history: History,
  layout: RecordLayout,
  engine: string,
  folder: string | undefined,
  io: CliIo,
): string {
  const colour = usesColour(io.stdout, io);
  const { status, step, loss, metric, test, stepsPerSecond, message } = outcome;
  const words = { completed: 'Completed', diverged: 'Diverged', cancelled: 'Stopped' } as const;
  const shownMetric = (value: number) =>
    layout.metric === 'accuracy' ? `accuracy ${formatShare(value)}` : `mean absolute error ${formatNumber(value)}`;
  const lines = [
    `${styled('bold', name, colour)}: ${words[status]} after ${formatCount(step)} steps, ${formatNumber(stepsPerSecond)} steps/s (${engine})`,
    `Last batch: loss ${formatNumber(loss)}, ${shownMetric(metric)}`,
  ];
  if (test) lines.push(`Test samples: loss ${formatNumber(test.loss)}, ${shownMetric(test.metric)}`);
  if (message) lines.push(styled('red', message, colour));
  const picture = heatmapLines(
    history,
    layout,
    { columns: Math.min(io.stdout.columns, 120), rows: TALLEST_PICTURE },
    colour,
  );
  const rows = layerRows(history, layout);
  const header = ['layer', 'gradient at first', 'at last', 'update ratio', 'output gradient'];
  const parts = [`${lines.join('\n')}\n`];
  if (picture.length > 0) parts.push(`${picture.join('\n')}\n`);
  if (rows.length > 0) parts.push(table(header, rows));
  if (findings.length > 0) parts.push(findingLines(findings, colour));
  parts.push(folder === undefined ? 'Not kept: --out DIR keeps a run.\n' : `Kept in ${folder}\n`);
  return parts.join('\n');
}

function layerRows(history: History, layout: RecordLayout): string[][] {
  const { firstStep, lastStep } = history;
  if (firstStep === undefined || lastStep === undefined) return [];
  const first = history.nearest(firstStep)!;
  const last = history.nearest(lastStep)!;
  const output = layout.measures.outputGradient.indexOf('l2');
  return layout.layers.map((layer) => {
    const l2 = kernelColumn(layout, layer, 'l2');
    const ratio = kernelColumn(layout, layer, 'updateRatio');
    return [
      layer.name,
      formatNumber(l2 === undefined ? undefined : first[l2]),
      formatNumber(l2 === undefined ? undefined : last[l2]),
      formatNumber(ratio === undefined ? undefined : last[ratio]),
      formatNumber(last[layer.outputGradient + output]),
    ];
  });
}
