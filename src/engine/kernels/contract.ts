// Owns what every kernel implementation promises: the memory, the plan's records, and the meaning of each operation.
// Two implementations read the same plan from the same memory: `reference.ts` (plain TypeScript, float32 or float64:
// the oracle and the fallback) and `wasm.ts` (WebAssembly SIMD, float32). This file is not an implementation.
//
// Layout. A value of a layer (its output, its pre-activation, a gradient by either) is feature-major: one row a
// feature, one column a sample; `ld` columns a row, the batch size rounded up to a multiple of 8. Columns from the
// batch's true size on are padding: GATHER fills them with zeros, LOSS gives them zero gradient, statistics leave
// them out. A value with several positions, such as a sequence, has its features row-major, the last axis fastest: row
// `p * units + u`. Kernels are [out][in], the transpose of TensorFlow.js's: a row is a unit.
//
// Truth below float32. Every gradient buffer g has a power-of-two exponent, an int slot e: the true gradient is
// g · 2^e. ACT_BACK brings a vanishing or exploding gradient back to magnitude 1 and moves the difference into the
// exponent, which is exact; so neither underflow, nor overflow, nor denormals occur in the backward chain, and as
// long as plain float32 would not have underflowed either, all results are bit for bit those of plain float32.
//
// Statistics are raw sums, not yet norms (`../probes.ts` derives those when somebody reads them): in the fast pass in
// the arena's own precision by row, rows summed in float64; where the largest magnitude says that squares would leave
// float32's range, or where the variance would be lost to cancellation, the tensor is summed again in float64.

/** The three views that plan and kernels share. Under WASM they are views of one memory; under the reference, arrays. */
export interface EngineMemory {
  readonly floats: Float32Array | Float64Array;
  readonly ints: Int32Array;
  /** Raw statistics: a ring of records, `recordLength` numbers each. */
  readonly stats: Float64Array;
}

export interface Arena extends EngineMemory {
  /** Each answers the index of the first of `count` zeroed elements in its view, 64-byte aligned. */
  allocateFloats(count: number): number;
  allocateInts(count: number): number;
  allocateStats(count: number): number;
  /** Bytes given out so far. */
  readonly usedBytes: number;
}

/**
 * Head of both views, set before each step from the step table. Indexes into `ints` and `floats`.
 * The heads lie at index 0 of the first allocation of each view, which the kernels' constructor makes.
 */
export const INT_HEAD = {
  /** True batch size of this step, at most the plan's. */
  batch: 0,
  /** Index into `ints` of this step's sample numbers, `batch` of them. */
  samples: 1,
  /** Key of this step's dropout masks. */
  dropoutKey: 2,
} as const;
export const FLOAT_HEAD = {
  learningRate: 0,
  /** 1 ÷ batch. */
  inverseBatch: 1,
  /** 1 − β1^t and 1 − β2^t, t counted from 1. */
  biasCorrection1: 2,
  biasCorrection2: 3,
  /** NAdam: μ_t, μ_{t+1}, and the running product of μ up to t. */
  mu: 4,
  muNext: 5,
  muProduct: 6,
  /** What clipping by global norm multiplies gradients by in this step; written by CLIP, 1 elsewhere. */
  clipScale: 7,
} as const;
export const HEAD_LENGTH = 8;

/** A record is 16 int32: the operation, then its arguments. Unused arguments are 0; "none" is −1 where allowed. */
export const RECORD_LENGTH = 16;
/** Added to the operation of a record that is worth sharing among threads (`../parallel.ts`). */
export const PARALLEL = 256;
/**
 * Added to a shared record behind which no thread has to wait for the others. A gemm is then shared by rows, in the same
 * runs of them as the activation behind it, which works on C; of the others, only part 0 has anything left to write.
 */
export const OPEN = 512;
/**
 * Added to a record that one thread does as a whole while others do other such records: the next in turn, by the number in
 * the upper half of the word. Such records need nothing of each other unless that number is the same.
 */
