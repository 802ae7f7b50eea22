// Owns the choice between one thread and all of them, by what steps took lately: where other programs keep the cores busy,
// or where a step has many meetings and little work between them, one thread alone is the faster. The bits are the same.

/** A measurement takes as many steps as go into this, and is repeated after that. */
const PROBE_MS = 2;
const REPEAT_MS = 500;
/** Steps of the first measurement, when nobody knows yet how long one takes. */
const FIRST_STEPS = 8;
/** Share of a new measurement in what is held to be true. */
const SHARE = 0.4;
/** The other way has to be so much better, since measurements differ. */
const LEAST_GAIN = 1.05;
/** Measurements of each way before the first choice: the first ones find cold code and sleeping threads. */
const LEAST_PROBES = 3;

interface Way {
  msPerStep: number;
  probes: number;
}

/** What is to be done next. */
export interface Assignment {
  readonly alone: boolean;
  readonly steps: number;
}

export class CrewChoice {
  readonly #alone: Way = { msPerStep: 0, probes: 0 };
  readonly #together: Way = { msPerStep: 0, probes: 0 };
  #isAlone = false;
  #sinceProbeMs = 0;
  #probing = true;

  /** @param steps that are wanted; fewer may be assigned */
  next(steps: number): Assignment {
    if (this.#alone.probes < LEAST_PROBES || this.#together.probes < LEAST_PROBES) {
      this.#probing = true;
      return this.#probe(this.#alone.probes < this.#together.probes, steps);
    }
    this.#probing = this.#sinceProbeMs >= REPEAT_MS;
    return this.#probing ? this.#probe(!this.#isAlone, steps) : { alone: this.#isAlone, steps };
  }

  /** Tells how long the last assignment took, and how many steps of it were done. */
  took(alone: boolean, steps: number, elapsedMs: number): void {
    if (steps === 0) return;
    const way = alone ? this.#alone : this.#together;
    const measured = elapsedMs / steps;
    way.msPerStep = way.probes < LEAST_PROBES ? measured : way.msPerStep + SHARE * (measured - way.msPerStep);
    way.probes++;
    this.#sinceProbeMs = this.#probing ? 0 : this.#sinceProbeMs + elapsedMs;
    if (this.#alone.probes < LEAST_PROBES || this.#together.probes < LEAST_PROBES) return;
    const [own, other] = this.#isAlone ? [this.#alone, this.#together] : [this.#together, this.#alone];
    if (other.msPerStep * LEAST_GAIN < own.msPerStep) this.#isAlone = !this.#isAlone;
  }

  #probe(alone: boolean, steps: number): Assignment {
    const { msPerStep } = alone ? this.#alone : this.#together;
    const wanted = msPerStep > 0 ? Math.max(1, Math.round(PROBE_MS / msPerStep)) : FIRST_STEPS;
    return { alone, steps: Math.min(steps, wanted) };
  }
}
