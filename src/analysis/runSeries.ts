// Owns a curve of bounded size: numbers step by step, thinned out to means as they become many.

/** A number over the run, thinned out to a bounded count of points. */
export interface Series {
  readonly steps: readonly number[];
  /** Means over the steps since the point before. */
  readonly values: readonly number[];
  /** Standard deviation of what each point is the mean of; 0 for a single number. */
  readonly spread?: readonly number[];
  /** How many numbers a point is the mean of. */
  readonly size?: number;
}

/** Gathers a series. Numbers that are not finite are left out: a mean with one of them says nothing. */
export class SeriesBuilder {
  readonly #most: number;
  readonly #steps: Float64Array;
  readonly #means: Float64Array;
  /** Sums of squared deviations from the mean. */
  readonly #squares: Float64Array;
  #points = 0;
  /** Numbers a point. */
  #size = 1;
  /** The point that is not full yet. */
  #count = 0;
  #mean = 0;
  #square = 0;
  #step = 0;

  /** @param most even */
  constructor(most: number) {
    this.#most = most;
    this.#steps = new Float64Array(most);
    this.#means = new Float64Array(most);
    this.#squares = new Float64Array(most);
  }

  add(step: number, value: number): void {
    if (!Number.isFinite(value)) return;
    this.#step = step;
    this.#count++;
    const difference = value - this.#mean;
    this.#mean += difference / this.#count;
    this.#square += difference * (value - this.#mean);
    if (this.#count < this.#size) return;
    this.#steps[this.#points] = step;
    this.#means[this.#points] = this.#mean;
    this.#squares[this.#points] = this.#square;
    this.#points++;
    this.#count = this.#mean = this.#square = 0;
    if (this.#points === this.#most) this.#halve();
  }

  series(): Series {
    const n = this.#points;
    const steps = Array.from(this.#steps.subarray(0, n));
    const values = Array.from(this.#means.subarray(0, n));
    const spread = Array.from(this.#squares.subarray(0, n), (s) => Math.sqrt(s / this.#size));
    // A point of far fewer numbers would be noisier than the others and stand out for that alone.
    if (this.#count * 2 >= this.#size && this.#count > 0) {
      steps.push(this.#step);
      values.push(this.#mean);
      spread.push(Math.sqrt(this.#square / this.#count));
    }
    return { steps, values, spread, size: this.#size };
  }

  /** Every two points become one. */
  #halve(): void {
    this.#points = this.#most / 2;
    for (let i = 0; i < this.#points; i++) {
      const a = this.#means[2 * i]!;
      const b = this.#means[2 * i + 1]!;
      this.#steps[i] = this.#steps[2 * i + 1]!;
      this.#means[i] = (a + b) / 2;
      this.#squares[i] = this.#squares[2 * i]! + this.#squares[2 * i + 1]! + ((a - b) ** 2 * this.#size) / 2;
    }
    this.#size *= 2;
  }
}
