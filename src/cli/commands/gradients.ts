// Owns `gradoscope gradients`: one forward and backward pass on one batch, its report, its files, its check.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../base/errors';
import { checkGradients, type ParameterCheck } from '../../engine/gradientCheck';
import { type GradientReport, gradientReport } from '../../engine/gradientReport';
import { Trainer } from '../../engine/trainer';
import { readSafetensors, type Tensor, type TensorData, writeSafetensors } from '../../runs/formats/safetensors';
import { shapeText } from '../../spec/format';
import { type Command, choiceOption, integerOption, onlyOperand } from '../commandLine';
import { findingLines } from '../findings';
import { formatNumber, formatShare, styled, table, usesColour } from '../format';
import { type CliIo, EXIT, toJson, UsageError } from '../io';
import { ALLOW_OPTION, MEMORY_OPTION, openSpec } from '../openSpec';

/**
 * A relative error from here on is a wrong gradient: five-point differences at float64 agree to 1e-7 and better where
 * they are not lost in rounding (CS231n calls 1e-7 good and 1e-2 wrong).
 */
const WRONG_FROM = 1e-6;
const MOST_WEIGHTS_BYTES = 2 ** 31 - 1;

export const gradients: Command = {
  name: 'gradients',
  operands: 'SPEC',
  summary: 'measures the gradients of one batch, without training',
  details: `
One forward and backward pass at the initial weights, or at those of --load-weights. Files are safetensors, tensors named
<layer>/<parameter> and laid out as TensorFlow.js has them; a saved batch has \`inputs\` and \`targets\`. Gradients are
saved as F32, or as F64 where a tensor holds values below float32's range.`,
  options: {
    batch: { type: 'string', value: 'K', doc: 'which batch of the first epoch, from 0 (default: 0)' },
    precision: { type: 'string', value: 'float32|float64', doc: "instead of the spec's" },
    seed: { type: 'string', value: 'S', doc: "instead of the spec's" },
    'load-weights': { type: 'string', value: 'FILE', doc: 'takes all parameters from the file' },
    'save-weights': { type: 'string', value: 'FILE', doc: 'writes all parameters' },
    'save-gradients': { type: 'string', value: 'FILE', doc: 'writes the gradient of each parameter' },
    'save-batch': { type: 'string', value: 'FILE', doc: 'writes the inputs and targets of the batch' },
    check: {
      type: 'boolean',
      doc: 'compares gradients with central differences at float64; exit status 1 where one is wrong',
    },
    json: { type: 'boolean', doc: 'writes one JSON object' },
    allow: ALLOW_OPTION,
    'memory-limit': MEMORY_OPTION,
  },
  async run(args, io) {
    const specPath = onlyOperand(gradients, args);
    const batch = integerOption(args, 'batch', 0) ?? 0;
    const seed = integerOption(args, 'seed');
    const precision =
      args.text('precision') === undefined ? undefined : choiceOption(args, 'precision', ['float32', 'float64']);
    const opened = openSpec(specPath, { seed, precision }, args, io);
    const { graph, spec, dataset } = opened;
    const trainer = Trainer.create({ graph, spec, dataset, mode: 'gradients' });
    if (batch >= trainer.stepsPerEpoch) {
      throw new UsageError(
        `There is no batch ${batch}: an epoch has ${trainer.stepsPerEpoch}.`,
        `Give --batch 0 to ${trainer.stepsPerEpoch - 1}.`,
      );
    }
    const weightsFile = args.text('load-weights');
    const loaded = weightsFile === undefined ? undefined : loadWeights(trainer, weightsFile, io);
    const record = trainer.gradients(batch);
    const samples = trainer.batch(batch);
    const report = gradientReport(record, trainer.layout, samples.inputShape[0]!);

    const save = (option: string, tensors: () => Tensor[]): void => {
      const file = args.text(option);
      if (file !== undefined) saveTensors(file, tensors(), io);
    };
    save('save-weights', () => trainer.parameters().map(tensorOf));
    save('save-gradients', () => trainer.parameterGradients().map(gradientTensor));
    save('save-batch', () => [
      { name: 'inputs', shape: samples.inputShape, data: samples.inputs },
      { name: 'targets', shape: samples.targetShape, data: samples.targets },
    ]);
    const checked = args.has('check')
      ? checkGradients({ graph, spec, dataset, batch, ...(loaded ? { parameters: loaded } : {}) })
      : undefined;
    const colour = usesColour(io.stdout, io);
    io.stderr.write(findingLines(opened.warnings, usesColour(io.stderr, io)));
    if (args.has('json')) {
      const head = { format: 'gradoscope.gradients/1', spec: specPath, precision: spec.training.precision };
      const metric = { [trainer.layout.metric]: report.metric };
      const about = { seed: spec.seed, batch, engine: `embedded, ${trainer.kernelName}` };
      io.stdout.write(
        `${toJson({ ...head, ...about, ...report, metric, ...(checked ? { check: summary(checked) } : {}) }, 2)}\n`,
      );
    } else {
      io.stdout.write(asText(report, specPath, batch, spec.training.precision, colour));
      if (checked) io.stdout.write(checkText(checked, colour));
    }
    return checked && summary(checked).wrong.length > 0 ? EXIT.found : EXIT.done;
  },
};

