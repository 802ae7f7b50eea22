// Owns arithmetic with numbers that have a power-of-two exponent beside them, so that nothing under- or overflows on the way.

/** 2^e for e from −1000 to 1000: a look-up costs a tenth of a power, and records are full of them. */
const POWERS = Float64Array.from({ length: 2001 }, (_, k) => 2 ** (k - 1000));

/** x · 2^e in float64, exact where the result is a normal number; 0 or ±Infinity only where the result truly leaves float64. */
export function scaleByPower(x: number, e: number): number {
  if (e === 0) return x;
  if (e >= -1000 && e <= 1000) return x * POWERS[e + 1000]!;
  // In two steps or more, so that no power leaves the range that the result may still be in.
  if (x === 0 || !Number.isFinite(x)) return x;
  return e > 0 ? scaleByPower(x * POWERS[2000]!, e - 1000) : scaleByPower(x * POWERS[0]!, e + 1000);
}

/** A norm as √sum · 2^exponent. */
export interface ScaledNorm {
  readonly sumOfSquares: number;
  readonly exponent: number;
}

/** numerator ÷ denominator; NaN where both are 0, since there is no gradient to compare then. */
export function normRatio(numerator: ScaledNorm, denominator: ScaledNorm): number {
  const ratio = Math.sqrt(numerator.sumOfSquares) / Math.sqrt(denominator.sumOfSquares);
  return scaleByPower(ratio, numerator.exponent - denominator.exponent);
}

/** The norm of several tensors together: the root of the sum of their squares. */
export function commonNorm(parts: readonly ScaledNorm[]): ScaledNorm {
  let exponent = Number.NEGATIVE_INFINITY;
  for (const part of parts) if (part.sumOfSquares !== 0) exponent = Math.max(exponent, part.exponent);
  if (exponent === Number.NEGATIVE_INFINITY) return { sumOfSquares: 0, exponent: 0 };
  let sumOfSquares = 0;
  for (const part of parts) sumOfSquares += scaleByPower(part.sumOfSquares, 2 * (part.exponent - exponent));
  return { sumOfSquares, exponent };
}

/** The norm as one float64. */
export function normValue(norm: ScaledNorm): number {
  return scaleByPower(Math.sqrt(norm.sumOfSquares), norm.exponent);
}
