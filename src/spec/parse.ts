// Owns the way from text to a tree with offsets. Never throws, whatever the text; what the tree must contain is
// `validate.ts`'s.
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { problem } from './codes';
import type { Problem, TextRange } from './problem';

/** A node of the text's tree; its range is `rangeOf`. */
export type SpecNode = Node;

export interface ParsedText {
  /** What could be read; absent for an empty text, and for one that was refused. */
  readonly tree: SpecNode | undefined;
  readonly problems: readonly Problem[];
}

/** Longest text that is looked at, in UTF-16 code units. Real specs have a few thousand. */
export const MAX_TEXT_LENGTH = 4 * 1024 * 1024;
/** Deepest nesting of brackets. A spec needs 4, and 2 more for each composite within a composite. */
export const MAX_DEPTH = 64;
/** Of a text that is something else altogether, the first faults are enough. */
const MAX_SYNTAX_PROBLEMS = 20;

export function parseText(text: string): ParsedText {
  if (text.length > MAX_TEXT_LENGTH) {
    const message = `The text has ${text.length.toLocaleString('en-US')} characters; at most ${MAX_TEXT_LENGTH.toLocaleString('en-US')} are read.`;
    return refused(problem('NS102', { start: 0, end: 1 }, message, 'Use `repeat` for layers that are alike.'));
  }
  const tooDeep = offsetBeyondDepth(text, MAX_DEPTH);
  if (tooDeep !== undefined) {
    const message = `Brackets are nested more than ${MAX_DEPTH} deep.`;
    return refused(
      problem('NS103', { start: tooDeep, end: tooDeep + 1 }, message, 'Nest fewer composites within each other.'),
    );
  }
  const errors: ParseError[] = [];
  // A byte order mark is no fault: editors strip it, other readers may not.
  const clean = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
  const tree = parseTree(clean, errors, { allowTrailingComma: true, disallowComments: false, allowEmptyContent: true });
  const problems = syntaxProblems(clean, errors);
  if (tree) problems.push(...duplicateKeys(tree));
  else if (problems.length === 0) {
    const message = 'The file is empty.';
    problems.push(
      problem(
        'NS101',
        { start: 0, end: 0 },
        message,
        'Begin with `{ "netspec": 1, "data": …, "layers": …, "loss": … }`.',
      ),
    );
  }
  return { tree, problems };
}

function refused(fault: Problem): ParsedText {
  return { tree: undefined, problems: [fault] };
}

export function rangeOf(node: SpecNode): TextRange {
  return { start: node.offset, end: node.offset + node.length };
}

/** The value of an object's property; of a key that stands twice the last, as JSON readers do. */
export function propertyOf(node: SpecNode, key: string): SpecNode | undefined {
  let found: SpecNode | undefined;
  for (const child of node.type === 'object' ? (node.children ?? []) : []) {
    if (child.children?.[0]?.value === key) found = child.children[1];
  }
  return found;
}

/** The node at a path such as `['layers', 0, 'units']`. */
export function nodeAt(tree: SpecNode | undefined, path: readonly (string | number)[]): SpecNode | undefined {
  let node = tree;
  for (const part of path) {
    if (!node) return undefined;
    node =
      typeof part === 'number' ? (node.type === 'array' ? node.children?.[part] : undefined) : propertyOf(node, part);
  }
  return node;
}

/** Range of the value at a path, or of the nearest thing around it that exists. */
export function pathRange(tree: SpecNode | undefined, path: readonly (string | number)[]): TextRange {
  for (let length = path.length; length > 0; length--) {
    const node = nodeAt(tree, path.slice(0, length));
    if (node) return rangeOf(node);
  }
  return tree ? { start: tree.offset, end: tree.offset + Math.min(1, tree.length) } : { start: 0, end: 0 };
}

/** Where the bracket stands that goes too deep. The parser calls itself for each, so this is asked first. */
function offsetBeyondDepth(text: string, limit: number): number | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // "
        for (i++; i < text.length && text[i] !== '"' && text[i] !== '\n'; i++) if (text[i] === '\\') i++;
        break;
      case 0x2f: // /
        if (text[i + 1] === '/') i = endOr(text, '\n', i);
        else if (text[i + 1] === '*') i = endOr(text, '*/', i + 2);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > limit) return i;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth = Math.max(0, depth - 1);
        break;
    }
  }
  return undefined;
}

function endOr(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from);
  return found < 0 ? text.length : found;
}

const SYNTAX_TEXTS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  InvalidSymbol: ['This is not JSON.', 'Write numbers plain, texts in double quotation marks, or true, false, null.'],
  InvalidNumberFormat: ['This is not a number as JSON has them.', 'Write it as 0.5 or 5e-1.'],
  PropertyNameExpected: [
    'A property is expected here.',
    'Write its name in double quotation marks, or close the object with }.',
  ],
  ValueExpected: [
    'A value is expected here.',
    'Write a number, a text in double quotation marks, true, false, a list or an object.',
  ],
  ColonExpected: ['A colon is missing.', 'Put : between the name of the property and its value.'],
  CommaExpected: ['A comma is missing.', 'Put `,` between two values.'],
  CloseBraceExpected: ['An object is not closed.', 'Close it with }.'],
  CloseBracketExpected: ['A list is not closed.', 'Close it with ].'],
  EndOfFileExpected: ['Something follows the end of the spec.', 'Remove it.'],
  UnexpectedEndOfComment: ['A comment is not closed.', 'Close it with */.'],
  UnexpectedEndOfString: ['A text is not closed.', 'Close it with " on the same line.'],
  UnexpectedEndOfNumber: ['A number is not complete.', 'Write it as 0.5 or 5e-1.'],
  InvalidUnicode: ['This is not a Unicode escape.', 'Write \\u and four hexadecimal digits.'],
  InvalidEscapeCharacter: ['This escape is not known to JSON.', 'Write \\\\ for a backslash.'],
  InvalidCharacter: ['This character may not stand in a text as it is.', 'Write it as an escape, such as \\n or \\t.'],
};

function syntaxProblems(text: string, errors: readonly ParseError[]): Problem[] {
  const problems: Problem[] = [];
  let last = -1;
  for (const { error, offset, length } of errors) {
    // One slip makes the parser complain several times in the same place: the first says it best.
    if (offset === last) continue;
    last = offset;
    if (problems.length === MAX_SYNTAX_PROBLEMS) break;
    const [message, hint] = SYNTAX_TEXTS[printParseErrorCode(error)] ?? SYNTAX_TEXTS.InvalidSymbol!;
    problems.push(problem('NS101', visibleRange(text, offset, length), message, hint));
  }
  return problems;
}

/** At the end of the text there is nothing to mark: then the last character that is not blank. */
function visibleRange(text: string, offset: number, length: number): TextRange {
  if (length > 0 && offset < text.length) return { start: offset, end: Math.min(text.length, offset + length) };
  const end = text.slice(0, offset).trimEnd().length;
  return { start: Math.max(0, end - 1), end };
}

function duplicateKeys(tree: SpecNode): Problem[] {
  const problems: Problem[] = [];
  const visit = (node: SpecNode): void => {
    const seen = node.type === 'object' ? new Set<string>() : undefined;
    for (const child of node.children ?? []) {
      const key = child.type === 'property' ? child.children?.[0] : undefined;
      if (key && seen) {
        if (seen.has(key.value)) {
          const message = `\`${key.value}\` stands twice in this object.`;
          problems.push(problem('NS104', rangeOf(key), message, 'Remove one of the two.'));
        }
        seen.add(key.value);
      }
      visit(child);
    }
  };
  visit(tree);
  return problems;
}
