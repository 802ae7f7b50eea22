// Owns one line of a terminal that tells how far long work has come; where there is no terminal, nothing is told.
import { formatDuration } from './format';
import type { TextSink } from './io';

/** Time between two drawings: fast enough to be alive, slow enough to cost nothing. */
const REDRAW_MS = 100;
/** Before so much is done, the time left cannot be told. */
const TELLING_SHARE = 0.05;

export class ProgressLine {
  readonly #sink: TextSink;
  readonly #now: () => number;
  readonly #begun: number;
  #drawn = false;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(sink: TextSink, now: () => number) {
    this.#sink = sink;
    this.#now = now;
    this.#begun = now();
  }

  /** @param share of the work, 0 … 1 */
  show(doing: string, share: number): void {
    if (!this.#sink.isTerminal) return;
    const now = this.#now();
    if (now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    this.#drawn = true;
    const seconds = (now - this.#begun) / 1000;
    const left = share < TELLING_SHARE ? '' : `, ${formatDuration((seconds * (1 - share)) / share)} left`;
    this.#sink.write(`\r\u001b[2K${`${Math.floor(share * 100)} %${left} · ${doing}`.slice(0, this.#sink.columns - 1)}`);
  }

  clear(): void {
    if (this.#drawn) this.#sink.write('\r\u001b[2K');
  }
}
