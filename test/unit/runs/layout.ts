// A small record layout for tests of the memory of runs.
import {
  ACTIVATION_MEASURES,
  FLOW_MEASURES,
  GRADIENT_MEASURES,
  PARAMETER_MEASURES,
  type RecordLayout,
  STEP_MEASURES,
} from '../../../src/engine/record';

/** Step measures, then free columns up to `width`; one layer without measures of its own. */
export function layoutOf(width: number): RecordLayout {
  return {
    width,
    measures: {
      step: STEP_MEASURES,
      outputGradient: GRADIENT_MEASURES,
      flow: FLOW_MEASURES,
      activation: ACTIVATION_MEASURES,
      parameter: PARAMETER_MEASURES,
    },
    layers: [
      {
        name: 'dense_1',
        type: 'dense',
        inputShape: [2],
        outputShape: [2],
        groups: [],
        outputGradient: 0,
        flow: 0,
        activationStats: 0,
        parameters: [],
      },
    ],
    metric: 'accuracy',
  };
}

/** A record of a step whose column c ≥ 2 is 1000·step + c. */
export function recordOf(step: number, width: number, loss = 1): Float64Array {
  const record = Float64Array.from({ length: width }, (_, c) => 1000 * step + c);
  record[0] = step;
  record[1] = loss;
  return record;
}