export const OWNED = 1024;
/**
 * Added to the first of a run of small records, which one thread may do in one go: the upper half of the word is the
 * SMALL_RUN. All records stand as ever, and done one by one they compute the same, bit for bit.
 */
export const SMALL = 2048;
/** The records of a run (`../smallRuns.ts`): each works on what the one before has written. */
export const SMALL_RUN = {
  /** gemm, biasActivation */
  forward: 0,
  /** gemm, activationBackward */
  backward: 1,
  /** gemm, update */
  update: 2,
  /** gemm, biasGradient, update of the kernel, update of the bias: by the same rule */
  biasedUpdate: 3,
} as const;

/**
 * The operations. In the argument lists: `x:f` an index into floats, `x:i` an index into ints, `s` an offset into the
 * step's record of statistics or −1, other words plain integers. "rows" without more are rows of `ld` floats.
 */
export const OP = {
  /** dst:f features src:f ld — dst[f][j] = src[sample_j · features + f], 0 in the padding. */
  gather: 0,
  /** dst:i count src:i ld — labels: dst[c · ld + j] = src[sample_j · count + c], 0 in the padding. */
  gatherLabels: 1,
  /**
   * M N K A:f rsa csa B:f rsb csb C:f ldc accumulate repeat strides:i — C[i][j] (+)= Σ_k A[i·rsa + k·csa] · B[k·rsb + j·csb],
   * strides in elements; done `repeat` times, A, B, C moving on by ints[strides], [strides+1], [strides+2].
   * accumulate: 0 overwrites C, 1 adds to it. 2: C stays in its place and becomes the sum over all repeats; 3: adds that sum.
   */
  gemm: 2,
  /**
   * units positions Z:f H:f bias:f|−1 activation alpha:f ld s — per row r = p·units + u: z = Z[r] + bias[u]; H[r] = φ(z);
   * Z[r] = z where Z ≠ H. `alpha` is the index of the activation's parameter (leakyRelu, elu), 0 elsewhere.
   * Statistics (if s ≥ 0) at s: ACTIVATION_RAW. Dead units are counted over all positions of a unit.
   */
  biasActivation: 3,
  /**
   * units positions dH:f dZ:f Y:f activation alpha:f ld eIn:i eOut:i s normalize — dZ = dH ⊙ φ′, by Y = h for the
   * activations of DERIVATIVE_FROM_OUTPUT and Y = z for the others. dZ may be dH. Statistics at s: GRADIENT_RAW of dZ.
   * Then, with `normalize` ≠ 0 and max|dZ| outside 2^−32 … 2^64: dZ is multiplied by the power of two that brings its
   * maximum into [1, 2), and eOut = eIn less that power; else eOut = eIn. Values below 2^−100 become 0 (exact zeros stay).
   * With activation `linear` and dZ = dH it is the plain statistics of a gradient.
   */
  activationBackward: 4,
  /**
   * groups units H:f ld s causal — softmax over each group of `units` consecutive rows, in place, column by column; ACTIVATION_RAW.
   * With `causal` ≠ 0, group g takes its first g mod units + 1 rows alone, and the others become 0.
   */
  softmax: 5,
  /**
   * groups units dH:f dZ:f H:f ld eIn:i eOut:i s normalize — dz = h ⊙ (dh − Σ_units dh·h); statistics as activationBackward.
   * Where h is 0, so is dz: it needs no `causal`.
   */
  softmaxBackward: 6,
  /**
   * kind units positions Y:f T dY:f ld s scale:f — loss of outputs Y against targets T (an index into ints for
   * softmaxCrossEntropy, `positions` rows of labels; for the others into floats), dY = ∂(mean loss)/∂Y with 0 in the
   * padding. `scale` is the index of a float multiplied onto 1 ÷ batch (1 ÷ elements a sample).
   * Statistics at s: STEP_RAW. dY = −1: no gradient (evaluation).
   */
  loss: 7,
  /** units positions D:f ld dBias:f — dBias[u] = Σ_p Σ_j D[p·units + u][j]. */
  biasGradient: 8,
  /** count src:f dst:f scale:f accumulate — dst[i] (+)= floats[scale] · src[i], forward: no exponents. */
  axpy: 9,
  /**
   * count src:f dst:f scale:f eSrc:i eDst:i accumulate — the same for gradients with exponents. accumulate = 0: dst takes
   * src's exponent. Otherwise both are brought to the larger one first (exactly; what falls below 2^−100 becomes 0).
   */
  axpyGradient: 10,
  /** blocks rows src:f srcStride dst:f dstStride — copies `blocks` runs of `rows` floats; strides in floats (concatenate). */
  copyBlocks: 11,
  /** count src:f dst:f ld rate:f salt backward eIn:i eOut:i — inverted dropout; the mask is a function of (dropoutKey, salt, element). */
  dropout: 12,
  /**
   * kind rows columns W:f G:f state1:f state2:f hyper:f e:i s unitNorms:f|−1 flags — the optimizer's update of W from
   * G · 2^e (float32: 0 where it would be denormal), G itself untouched. `hyper`: HYPER. `state1`, `state2`: −1 where the rule has none.
   * flags: UPDATE_FLAG. Statistics at s: PARAMETER_RAW. unitNorms[r] = l2 of row r of G (without 2^e).
   */
  update: 13,
  /** rows columns G:f e:i s unitNorms:f|−1 — the gradient half of PARAMETER_RAW alone (used before clipping, and by `gradients`). */
  gradientStatistics: 14,
  /**
   * list:i count limit:f s — global norm of the `count` parameter gradients whose statistics offsets are ints[list…] and
   * element counts ints[list + count…]; clipScale = min(1, limit ÷ (norm + 1e−6)), PyTorch's rule. Norm and scale at s: CLIP_RAW.
   */
  clip: 15,
  /** rows columns W:f G:f limit:f epsilon:f e:i — adaptive gradient clipping by unit (Brock et al. 2021), in place. */
  adaptiveClip: 16,
  /** count src:f e:i s — Σ x² and exponent of a gradient at s, s+1 (the gradient by an input that several layers share). */
  squaredNorm: 17,

  // ---- convolution.ts, pooling.ts: convolutions of any rank, and pooling. `geometry` is the index of GEOMETRY in ints.
  /**
   * positions filters window geometry:i X:f W:f Y:f packed:f ld — Y[p · filters + f] = Σ_t W[f][t] · X[tap t of the window at
   * output position p], taps outside of X being 0; `window` is the length of W[f]. No bias. `packed`: room for the
   * kernel as this operation likes it, PACKED_ROWS filters at a time; unused by depthwise convolutions.
   */
  convolution: 18,
  /** inputPositions channels taps geometry:i dY:f W:f dX:f packed:f ld — the transpose of that; `taps`: filters · kernel size. */
  convolutionInputGradient: 19,
  /** positions filters window geometry:i X:f dY:f dW:f ld — dW[f][t] = Σ_p Σ_j dY[p · filters + f][j] · X[tap t at p][j]. */
  convolutionKernelGradient: 20,
  /**
   * positions channels window kind geometry:i X:f Y:f winner:f|−1 ld — POOL: the mean or the largest of the true values of each
   * window. The first of several largest is taken, and NaN before everything; winner: rows like Y's, which tap it was
   * (row-major number in the window), kept for the way back; −1 for the mean and where there is none.
   */
  pool: 21,
  /** positions channels window kind geometry:i dY:f dX:f winner:f|−1 ld — the transpose of that; the result keeps dY's exponent. */
  poolBackward: 22,

  // ---- normalization.ts
  /**
   * kind channels positions groups X:f H:f gamma:f|−1 beta:f|−1 saved:f epsilon:f ld movingMean:f|−1 movingVariance:f|−1 —
   * H = γ · x̂ + β with x̂ = (X − mean) ÷ √(variance + ε), the variance biased; NORMALIZATION_CODE says over what. Means are
   * kept as high + low, the float and what it was rounded by, so that a large mean costs no digits of x̂.
   * `saved`: of batch and moving, four times `channels` floats: high, low, 1 ÷ √(variance + ε), variance (moving writes
   * none). Of the others, three times `sets` rows: high, low, 1 ÷ √(variance + ε), by column; a set is a position, or with
   * `groups` > 0 a group of channels at all positions. `movingMean`, `movingVariance`: read by moving alone.
   */
  normalize: 23,
  /**
   * kind channels positions groups dH:f dX:f|−1 X:f gamma:f|−1 saved:f dGamma:f|−1 dBeta:f|−1 ld eIn:i eOut:i — by what
   * `normalize` saved: dX, dγ = Σ dH · x̂ and dβ = Σ dH, each where it is wanted; dH stays. dX is multiplied by the power of
   * two that brings the largest 1 ÷ √(variance + ε) times the largest |γ| into [1, 2) where that lies outside 2^−16 … 2^16
   * (at most 2^±120), and eOut = eIn less that power. dX's values below 2^−100 become 0. dγ and dβ have the exponent eIn.
   */
  normalizeBackward: 24,
  /**
   * channels saved:f movingMean:f movingVariance:f momentum:f — moving = momentum · moving + (1 − momentum) · of the batch,
   * by what `normalize` of kind batch saved.
   */
  movingAverage: 25,

  // ---- lookup.ts: tables of vectors
  /**
   * positions width rows X:f table:f H:f ld — H[(p · width + d)][j] = table[n · width + d], n = X[p][j] as a whole number,
   * cut off at 0 and rows − 1 (NaN is 0).
   */
  lookup: 26,
  /** positions width rows X:f dH:f dTable:f ld — dTable[n · width + d] = Σ dH[(p · width + d)][j] over all p, j with that n, in order. */
  lookupGradient: 27,

  // ---- elementwise.ts: products of inputs
  /** count inputs:i n H:f — H = the product of `n` tensors of `count` floats, which begin at floats[ints[inputs + k]]. */
  multiply: 28,
  /**
   * rows inputs:i n k dH:f dX:f ld eIn:i eOut:i — dX = dH times the product of all inputs but the k-th. An input whose
   * largest magnitude lies outside 2^−8 … 2^8 is multiplied by the power of two that brings it into [1, 2); eOut = eIn less
   * those powers. Values below 2^−100 become 0.
   */
  multiplyGradient: 29,

  // ---- recurrent.ts: one time step of a recurrent layer
  /**
   * kind units ld cell:i X:f Y:f H:f state:f bias:f|−1 positions measured:f s — everything in a time step but its matrix
   * products. `kind` is a RECURRENT_KIND, which says what X, Y and `state` are; `cell`: RECURRENT_CELL. A gate whose φ′ is
   * computed from z (LAST_DERIVATIVE_FROM_OUTPUT) is left as z, the others as φ(z). Statistics (if s ≥ 0) at s:
   * ACTIVATION_RAW of the `positions` · units rows from `measured` on, such as all states once the last one is there.
   */
  recurrentCell: 30,
  /**
   * kind units ld cell:i X:f Y:f state:f outer:f|−1 eOuter:i carried:f|−1 eIn:i dC:f|−1 out:f|−1 eOut:i s — from the gradient
   * by h, `outer` (from the layers above, exponent eOuter) plus `carried` (back through time, exponent eIn, like dC), to the
   * gradients by the gates' z: RECURRENT_KIND. What is added is brought to the larger exponent first (exactly; what falls
   * below 2^−100 becomes 0; a gradient of zeros has no magnitude). Then all that is written is multiplied by one power of
   * two where its maximum lies outside 2^−32 … 2^64, and has the exponent eOut. Statistics at s: TIME_RAW of the sum.
   */
  recurrentCellBackward: 31,
  /**
   * count size D:f E:f|−1 exponents:i e:i — `count` blocks of `size` floats at D, the k-th with the exponent in slot
   * ints[exponents + k], are brought to the largest of these exponents (exactly; what falls below 2^−100 becomes 0; blocks
   * of zeros do not count), which goes into slot e. The same for those at E, which have D's exponents.
   */
  alignExponents: 32,

  // ---- attention.ts: products along columns
  /**
   * repeat M N K A:f B:f C:f scale:f ld triangle strides:i — C[i][j] = Σ_k (scale · A[i][k]) ⊙ B[k][j], each entry a row of
   * `ld` floats: every column has matrices of its own. ints[strides…] count rows: from an i of A to the next, a k of A, a
   * k of B, a j of B, an i of C, a j of C; then how far A, B and C move on from each of the `repeat` products to the next.
   * triangle: 1: only the entries with j ≤ i are wanted, the others may hold anything finite. 2: A is square and
   * A[i][k] = 0 for k > i. 3: the same for k < i. 0: none of these. Magnitudes below 2^−100 become 0; no exponents.
   */
  columnProduct: 33,
} as const;
export type Op = (typeof OP)[keyof typeof OP];

