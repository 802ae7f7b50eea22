// Owns how failures reach the user: each shown once, at the edge, with what to do; stacks go to the log.
import * as vscode from 'vscode';
import { UserError } from '../base/errors';
import type { Failure } from '../protocol/run';
import { plainWords } from './plainWords';

export class Faults {
  readonly #log: vscode.LogOutputChannel;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
  }

  /** Runs what a command or a listener does; what it throws is shown and goes no further. */
  async guard(act: () => unknown): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.show(error);
    }
  }

  show(error: unknown): void {
    if (error instanceof UserError) {
      void this.showFailure(error);
      return;
    }
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#log.error(stack);
    const said = `Gradoscope met a fault of its own: ${error instanceof Error ? error.message : String(error)}`;
    void vscode.window.showErrorMessage(said, 'Show Log').then((choice) => {
      if (choice) this.#log.show();
    });
  }

  /** A failure of a run; a problem of the spec offers the list of problems. */
  async showFailure(failure: Failure): Promise<void> {
    const said = sentences(failure);
    this.#log.warn(failure.code ? `${failure.code}: ${said}` : said);
    const aboutSpec = failure.code?.startsWith('NS') ?? false;
    const choice = await vscode.window.showErrorMessage(said, ...(aboutSpec ? ['Show Problems'] : []));
    if (choice) await vscode.commands.executeCommand('workbench.actions.view.problems');
  }
}

/** What is wrong and what to do, as one plain text. */
export function sentences(failure: { readonly message: string; readonly hint: string }): string {
  return plainWords([failure.message, failure.hint].filter((s) => s !== '').join(' '));
}
