// Owns this side's copy of contract.ts's numbers, which AssemblyScript cannot import; a unit test holds the two together.
export const RECORD_LENGTH: i32 = 16;
export const PARALLEL: i32 = 256;
export const OPEN: i32 = 512;
export const OWNED: i32 = 1024;
export const SMALL: i32 = 2048;
export const HEAD_LENGTH: i32 = 8;

export namespace Op {
  export const gather: i32 = 0;
  export const gatherLabels: i32 = 1;
  export const gemm: i32 = 2;
  export const biasActivation: i32 = 3;
  export const activationBackward: i32 = 4;
  export const softmax: i32 = 5;
  export const softmaxBackward: i32 = 6;
  export const loss: i32 = 7;
  export const biasGradient: i32 = 8;
  export const axpy: i32 = 9;
  export const axpyGradient: i32 = 10;
  export const copyBlocks: i32 = 11;
  export const dropout: i32 = 12;
  export const update: i32 = 13;
  export const gradientStatistics: i32 = 14;
  export const clip: i32 = 15;
  export const adaptiveClip: i32 = 16;
  export const squaredNorm: i32 = 17;
  export const convolution: i32 = 18;
  export const convolutionInputGradient: i32 = 19;
  export const convolutionKernelGradient: i32 = 20;
  export const pool: i32 = 21;
  export const poolBackward: i32 = 22;
  export const normalize: i32 = 23;
  export const normalizeBackward: i32 = 24;
  export const movingAverage: i32 = 25;
  export const lookup: i32 = 26;
  export const lookupGradient: i32 = 27;
  export const multiply: i32 = 28;
  export const multiplyGradient: i32 = 29;
  export const recurrentCell: i32 = 30;
  export const recurrentCellBackward: i32 = 31;
  export const alignExponents: i32 = 32;
  export const columnProduct: i32 = 33;
}

export namespace SmallRun {
  export const forward: i32 = 0;
  export const backward: i32 = 1;
  export const update: i32 = 2;
  export const biasedUpdate: i32 = 3;
}

export namespace Activation {
  export const linear: i32 = 0;
  export const relu: i32 = 1;
  export const tanh: i32 = 2;
  export const sigmoid: i32 = 3;
  export const leakyRelu: i32 = 4;
  export const elu: i32 = 5;
  export const selu: i32 = 6;
  export const softplus: i32 = 7;
  export const softsign: i32 = 8;
  export const hardSigmoid: i32 = 9;
  export const hardTanh: i32 = 10;
  export const relu6: i32 = 11;
  export const gelu: i32 = 12;
  export const silu: i32 = 13;
  export const mish: i32 = 14;
}
/** φ′ is computed from h for codes up to this one, from z for those above. */
export const LAST_DERIVATIVE_FROM_OUTPUT: i32 = 11;

export namespace RecurrentKind {
  export const simpleRNN: i32 = 0;
  export const lstm: i32 = 1;
  export const gru: i32 = 2;
  export const gruGates: i32 = 3;
  export const gruState: i32 = 4;
}

export namespace Normalization {
  export const batch: i32 = 0;
  export const moving: i32 = 1;
  export const sample: i32 = 2;
  export const rootMeanSquare: i32 = 3;
}

export namespace Loss {
  export const meanSquaredError: i32 = 0;
  export const meanAbsoluteError: i32 = 1;
  export const huber: i32 = 2;
  export const softmaxCrossEntropy: i32 = 3;
  export const binaryCrossEntropy: i32 = 4;
  export const hinge: i32 = 5;
}

export namespace Optimizer {
  export const sgd: i32 = 0;
  export const rmsprop: i32 = 1;
  export const adagrad: i32 = 2;
  export const adadelta: i32 = 3;
  export const adam: i32 = 4;
  export const adamw: i32 = 5;
  export const nadam: i32 = 6;
  export const lion: i32 = 7;
}

export namespace UpdateFlag {
  export const nesterov: i32 = 1;
  export const gradientDone: i32 = 2;
}

export namespace Watch {
  export const split: i32 = 0;
  export const loss: i32 = 1;
  export const layers: i32 = 2;
  export const activations: i32 = 3;
  export const gradients: i32 = 4;
  export const timeCount: i32 = 5;
  export const times: i32 = 6;
  export const parameterCount: i32 = 7;
  export const parameters: i32 = 8;
  export const power: i32 = 9;
}