/**
 * What windows there are, in this order. A one-dimensional value is an image of width 1. Tap (ky, kx) of the window at
 * output (oy, ox) is input (oy · strideY − padTop + ky · dilationY, …): 0, or left out by pooling, where there is none.
 */
export const GEOMETRY = {
  inHeight: 0,
  inWidth: 1,
  inChannels: 2,
  outHeight: 3,
  outWidth: 4,
  outChannels: 5,
  kernelHeight: 6,
  kernelWidth: 7,
  strideY: 8,
  strideX: 9,
  dilationY: 10,
  dilationX: 11,
  padTop: 12,
  padLeft: 13,
  /** Depthwise: filters a channel, filter c · multiplier + q being the q-th of channel c. 0 elsewhere. */
  multiplier: 14,
  length: 15,
} as const;
/** Filters (on the way back: channels) that lie side by side in a packed kernel; the last such group is filled up. */
export const PACKED_ROWS = 4;
export const POOL_CODE = { average: 0, max: 1 } as const;

/** Raw statistics of h, in this order. Shifted by `pivot`, the tensor's first element, to keep small variances. */
export const ACTIVATION_RAW = {
  pivot: 0,
  sum: 1,
  sumOfSquares: 2,
  zeros: 3,
  saturated: 4,
  deadUnits: 5,
  length: 6,
} as const;

