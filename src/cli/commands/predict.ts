// Owns `gradoscope predict`: how large the gradient of every layer will be, before any training. The numbers are the analysis
// room's.
import type { LayerPrediction, PredictedSignal, Prediction } from '../../analysis/prediction';
import { probe } from '../../analysis/probe';
import { predict as predicted } from '../../analysis/propagation';
import { TextOpener } from '../../data/openText';
import { type Command, onlyOperand } from '../commandLine';
import { findingLines, findingsOf } from '../findings';
import { usesColour } from '../format';
import { EXIT, toJson } from '../io';
import {
  ALLOW_OPTION,
  dataContext,
  dataFinding,
  MEMORY_OPTION,
  memoryLimit,
  readSpecText,
  SpecError,
} from '../openSpec';
import { predictionText } from '../predictionText';

const ASSUMED = 'The prediction is for inputs of mean 0 and spread 1 instead.';

export const predict: Command = {
  name: 'predict',
  operands: 'SPEC',
  summary: 'predicts the gradient of every layer, without training',
  details: `
Signal and gradient are carried through the network as mean-field theory has it, from the moments of the data. Layers on
which theory has no honest answer are measured at initialization, and say so (\`probe\`). A factor is what passing back
through the layer multiplies the gradient's norm by; the terms multiply to it.`,
  options: {
    'no-probe': { type: 'boolean', doc: 'theory alone: nothing is measured, and what it cannot say is left out' },
    json: { type: 'boolean', doc: 'writes one JSON object' },
    allow: ALLOW_OPTION,
    'memory-limit': MEMORY_OPTION,
  },
  async run(args, io) {
    const specPath = onlyOperand(predict, args);
    const source = readSpecText(specPath, io);
    const opening = { context: dataContext(source, args, io), memoryLimitBytes: memoryLimit(args) };
    const { analysis, dataset, fault } = new TextOpener().open(source.text, opening);
    const problems = findingsOf(specPath, source.text, analysis.problems);
    const { graph, spec } = analysis;
    if (!graph || !spec || problems.some((p) => p.severity === 'error'))
      throw new SpecError(fault ? [...problems, dataFinding(fault, source, analysis)] : problems);
    const measured = args.has('no-probe') || !dataset ? undefined : probe({ graph, spec, dataset });
    const prediction = predicted({ graph, spec, dataset, probe: measured });
    // What theory says needs no data: it is told what was assumed in their place.
    const assumed = fault && { ...dataFinding(fault, source, analysis), severity: 'warning' as const, hint: ASSUMED };
    io.stderr.write(findingLines(assumed ? [...problems, assumed] : problems, usesColour(io.stderr, io)));
    if (args.has('json')) io.stdout.write(`${toJson(asJson(specPath, prediction), 2)}\n`);
    else io.stdout.write(predictionText(prediction, specPath, io.stdout.columns, usesColour(io.stdout, io)));
    return EXIT.done;
  },
};

function asJson(spec: string, { layers, firstToLast, firstToLastBand, factorPerLayer }: Prediction): object {
  return {
    format: 'gradoscope.prediction/1',
    spec,
    layers: layers.map(layerJson),
    firstToLast: known(firstToLast),
    firstToLastBand: knownBand(firstToLastBand),
    factorPerLayer: known(factorPerLayer),
  };
}

function layerJson(layer: LayerPrediction): object {
  const { name, type, backwardFactor, activationFactor, weightFactor, cumulative, band, basis, terms } = layer;
  return {
    name,
    type,
    backwardFactor: known(backwardFactor),
    activationFactor: known(activationFactor),
    weightFactor: known(weightFactor),
    cumulative: known(cumulative),
    band: knownBand(band),
    basis,
    terms: terms.map(({ term, kind, factor, property }) => ({ term, factor: known(factor), kind, property })),
    signal: layer.signal && signalJson(layer.signal),
    timeProfile: layer.timeProfile?.some(Number.isNaN) ? undefined : layer.timeProfile,
  };
}

function signalJson({ preActivationMeanSquare = Number.NaN, meanSquare, mean }: PredictedSignal): object | undefined {
  if (Number.isNaN(meanSquare)) return undefined;
  return { preActivationMeanSquare: known(preActivationMeanSquare), meanSquare, mean: known(mean) };
}

/** What cannot be said is left out. */
function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function knownBand(band: readonly [number, number]): readonly [number, number] | undefined {
  return band.some(Number.isNaN) ? undefined : band;
}
