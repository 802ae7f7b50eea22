// Owns how messages about values speak of them: kinds of the table, and values as they were written.
import type { SpecNode } from './parse';
import type { TextRange } from './problem';
import type { Kind } from './schema/fields';

/** The kind in words, with its article. */
export function wanted(kind: Kind): string {
  switch (kind.kind) {
    case 'number': {
      const bounds = [
        kind.exclusiveMin === undefined ? '' : `more than ${kind.exclusiveMin}`,
        kind.min === undefined || kind.min === Number.MIN_SAFE_INTEGER ? '' : `at least ${kind.min}`,
        kind.max === undefined || kind.max === Number.MAX_SAFE_INTEGER ? '' : `at most ${kind.max}`,
        kind.exclusiveMax === undefined ? '' : `less than ${kind.exclusiveMax}`,
      ].filter((b) => b !== '');
      return `a ${kind.integer ? 'whole ' : ''}number${bounds.length ? ` of ${bounds.join(' and ')}` : ''}`;
    }
    case 'boolean':
      return 'true or false';
    case 'text':
      return 'a text';
    case 'choice':
      return `the name of ${article(kind.what)}`;
    case 'constant':
      return `the number ${kind.value}`;
    case 'list':
      return article(kind.what);
    case 'pair':
      return 'a number or a list of two';
    case 'column':
      return 'the name or the number of a column';
    case 'object':
      return `an object with ${kind.what}`;
    case 'variants':
      return kind.byName
        ? `the name of ${article(kind.what)} or an object with \`${kind.tag}\``
        : `an object with \`${kind.tag}\``;
    case 'reference':
      return wanted(kind.to());
  }
}

export function typeHint(kind: Kind, node: SpecNode): string {
  if (node.type === 'string') {
    const number = Number(node.value);
    const unquoted =
      kind.kind === 'number' || kind.kind === 'constant' || kind.kind === 'pair'
        ? node.value.trim() !== '' && Number.isFinite(number)
        : kind.kind === 'boolean' && (node.value === 'true' || node.value === 'false');
    if (unquoted) return `Write ${node.value.trim()} without the quotation marks.`;
  }
  if (kind.kind === 'list' && node.type !== 'null') return 'Put it in square brackets: [ … ].';
  if (kind.kind === 'text' && node.type === 'number') return 'Put it in double quotation marks.';
  return node.type === 'null'
    ? `Write ${wanted(kind)}, or leave the property out if it has a default.`
    : `Write ${wanted(kind)}.`;
}

/** A value as a message can show it. */
export function shown(node: SpecNode): string {
  switch (node.type) {
    case 'string': {
      const text: string = node.value;
      return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
    }
    case 'array':
      return 'a list';
    case 'object':
      return 'an object';
    default:
      return String(node.value);
  }
}

export function brace(node: SpecNode): TextRange {
  return { start: node.offset, end: node.offset + Math.min(1, node.length) };
}
export function article(what: string): string {
  if (/settings$/.test(what)) return what;
  return `${/^[aeioAEIO]/.test(what) ? 'an' : 'a'} ${what}`;
}
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
export function withoutStop(doc: string): string {
  return doc.replace(/\.$/, '').replace(/^./, (c) => c.toLowerCase());
}
export function quoted(names: readonly string[], word: string): string {
  return names.map((n) => `\`${n}\``).join(` ${word} `);
}