/** Raw statistics of a gradient as stored, before normalization; the true ones are these times 2^exponent. */
export const GRADIENT_RAW = {
  sum: 0,
  sumOfSquares: 1,
  min: 2,
  max: 3,
  zeros: 4,
  nonFinite: 5,
  /** Of this tensor as it was summed: eIn. */
  exponent: 6,
  /** Σ dH² of the gradient that came in, with the same exponent. */
  incomingSumOfSquares: 7,
  length: 8,
} as const;

export const PARAMETER_RAW = {
  sum: 0,
  sumOfSquares: 1,
  min: 2,
  max: 3,
  zeros: 4,
  nonFinite: 5,
  exponent: 6,
  /** Entries that are not 0 in G but are in the float32 value that the optimizer gets. */
  underflows: 7,
  /** Σ Δw² and Σ w² (before the update). */
  updateSumOfSquares: 8,
  weightSumOfSquares: 9,
  length: 10,
} as const;

/** Of the gradient by a hidden state at one time step: Σ (∂L/∂h_t)², all that comes back to h_t, and its exponent. */
export const TIME_RAW = { sumOfSquares: 0, exponent: 1, length: 2 } as const;

/** `correct` counts right predictions of classes (softmaxCrossEntropy, binaryCrossEntropy, hinge); else Σ |y − t|. */
export const STEP_RAW = { loss: 0, correct: 1, length: 2 } as const;
export const CLIP_RAW = { norm: 0, scale: 1, length: 2 } as const;

