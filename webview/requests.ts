// Owns the pull: one request in flight, each kind in its turn, refused ones not before a while. What is needed is decided
// in `recordings.ts`; when to look is decided by the frame loop.
import type { FromPanel } from '../src/protocol/panel';
import type { Failure, WindowQuery, WindowReply } from '../src/protocol/run';

interface NeedBase {
  /** Requests of one kind take turns with the other kinds. */
  readonly kind: string;
}
export interface WindowNeed extends NeedBase {
  readonly type: 'window';
  readonly query: WindowQuery;
  /** False where the reply is not the answer. */
  readonly settle: (reply: WindowReply) => boolean;
}
export interface RecordNeed extends NeedBase {
  readonly type: 'record';
  readonly step: number;
  readonly settle: (record: Float64Array | undefined) => boolean;
}
export type Need = WindowNeed | RecordNeed;

/** The host answers within its own ten seconds; beyond that it is gone. */
const TIMEOUT_MS = 12_000;
/** A refused kind is not asked for again sooner. */
const PAUSE_MS = 1_000;

const NO_ANSWER: Failure = {
  message: 'The extension did not answer a request for records.',
  hint: 'If this stays, reload the window; the run itself goes on.',
};
const WRONG_ANSWER: Failure = {
  message: 'The extension answered with other records than were asked for.',
  hint: 'Reload the window; if this stays, please report it.',
};

export class Requester {
  readonly #send: (message: FromPanel) => void;
  #pending: { readonly id: number; readonly need: Need; readonly sentAt: number } | undefined;
  #nextId = 1;
  #lastKind = '';
  readonly #resting = new Map<string, number>();

  constructor(send: (message: FromPanel) => void) {
    this.#send = send;
  }

  get busy(): boolean {
    return this.#pending !== undefined;
  }

  /**
   * Sends the next request, if none is in flight.
   * @param needs in the order in which the kinds take turns
   * @returns the failure of a request that ran out of time
   */
  pump(needs: readonly Need[], nowMs: number): Failure | undefined {
    let failure: Failure | undefined;
    if (this.#pending && nowMs - this.#pending.sentAt > TIMEOUT_MS) {
      this.#rest(this.#pending.need.kind, nowMs);
      this.#pending = undefined;
      failure = NO_ANSWER;
    }
    if (this.#pending) return failure;
    const ready = needs.filter((need) => (this.#resting.get(need.kind) ?? 0) <= nowMs);
    const after = ready.findIndex((need) => need.kind === this.#lastKind) + 1;
    const need = ready[after] ?? ready[0];
    if (!need) return failure;
    const id = this.#nextId++;
    this.#pending = { id, need, sentAt: nowMs };
    this.#lastKind = need.kind;
    if (need.type === 'window') this.#send({ type: 'window', id, query: need.query });
    else this.#send({ type: 'record', id, step: need.step });
    return failure;
  }

  /** When to look again though nothing arrives: a request in flight may run out of time, a refused one may be retried. */
  get wakeAt(): number | undefined {
    const times = [...this.#resting.values()];
    if (this.#pending) times.push(this.#pending.sentAt + TIMEOUT_MS + 1);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** Takes a reply. Late ones and those of a forgotten request are dropped. */
  settle(
    message:
      | { readonly type: 'window'; readonly id: number; readonly reply: WindowReply }
      | { readonly type: 'record'; readonly id: number; readonly record: Float64Array | undefined }
      | { readonly type: 'refused'; readonly id: number; readonly failure: Failure },
    nowMs: number,
  ): { readonly answered: boolean; readonly failure?: Failure } {
    const pending = this.#pending;
    if (!pending || pending.id !== message.id) return { answered: false };
    this.#pending = undefined;
    if (message.type === 'refused') {
      this.#rest(pending.need.kind, nowMs);
      return { answered: true, failure: message.failure };
    }
    let right = false;
    if (message.type === 'window' && pending.need.type === 'window') right = pending.need.settle(message.reply);
    if (message.type === 'record' && pending.need.type === 'record') right = pending.need.settle(message.record);
    if (right) this.#resting.delete(pending.need.kind);
    else this.#rest(pending.need.kind, nowMs);
    return right ? { answered: true } : { answered: true, failure: WRONG_ANSWER };
  }

  /** Forgets what is in flight: its answer would be about another run. */
  forget(): void {
    this.#pending = undefined;
    this.#resting.clear();
  }

  /** Ends rests that are over, so that `wakeAt` names only what lies ahead. */
  expire(nowMs: number): void {
    for (const [kind, until] of this.#resting) if (until <= nowMs) this.#resting.delete(kind);
  }

  #rest(kind: string, nowMs: number): void {
    this.#resting.set(kind, nowMs + PAUSE_MS);
  }
}
