// Owns a stand-in for a worker thread: keeps what it is sent, says and dies as a test wants it.
import type { WorkerThread } from '../../../src/backends/workerThread';

/** `Sent`: the messages that such a thread takes. */
export class FakeThread<Sent> implements WorkerThread<Sent> {
  readonly received: Sent[] = [];
  terminated = false;
  #message: (message: unknown) => void = () => {};
  #exit: (reason: string) => void = () => {};
  postMessage(message: Sent): void {
    this.received.push(message);
  }
  onMessage(listener: (message: unknown) => void): void {
    this.#message = listener;
  }
  onExit(listener: (reason: string) => void): void {
    this.#exit = listener;
  }
  onOutput(): void {}
  terminate(): void {
    if (this.terminated) return;
    this.terminated = true;
    this.#exit('exit code 1');
  }
  says(message: object): void {
    this.#message(message);
  }
  dies(reason: string): void {
    this.#exit(reason);
  }
}