/**
 * Ints that tell runSteps where a training plan may be stopped and what to look at: `../watch.ts`. Statistics of
 * all layers lie one behind another, and so do those of all parameters.
 */
export const WATCH = {
  /** Records before the first that changes a parameter or a state, or computes a parameter's gradient. */
  split: 0,
  /** Offset of STEP_RAW in a step's statistics. */
  loss: 1,
  layers: 2,
  /** Offsets of the first layer's ACTIVATION_RAW and GRADIENT_RAW. */
  activations: 3,
  gradients: 4,
  /** Time steps of all recurrent layers together, and the offset of the first TIME_RAW. */
  timeCount: 5,
  times: 6,
  parameterCount: 7,
  /** Offset of the first PARAMETER_RAW. */
  parameters: 8,
  /** A norm of at most 2 to this power is calm. */
  power: 9,
} as const;

/** Codes of the element-wise activations, in plan records. `softmax` has operations of its own. */
export const ACTIVATION_CODE = {
  linear: 0,
  relu: 1,
  tanh: 2,
  sigmoid: 3,
  leakyRelu: 4,
  elu: 5,
  selu: 6,
  softplus: 7,
  softsign: 8,
  hardSigmoid: 9,
  hardTanh: 10,
  relu6: 11,
  gelu: 12,
  silu: 13,
  mish: 14,
} as const;
export type ElementwiseActivation = keyof typeof ACTIVATION_CODE;

