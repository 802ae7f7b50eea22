// Owns what is said about a text that is not right: bad text is data, not an exception.

/** Offsets into the text, in UTF-16 code units; `end` is exclusive. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/**
 * One fault of a spec or of what it names.
 *
 * `NS1xx` syntax and schema, `NS2xx` shapes and graph, `NS3xx` data, `NS4xx` resources, `GF1xx` gradient flow.
 */
export interface Problem {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly range: TextRange;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** One sentence: what to do. */
  readonly hint: string;
}
