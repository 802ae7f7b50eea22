// Owns which records a time step of each recurrent layer is, forward and backward: its products with the recurrent kernel
// and its cell. Everything that is done once for the whole sequence is `recurrent.ts`'s.
import type { PlainLayerSpec } from '../../spec/schema';
import { OP, RECURRENT_KIND } from '../kernels/contract';
import type { GradientView, LayerContext, ParameterPlace } from './layer';

export type RecurrentSpec = Extract<PlainLayerSpec, { type: 'simpleRNN' | 'lstm' | 'gru' }>;

/** Where everything of a recurrent layer lies. "Planes" are `units` rows; what has a plane a time step is in their order. */
export interface Recurrence {
  readonly c: LayerContext;
  readonly kind: (typeof RECURRENT_KIND)['simpleRNN' | 'lstm' | 'gru' | 'gruState'];
  readonly units: number;
  /** Gates: planes of X, and of D, a time step. */
  readonly gates: number;
  /** Floats of a plane. */
  readonly plane: number;
  /** Time steps in the order in which they are read. */
  readonly times: readonly number[];
  readonly recurrent: ParameterPlace;
  readonly bias: number;
  /** `cell` of the contract. */
  readonly cell: number;
  readonly zeros: number;
  /** X, Y and H of the contract, of all time steps; Y has `yPlanes` a time step. */
  readonly x: number;
  readonly y: number;
  readonly yPlanes: number;
  readonly h: number;
  /** Gradients by the gates' z: x again, but for a simpleRNN, whose x may be its h. */
  readonly d: number;
}

/** A record's argument in a plane's place where there is none. */
const NONE = -1;

/** C (rows, B) (+)= rows of the recurrent kernel · B (units, B). */
function emitProduct(n: Recurrence, first: number, rows: number, from: number, to: number, accumulate: 0 | 1): void {
  const { c, units, recurrent } = n;
  const kernel = recurrent.weights + first * units;
  c.emit(OP.gemm, rows, c.ld, units, kernel, units, 1, from, c.ld, 1, to, c.ld, accumulate, 1, c.integers([0, 0, 0]));
}
/** The same, the kernel transposed: what comes back through it. */
function emitProductBack(
  n: Recurrence,
  first: number,
  rows: number,
  from: number,
  to: number,
  accumulate: 0 | 1,
): void {
  const { c, units, recurrent } = n;
  const kernel = recurrent.weights + first * units;
  c.emit(OP.gemm, units, c.ld, rows, kernel, 1, units, from, c.ld, 1, to, c.ld, accumulate, 1, c.integers([0, 0, 0]));
}

/**
 * Emits time step t: X has the input's side of its gates, without bias.
 * @param measured rows whose statistics are taken at the end; `positions` of 0: none
 */
export function emitStep(n: Recurrence, t: number, previous: number | undefined, measured: Measured): void {
  const { c, kind, units, plane } = n;
  const x = n.x + t * n.gates * plane;
  const y = n.y + t * n.yPlanes * plane;
  const hBefore = previous === undefined ? n.zeros : n.h + previous * plane;
  const emitCell = (kind: number, state: number, last: boolean) => {
    const statistics = last && measured.positions > 0 ? c.activationStatistics : NONE;
    const places = [n.cell, x, y, n.h + t * plane, state, n.bias];
    c.emit(OP.recurrentCell, kind, units, c.ld, ...places, measured.positions, measured.at, statistics);
  };
  switch (kind) {
    case RECURRENT_KIND.simpleRNN:
    case RECURRENT_KIND.lstm: {
      // The first state is zeros.
      if (previous !== undefined) emitProduct(n, 0, n.gates * units, hBefore, x, 1);
      emitCell(kind, kind === RECURRENT_KIND.lstm && previous !== undefined ? n.y + previous * plane : n.zeros, true);
      break;
    }
    case RECURRENT_KIND.gru:
      emitProduct(n, 0, 3 * units, hBefore, y, 0);
      emitCell(kind, hBefore, true);
      break;
    case RECURRENT_KIND.gruState:
      if (previous !== undefined) emitProduct(n, 0, 2 * units, hBefore, x, 1);
      emitCell(RECURRENT_KIND.gruGates, hBefore, false);
      if (previous !== undefined) emitProduct(n, 2 * units, units, y, x + 2 * plane, 1);
      emitCell(kind, hBefore, true);
      break;
  }
}
export interface Measured {
  readonly positions: number;
  readonly at: number;
}

/** What goes from one time step to the one read before it: gradients by its state, at one exponent. */
export interface Carried extends GradientView {
  /** ∂L/∂c of an LSTM, NONE elsewhere. */
  readonly cell: number;
}

/**
 * Emits the way back through time step t: D gets its gradients.
 * @param outer ∂L/∂h from the layers above, if there is any
 * @param turn 0 and 1 in turns: what is carried on must not lie where what was carried here does
 * @param exponent slot that the gradients' exponent goes into
 * @param statistics offset of TIME_RAW
 */
export function emitStepBack(
  n: Recurrence,
  t: number,
  previous: number | undefined,
  outer: GradientView | undefined,
  carried: Carried | undefined,
  turn: number,
  exponent: number,
  statistics: number,
): Carried {
  const { c, kind, units, plane } = n;
  const x = n.x + t * n.gates * plane;
  const y = n.y + t * n.yPlanes * plane;
  const d = n.d + t * n.gates * plane;
  const hBefore = previous === undefined ? n.zeros : n.h + previous * plane;
  const next = () => c.rows(`carried${turn}`, units);
  const emitCell = (X: number, Y: number, state: number, out: number) =>
    c.emit(
      OP.recurrentCellBackward,
      ...[kind, units, c.ld, n.cell, X, Y, state],
      ...[outer?.at ?? NONE, outer?.exponent ?? exponent, carried?.at ?? NONE, carried?.exponent ?? exponent],
      ...[carried?.cell ?? NONE, out, exponent, statistics],
    );
  switch (kind) {
    case RECURRENT_KIND.simpleRNN: {
      const dh = c.rows('carried', units);
      // φ′ is computed from h, or from the z in X.
      emitCell(d, x, n.zeros, NONE);
      if (previous !== undefined) emitProductBack(n, 0, units, d, dh, 0);
      return { at: dh, exponent, cell: NONE };
    }
    case RECURRENT_KIND.lstm: {
      const dh = c.rows('carried', units);
      const cell = c.rows(`carriedCell${turn}`, units);
      emitCell(d, y, previous === undefined ? n.zeros : n.y + previous * plane, cell);
      if (previous !== undefined) emitProductBack(n, 0, 4 * units, d, dh, 0);
      return { at: dh, exponent, cell };
    }
    case RECURRENT_KIND.gru: {
      const dh = next();
      emitCell(d, y, hBefore, dh);
      if (previous !== undefined) emitProductBack(n, 0, 3 * units, y, dh, 1);
      return { at: dh, exponent, cell: NONE };
    }
    case RECURRENT_KIND.gruState: {
      const dh = next();
      const dReset = c.rows('dReset', units);
      emitCell(d, y, hBefore, dh);
      emitProductBack(n, 2 * units, units, d + 2 * plane, dReset, 0);
      c.emit(
        OP.recurrentCellBackward,
        ...[RECURRENT_KIND.gruGates, units, c.ld, n.cell, d, y, hBefore],
        ...[NONE, exponent, dReset, exponent, NONE, dh, exponent, NONE],
      );
      if (previous !== undefined) emitProductBack(n, 0, 2 * units, d, dh, 1);
      return { at: dh, exponent, cell: NONE };
    }
  }
}