/** φ′ is computed from h for codes up to this one, from z for those above. */
export const LAST_DERIVATIVE_FROM_OUTPUT = ACTIVATION_CODE.relu6;

/** Kinds of OP.normalize: over what mean and variance are taken. */
export const NORMALIZATION_CODE = {
  /** A channel's numbers in the batch, all positions. */
  batch: 0,
  /** Nothing: a channel's moving mean and variance. */
  moving: 1,
  /** A sample's set, mean and variance. */
  sample: 2,
  /** A sample's set, its mean square in place of the variance, and no mean. */
  rootMeanSquare: 3,
} as const;

/**
 * What one record of a recurrent layer does. "Gates" are planes of `units` rows, one behind the other; ⊙ by element;
 * h′, c′ are of the time step before.
 */
export const RECURRENT_KIND = {
  /**
   * h = φ(z), z = X + bias; X = z where X ≠ H.
   * Backward: Y are the rows that φ′ is computed from; X ← ∂L/∂z.
   */
  simpleRNN: 0,
  /**
   * Gates X + bias: i, f, c, o; state is c′. Y = c = f ⊙ c′ + i ⊙ φ(z_c), H = o ⊙ φ(c).
   * Backward: dC is the carried gradient by c, `out` that by c′; X ← ∂L/∂z of the four.
   */
  lstm: 1,
  /**
   * Gates z, r, h (Cho et al. 2014; reset after the product), input side X, recurrent side Y, bias of both (2 · 3 · units);
   * state is h′. ĥ = φ(X_h + r ⊙ Y_h), H = z ⊙ h′ + (1 − z) ⊙ ĥ. Leaves z, r, Y_h in Y and ĥ in X_h.
   * Backward: X, Y ← gradients by the two sides; out ← the part of the gradient by h′ that z lets through.
   */
  gru: 2,
  /**
   * Reset before the product, in two records: gates z and r of X, both sides in one; Y = r ⊙ h′, state is h′.
   * Backward, behind that of gruState: `carried` is ∂L/∂Y, exponent eOut; X_r ← ∂L/∂z_r; out += r ⊙ carried.
   */
  gruGates: 3,
  /**
   * ĥ = φ(X_h + bias), H = z ⊙ h′ + (1 − z) ⊙ ĥ.
   * Backward: X_z, X_h ← ∂L/∂z of these; out ← the part of the gradient by h′ that z lets through.
   */
  gruState: 4,
} as const;

