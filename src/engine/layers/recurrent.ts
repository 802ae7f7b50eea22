// Owns the recurrent layers: simpleRNN, lstm and gru as whole sequences. What a time step is, `recurrentStep.ts` says;
// the cells' formulas are the kernels' (RECURRENT_KIND of contract.ts).
//
// Names, layouts and formulas are TensorFlow.js's: kernel [in, gates · units], recurrent kernel [units, gates · units],
// gates i, f, c, o of an LSTM and z, r, h of a GRU, first states of zeros. PyTorch names the gates i, f, g, o and r, z, n;
// its GRU is the one with `resetAfter`, TensorFlow.js has the one without, Keras both. Gates are hardSigmoid as in
// TensorFlow.js unless the spec says `sigmoid`, as Keras 3 and PyTorch have it.
//
// Whatever has a part a time step lies in the order of the input sequence, whichever way that is read: values, gates,
// gradients, and the recorded gradient by the hidden state. With `goBackwards` and `returnSequences` the output alone is
// in the order of reading, the state after the last input first, as in TensorFlow.js.
//
// Back through time a gradient may fade far below float32, or outgrow it: every time step has an exponent of its own. Once
// the chain is through, all are brought to the largest, which the parameters' gradients and that by the input have.
import type { ActivationName } from '../../spec/schema';
import { activationCode, DEFAULT_ALPHA } from '../activations';
import { OP, RECURRENT_KIND, TIME_RAW } from '../kernels/contract';
import { type CompiledLayer, featureCount, type GradientView, type LayerContext } from './layer';
import { mayOverwrite } from './nonlinearity';
import { type Carried, emitStep, emitStepBack, type Recurrence, type RecurrentSpec } from './recurrentStep';
import { measureGradient } from './statistics';

export function compileRecurrent(c: LayerContext): CompiledLayer {
  const { spec } = c.layer;
  if (spec.type !== 'simpleRNN' && spec.type !== 'lstm' && spec.type !== 'gru') {
    throw new Error(`compileRecurrent got a ${spec.type}`);
  }
  const n = recurrence(c, spec);
  const { times, plane } = n;
  emitInputProjection(n);
  const measured = spec.returnSequences
    ? { positions: times.length, at: n.h }
    : { positions: 1, at: n.h + times[times.length - 1]! * plane };
  for (const [k, t] of times.entries()) {
    const isLast = k === times.length - 1;
    emitStep(n, t, times[k - 1], isLast ? measured : { positions: 0, at: n.h });
  }
  return {
    output: emitOutput(n, spec, measured.at),
    backward(gradient) {
      const d = emitBackThroughTime(n, spec, measureGradient(c, gradient));
      return {
        inputs: [c.wantsInputGradient(0) ? emitInputGradient(n, d) : undefined],
        inputNorm: { kind: 'measured' },
        parameterGradients: { exponent: d.exponent, emit: () => emitParameterGradients(n) },
      };
    },
  };
}

function recurrence(c: LayerContext, spec: RecurrentSpec): Recurrence {
  const { units } = spec;
  const steps = c.layer.inputShapes[0]![0]!;
  const plane = units * c.ld;
  const forward = Array.from({ length: steps }, (_, t) => t);
  const bias = spec.useBias ? c.parameter('bias').weights : -1;
  const resetAfter = spec.type === 'gru' && spec.resetAfter;
  const kind = resetAfter ? RECURRENT_KIND.gru : RECURRENT_KIND[spec.type === 'gru' ? 'gruState' : spec.type];
  const gates = { simpleRNN: 1, lstm: 4, gru: 3 }[spec.type];
  const zeros = c.rows('zeros', units);
  const h = c.rows('h', steps * units);
  const plain = spec.type === 'simpleRNN';
  const x = plain && mayOverwrite(spec.activation) ? h : c.rows('gates', steps * gates * units);
  const yPlanes = plain ? 0 : resetAfter ? 3 : 1;
  return {
    ...{ c, kind, units, gates, plane, bias, zeros, x, h, yPlanes },
    times: spec.goBackwards ? forward.reverse() : forward,
    recurrent: c.parameter('recurrentKernel'),
    cell: c.integers([
      ...functionOf(c, spec.activation),
      ...functionOf(c, plain ? 'linear' : spec.recurrentActivation),
      // As RECURRENT_CELL.workspace wants it.
      c.rows('workspace', Math.ceil((4 * units * Math.ceil(c.ld / 512)) / c.ld)),
      zeros,
    ]),
    y: plain ? h : c.rows('y', steps * yPlanes * units),
    d: plain ? c.rows('dz', steps * units) : x,
  };
}

function functionOf(c: LayerContext, name: ActivationName): [code: number, alpha: number] {
  const code = activationCode(name);
  if (code === undefined) throw new Error(`${name} cannot be the activation of a cell`);
  return [code, c.constant(DEFAULT_ALPHA[name] ?? 0)];
}

/** Places of the input and its kernel. */
function inputOf({ c }: Recurrence) {
  const shape = c.layer.inputShapes[0]!;
  return { x: c.inputs[0]!, width: shape[1]!, features: featureCount(shape), kernel: c.parameter('kernel') };
}

