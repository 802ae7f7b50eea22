// Owns requests that wait for an answer: each settles once, by reply, refusal, timeout or the other side's end.
import { UserError } from '../base/errors';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class Requests {
  readonly #waiting = new Map<number, Waiting>();
  readonly #timeoutMs: number;
  #lastId = 0;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Sends a request under a new id; the promise settles with what `settle` or `refuse` gets for that id.
   * @param what names the request in the error of a timeout, such as "the records"
   */
  send<T>(what: string, send: (id: number) => void): Promise<T> {
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        const seconds = this.#timeoutMs / 1000;
        this.refuse(
          id,
          new UserError(`The training worker did not send ${what} within ${seconds} s.`, 'Try again, or stop the run.'),
        );
      }, this.#timeoutMs);
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, timer });
      try {
        send(id);
      } catch (error) {
        this.refuse(id, error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** Answers to ids that wait no longer are dropped. */
  settle(id: number, value: unknown): void {
    this.#take(id)?.resolve(value);
  }

  refuse(id: number, error: Error): void {
    this.#take(id)?.reject(error);
  }

  /** The other side is gone: all that wait fail with this error. */
  refuseAll(error: Error): void {
    for (const id of [...this.#waiting.keys()]) this.refuse(id, error);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting) clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    return waiting;
  }
}