/** What lies behind the argument `cell`: codes, indexes into floats of their parameters and of space, all in ints. */
export const RECURRENT_CELL = {
  activation: 0,
  alpha: 1,
  recurrentActivation: 2,
  recurrentAlpha: 3,
  /** 4 floats for every unit and every 512 columns begun, of no meaning between records. */
  workspace: 4,
  /** A row of zeros a unit. */
  zeros: 5,
  length: 6,
} as const;

export const LOSS_CODE = {
  meanSquaredError: 0,
  meanAbsoluteError: 1,
  huber: 2,
  softmaxCrossEntropy: 3,
  binaryCrossEntropy: 4,
  hinge: 5,
} as const;

export const OPTIMIZER_CODE = {
  sgd: 0,
  rmsprop: 1,
  adagrad: 2,
  adadelta: 3,
  adam: 4,
  adamw: 5,
  nadam: 6,
  lion: 7,
} as const;

/** Where an optimizer's constants lie behind `hyper`. */
export const HYPER = {
  /** sgd, rmsprop: momentum. */
  momentum: 0,
  /** β1 of the Adam family and lion; ρ of rmsprop (alpha) and adadelta. */
  beta1: 1,
  beta2: 2,
  epsilon: 3,
  weightDecay: 4,
  /** Largest magnitude of an entry by clipValue; 0: no such clipping. */
  clipValue: 5,
  /** 1 − β1 and 1 − β2 (1 − ρ), which float32 would not get from β1 and β2: 1 − 0.999 would be off by 1e−5. */
  rest1: 6,
  rest2: 7,
  length: 8,
} as const;

export const UPDATE_FLAG = {
  nesterov: 1,
  /** Gradient statistics were taken already: leave the first eight of PARAMETER_RAW alone. */
  gradientDone: 2,
  /** First step of this parameter's life (sgd: the momentum buffer starts as the gradient, which zeros give anyway). */
  reserved: 4,
} as const;

/** What an implementation offers. One instance owns one arena. */
export interface Kernels {
  readonly name: 'reference' | 'wasm-simd' | 'wasm-relaxed-simd';
  readonly arena: Arena;
  /** Bytes of one element of `floats`: 4, or 8 in the float64 reference. */
  readonly floatBytes: 4 | 8;
  /**
   * Interprets `count` records from ints[plan] on, once, with the heads as they are; statistics go to stats[stats + s].
   */
  runOnce(plan: number, count: number, stats: number): void;
  /**
   * Interprets the plan `steps` times. Before step k the heads are copied from ints[intTable + 8k] and
   * floats[floatTable + 8k]; its statistics go to stats[stats + k · recordLength]. Stops in the middle of a step, before
   * the records from WATCH.split on, where the statistics of that step or of the parameters in the step before are
   * suspicious (`../watch.ts`). The rest of that step is the caller's: `runOnce` of the remaining records, or nothing.
   * @param watch index in ints of WATCH
   * @param careful whether to stop in the first step in any case
   * @returns how many steps were run to their end
   */
  runSteps(
    plan: number,
    count: number,
    steps: number,
    intTable: number,
    floatTable: number,
    stats: number,
    recordLength: number,
    watch: number,
    careful: boolean,
  ): number;
  /** Threads that the next `runSteps` has: this one, and the helpers that are ready. The bits do not depend on it. */
  readonly threads: number;
  /** Ends the helpers. The memory stays readable; nothing may be run any more. */
  dispose(): void;
}