/** X (gates · units, B) = W (gates · units, I) · x (I, B) of every time step. */
function emitInputProjection(n: Recurrence): void {
  const { c, gates, units, plane, times } = n;
  const { x, width, kernel } = inputOf(n);
  const steps = c.integers([0, width * c.ld, gates * plane]);
  c.emit(
    OP.gemm,
    ...[gates * units, c.ld, width, kernel.weights, width, 1, x, c.ld, 1, n.x, c.ld, 0, times.length, steps],
  );
}

function emitOutput(n: Recurrence, spec: RecurrentSpec, states: number): number {
  const { c, units, plane, times } = n;
  if (!spec.returnSequences || !spec.goBackwards) return states;
  const output = c.rows('output', times.length * units);
  const last = output + (times.length - 1) * plane;
  c.emit(OP.copyBlocks, times.length, plane, n.h, plane, last, -plane);
  return output;
}

/** The gradients by the gates' z of all time steps, in D, at one exponent. */
function emitBackThroughTime(n: Recurrence, spec: RecurrentSpec, gradient: GradientView): GradientView {
  const { c, times, plane } = n;
  const exponents = times.map((_, t) => c.exponent(`dz/${t}`));
  let carried: Carried | undefined;
  for (let k = times.length - 1; k >= 0; k--) {
    const t = times[k]!;
    const outer = { at: gradient.at + (spec.returnSequences ? k * plane : 0), exponent: gradient.exponent };
    const statistics = c.timeStatistics < 0 ? -1 : c.timeStatistics + t * TIME_RAW.length;
    const hasOuter = spec.returnSequences || k === times.length - 1;
    carried = emitStepBack(n, t, times[k - 1], hasOuter ? outer : undefined, carried, k % 2, exponents[t]!, statistics);
  }
  const exponent = c.exponent('dz');
  const recurrentSide = n.kind === RECURRENT_KIND.gru ? n.y : -1;
  c.emit(OP.alignExponents, ...[times.length, n.gates * plane, n.d, recurrentSide, c.integers(exponents), exponent]);
  return { at: n.d, exponent };
}

/** dx (I, B) = Wᵀ (I, gates · units) · D of every time step; the product keeps D's exponent. */
function emitInputGradient(n: Recurrence, d: GradientView): GradientView {
  const { c, gates, units, plane, times } = n;
  const { width, features, kernel } = inputOf(n);
  const dx = { at: c.rows('dx', features), exponent: d.exponent };
  const steps = c.integers([0, gates * plane, width * c.ld]);
  c.emit(
    OP.gemm,
    ...[width, c.ld, gates * units, kernel.weights, 1, width, d.at, c.ld, 1, dx.at, c.ld, 0, times.length, steps],
  );
  return dx;
}

/** dW = Σ D · xᵀ, dR = Σ (D, or a GRU's recurrent side) · h′ᵀ, db = Σ of these, over time steps. */
function emitParameterGradients(n: Recurrence): void {
  const { c, gates, units, plane, times } = n;
  const { x, width, kernel } = inputOf(n);
  const inputSteps = c.integers([gates * plane, width * c.ld, 0]);
  c.emit(
    OP.gemm,
    ...[gates * units, width, c.ld, n.d, c.ld, 1, x, 1, c.ld, kernel.gradient, width, 2, times.length, inputSteps],
  );
  // Of the first time step, whose state before is zeros, nothing comes.
  if (times.length > 1) {
    // In the order of the input: from the earliest pair of a time step and the one read before it.
    const [t, previous] = times[0] === 0 ? [1, 0] : [0, 1];
    const states = n.h + previous * plane;
    if (n.kind === RECURRENT_KIND.gruState) {
      emitRecurrentGradient(n, 0, 2 * units, n.d + t * gates * plane, states);
      emitRecurrentGradient(n, 2 * units, units, n.d + (t * gates + 2) * plane, n.y + t * plane);
    } else {
      const side = n.kind === RECURRENT_KIND.gru ? n.y : n.d;
      emitRecurrentGradient(n, 0, gates * units, side + t * gates * plane, states);
    }
  }
  if (n.bias < 0) return;
  const { gradient } = c.parameter('bias');
  c.emit(OP.biasGradient, gates * units, times.length, n.d, c.ld, gradient);
  if (n.kind === RECURRENT_KIND.gru) {
    c.emit(OP.biasGradient, gates * units, times.length, n.y, c.ld, gradient + gates * units);
  }
}

/** `rows` rows of the recurrent kernel's gradient from `first` on, over all time steps but the first. */
function emitRecurrentGradient(n: Recurrence, first: number, rows: number, from: number, states: number): void {
  const { c, gates, units, plane, times, recurrent } = n;
  const to = recurrent.gradient + first * units;
  const steps = c.integers([gates * plane, plane, 0]);
  c.emit(OP.gemm, rows, units, c.ld, from, c.ld, 1, states, 1, c.ld, to, units, 2, times.length - 1, steps);
}
