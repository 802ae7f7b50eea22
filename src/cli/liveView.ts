// Owns a block of lines at the end of a terminal that is drawn anew in place. What the lines say is the caller's.
import type { TextSink } from './io';

const REDRAW_MS = 150;

export class LiveView {
  readonly #sink: TextSink;
  readonly #now: () => number;
  #lines = 0;
  #drawnAt = -Infinity;

  constructor(sink: TextSink, now: () => number) {
    this.#sink = sink;
    this.#now = now;
  }

  /** Whether it is time for the next picture. */
  get due(): boolean {
    return this.#sink.isTerminal && this.#now() - this.#drawnAt >= REDRAW_MS;
  }

  /** Replaces the block. Lines are cut to the terminal's width by the caller. */
  draw(lines: readonly string[]): void {
    if (!this.#sink.isTerminal) return;
    this.#drawnAt = this.#now();
    // One write a picture, so that nothing flickers; each line is cleared behind its end.
    const up = this.#lines > 0 ? `\u001b[${this.#lines}A` : '';
    this.#sink.write(`${up}\r${lines.map((l) => `${l}\u001b[K\n`).join('')}\u001b[J`);
    this.#lines = lines.length;
  }

  /** Takes the block away. */
  clear(): void {
    if (this.#lines > 0) this.#sink.write(`\u001b[${this.#lines}A\r\u001b[J`);
    this.#lines = 0;
  }
}
