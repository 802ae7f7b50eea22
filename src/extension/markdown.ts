// Owns how words from a spec get into Markdown without becoming markup. Pure.

/** A name as plain text. */
export function escapedMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#+!|~$&-]/g, '\\$&');
}
