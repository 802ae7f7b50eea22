// Owns every random number in the product. It stands in `base` since data and engine both draw from it and may not
// know each other.

/** Mixes 32 bits so that each input bit flips about half of the output bits ("lowbias32" of C. Wellons, 2018). */
export function mix32(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit key of a text (FNV-1a, then mixed): names a stream of random numbers. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix32(h);
}

/**
 * A seeded generator, counter based: the n-th number is a pure function of (seed, stream, n). So a stream does not
 * depend on how many numbers others drew, and other languages can compute it in bulk (the PyTorch backend does).
 */
export class Random {
  readonly #key0: number;
  readonly #key1: number;
  #counter = 0;
  #spare: number | undefined;

  /** @param stream what the numbers are for, such as `init/dense_1/kernel`: equal names give equal numbers */
  constructor(seed: number, stream: string) {
    // A seed is any safe integer: both halves count.
    this.#key0 = mix32((seed | 0) ^ hashText(stream));
    this.#key1 = mix32(Math.floor(seed / 0x100000000) ^ (seed >>> 0) ^ 0x9e3779b9 ^ Math.imul(hashText(stream), 3));
  }

  /** The next of 2³² equally likely integers. */
  uint32(): number {
    const n = this.#counter++;
    return mix32(mix32((n + this.#key0) | 0) ^ this.#key1);
  }

  /** Uniform on the open interval (0, 1). */
  uniform(): number {
    return (this.uint32() + 0.5) / 0x100000000;
  }

  /** Standard normal (Box–Muller, both values used). */
  normal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** A uniform integer from 0 to n − 1, for n up to 2³². */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Shuffles in place (Fisher–Yates). */
  shuffle<T extends { [index: number]: number; readonly length: number }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = items[i]!;
      items[i] = items[j]!;
      items[j] = kept;
    }
    return items;
  }
}
