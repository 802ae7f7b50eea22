// Owns the two kinds of failure that code throws: the user's world failing, and our own invariants broken.

/**
 * The world outside failed (a file, a worker, an import, a backend). Thrown where it happens, shown once at the edge:
 * one sentence that says what is wrong, one that says what to do.
 */
export class UserError extends Error {
  readonly hint: string;
  /** A stable code of netspec.md where the failure has one, such as `NS301`. */
  readonly code: string | undefined;

  constructor(message: string, hint: string, code?: string) {
    super(message);
    this.name = 'UserError';
    this.hint = hint;
    this.code = code;
  }
}

/** A switch over a closed union has met a value outside of it: a bug of ours, never the user's. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