function loadWeights(trainer: Trainer, file: string, io: CliIo): { name: string; values: TensorData }[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path.resolve(io.cwd, file));
  } catch (error) {
    throw new UserError(`“${file}” cannot be read: ${messageOf(error)}.`, 'Check the path of --load-weights.');
  }
  if (bytes.length > MOST_WEIGHTS_BYTES) throw new UserError(`“${file}” is too large.`, 'Save the weights again.');
  const tensors = new Map(readSafetensors(bytes, `“${file}”`).map((t) => [t.name, t]));
  const fail = (why: string): never => {
    throw new UserError(
      `The weights of “${file}” do not fit the network: ${why}.`,
      'Save the weights of the same spec.',
    );
  };
  const parameters = trainer.parameters();
  for (const { name, shape } of parameters) {
    const tensor = tensors.get(name);
    if (!tensor) return fail(`${name} is missing`);
    if (tensor.shape.join() !== shape.join()) {
      return fail(`${name} has shape ${shapeText(tensor.shape)}, and the network's is ${shapeText(shape)}`);
    }
  }
  const known = new Set(parameters.map((p) => p.name));
  for (const name of tensors.keys()) if (!known.has(name)) return fail(`the network has no ${name}`);
  const loaded = parameters.map(({ name }) => ({ name, values: tensors.get(name)!.data }));
  for (const { name, values } of loaded) trainer.setParameter(name, values);
  return loaded;
}

function tensorOf({ name, shape, values }: ReturnType<Trainer['parameters']>[number]): Tensor {
  return { name, shape, data: values };
}

/** Gradients are true far below float32; what fits there is saved there. */
function gradientTensor({ name, shape, values }: ReturnType<Trainer['parameterGradients']>[number]): Tensor {
  const single = Float32Array.from(values);
  const fits = values.every((v, i) => v === 0 || Math.abs(single[i]!) >= 2 ** -126);
  return { name, shape, data: fits ? single : values };
}

function saveTensors(file: string, tensors: readonly Tensor[], io: CliIo): void {
  try {
    writeFileSync(path.resolve(io.cwd, file), writeSafetensors(tensors));
  } catch (error) {
    throw new UserError(`“${file}” cannot be written: ${messageOf(error)}.`, 'Check the folder and its free space.');
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface CheckSummary {
  readonly maxRelativeError: number;
  /** Names of the parameters whose gradient is wrong. */
  readonly wrong: readonly string[];
  readonly parameters: Readonly<Record<string, Omit<ParameterCheck, 'name'>>>;
}

function summary(checks: readonly ParameterCheck[]): CheckSummary {
  return {
    maxRelativeError: Math.max(0, ...checks.map((c) => c.maxRelativeError)),
    wrong: checks.filter((c) => !(c.maxRelativeError < WRONG_FROM)).map((c) => c.name),
    parameters: Object.fromEntries(checks.map(({ name, ...rest }) => [name, rest])),
  };
}

function asText(report: GradientReport, spec: string, batch: number, precision: string, colour: boolean): string {
  const header = ['layer', 'output', 'δ l2', 'factor', 'left', 'kernel l2', 'zeros', 'saturated', 'dead'];
  const rows = report.layers.map((layer) => {
    const kernel = Object.values(layer.parameters)[0];
    return [
      layer.name,
      shapeText(layer.outputShape),
      formatNumber(layer.outputGradient.l2),
      formatNumber(layer.backwardFactor),
      formatNumber(layer.cumulative),
      formatNumber(kernel?.l2),
      formatShare(kernel?.zeroFraction),
      formatShare(layer.activation.saturatedFraction),
      formatShare(layer.activation.deadFraction),
    ];
  });
  return `${styled('bold', spec, colour)}: batch ${batch}, ${report.batchSize} samples, ${precision}, loss ${formatNumber(report.loss)}

${table(header, rows)}
δ: gradient by the pre-activation · factor: what passing back through the layer multiplies the gradient by ·
left: δ relative to the last layer's with parameters · kernel: gradient of the first parameter
`;
}

function checkText(checks: readonly ParameterCheck[], colour: boolean): string {
  const { wrong, maxRelativeError } = summary(checks);
  const rows = checks.map((c) => [
    c.name,
    c.compared > 0 ? c.maxRelativeError.toExponential(1) : '–',
    String(c.compared),
    String(c.unresolved),
    String(c.kinks),
  ]);
  const verdict =
    wrong.length > 0 ? styled('red', `Wrong: ${wrong.join(', ')}.`, colour) : agreement(checks, maxRelativeError);
  return `
${table(['against central differences', 'error', 'compared', 'below rounding', 'at a kink'], rows)}
${verdict}
`;
}

function agreement(checks: readonly ParameterCheck[], error: number): string {
  const compared = checks.reduce((n, c) => n + c.compared, 0);
  const unresolved = checks.reduce((n, c) => n + c.unresolved, 0);
  const kinks = checks.reduce((n, c) => n + c.kinks, 0);
  const tooSmall = unresolved > 0 ? ` ${unresolved} are too small for a difference of losses to tell.` : '';
  const lost = `${tooSmall}${kinks > 0 ? ` ${kinks} are at a kink, where the loss has no derivative.` : ''}`;
  if (compared === 0) return `No entry could be compared.${lost}`;
  return `All ${compared} entries compared agree; the largest relative error is ${error.toExponential(1)}.${lost}`;
}
