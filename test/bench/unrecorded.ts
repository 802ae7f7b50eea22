// Owns the engine without its statistics, for comparison alone: records that measure on the way do it no more, and those
// that only measure are left out. What a gradient needs to stay in range is computed all the same.
import { ACTIVATION_CODE, OP, type Op } from '../../src/engine/kernels/contract';
import { PlanBuilder } from '../../src/engine/planBuilder';

/** By operation, the arguments that say where statistics go, from 0. */
const STATISTICS: Readonly<Partial<Record<Op, readonly number[]>>> = {
  [OP.biasActivation]: [8],
  [OP.activationBackward]: [10],
  [OP.softmax]: [4],
  [OP.softmaxBackward]: [8],
  [OP.update]: [9, 10],
};

/** From here on, plans of this process are compiled without statistics. The loss is the exception: a run ends by it. */
export function recordNothing(): void {
  const emit = PlanBuilder.prototype.emit;
  PlanBuilder.prototype.emit = function (operation, ...args) {
    if (operation === OP.gradientStatistics || operation === OP.squaredNorm || measuresAlone(operation, args)) return;
    const places = STATISTICS[operation];
    emit.call(this, operation, ...args.map((value, i) => (places?.includes(i) ? -1 : value)));
  };
}

function measuresAlone(operation: Op, args: readonly number[]): boolean {
  if (operation !== OP.biasActivation) return false;
  const [, , z, h, bias, activation] = args;
  return z === h && bias === -1 && activation === ACTIVATION_CODE.linear;
}
