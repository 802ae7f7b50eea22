// Owns how a spec's text is laid out: indentation, line ends, spaces, which objects stand on one line; and values written in
// that manner. What is written where is `specEdit.ts`'s.
import type { SpecNode } from '../spec/parse';

/** Longest line that an object is put on, in columns; what the project's own examples are formatted to. */
export const LINE_WIDTH = 120;
const TAB_COLUMNS = 4;

export interface TextStyle {
  readonly eol: string;
  /** One level of indentation. */
  readonly unit: string;
  /** What stands after a colon, after a comma on one line, and inside braces and brackets on one line. */
  readonly afterColon: string;
  readonly afterComma: string;
  readonly inBraces: string;
  readonly inBrackets: string;
  /** Objects, and lists of plain values, have a line for each entry, however short. */
  readonly tallObjects: boolean;
  readonly tallLists: boolean;
}

export function styleOf(text: string, tree: SpecNode): TextStyle {
  const containers = [...containersIn(tree)];
  const flat = containers.filter((node) => !text.slice(node.offset, endOf(node)).includes('\n'));
  const inside = (type: 'object' | 'array', fallback: string) => {
    const first = flat.find((node) => node.type === type);
    return first ? (text[first.offset + 1] === ' ' ? ' ' : '') : fallback;
  };
  const tallObjects = isTall(
    text,
    containers.filter((node) => node.type === 'object' && node !== tree),
    false,
  );
  const plainLists = containers.filter((node) => node.type === 'array' && !node.children!.some(isContainer));
  const afterColon = afterColonOf(containers);
  return {
    eol: /\r?\n/.exec(text)?.[0] ?? '\n',
    unit: indentationUnit(text, containers),
    afterColon,
    afterComma: afterCommaOf(text, flat, afterColon),
    inBraces: inside('object', ' '),
    inBrackets: inside('array', ''),
    tallObjects,
    tallLists: isTall(text, plainLists, tallObjects),
  };
}

/** The style with objects as tall as those beside the place, where there are any. */
export function styleBeside(style: TextStyle, text: string, siblings: readonly SpecNode[]): TextStyle {
  const objects = siblings.filter((node) => node.type === 'object' && (node.children?.length ?? 0) > 0);
  return { ...style, tallObjects: isTall(text, objects, style.tallObjects) };
}

/** The value as JSON on one line, or with a line for each entry where the style is tall; its first line begins in the middle. */
export function written(value: unknown, style: TextStyle, indent: string): string {
  const { eol, unit, afterColon, afterComma, inBraces, inBrackets } = style;
  const inner = indent + unit;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    const holdsTall = style.tallObjects && value.some((item) => typeof item === 'object' && item !== null);
    if (holdsTall || style.tallLists) {
      const lines = value.map((item) => inner + written(item, style, inner));
      return `[${eol}${lines.join(`,${eol}`)}${eol}${indent}]`;
    }
    const items = value.map((item) => written(item, style, indent));
    return `[${inBrackets}${items.join(`,${afterComma}`)}${inBrackets}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) return '{}';
    const tall = style.tallObjects;
    const properties = entries.map(
      ([key, item]) => `${JSON.stringify(key)}:${afterColon}${written(item, style, tall ? inner : indent)}`,
    );
    return tall
      ? `{${eol}${properties.map((p) => inner + p).join(`,${eol}`)}${eol}${indent}}`
      : `{${inBraces}${properties.join(`,${afterComma}`)}${inBraces}}`;
  }
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined || (typeof value === 'number' && !Number.isFinite(value)))
    throw new Error(`${String(value)} cannot be written as JSON`);
  return json;
}

/** Every entry on one line, whatever the text's style. */
export function flatStyle(style: TextStyle): TextStyle {
  return { ...style, tallObjects: false, tallLists: false };
}

export function endOf(node: SpecNode): number {
  return node.offset + node.length;
}

export function isContainer(node: SpecNode): boolean {
  return node.type === 'object' || node.type === 'array';
}

/** Objects and lists that hold something, outer ones first. */
export function* containersIn(node: SpecNode): Generator<SpecNode> {
  if (isContainer(node) && (node.children?.length ?? 0) > 0) yield node;
  for (const child of node.children ?? []) yield* containersIn(child);
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Where the line's characters end, before its line end. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  if (end < 0) return text.length;
  return text[end - 1] === '\r' && end > offset ? end - 1 : end;
}

/** What the line that the offset is on begins with. */
export function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset), offset))![0];
}

/** Columns of the line that the offset is on. */
export function columnsAt(text: string, offset: number): number {
  return columnsOf(text.slice(lineStart(text, offset), lineEnd(text, offset)));
}

export function columnsOf(line: string): number {
  return line.trimEnd().replaceAll('\t', ' '.repeat(TAB_COLUMNS)).length;
}

/** Where the comma stands that follows, past blanks and comments; undefined where something else does. */
export function commaAfter(text: string, from: number, limit: number): number | undefined {
  const at = afterTrivia(text, from, limit);
  return at < limit && text[at] === ',' ? at : undefined;
}

/** Where the line ends, where nothing but comments of its own follows on it; otherwise the offset itself. */
export function restOfLine(text: string, offset: number): number {
  const rest = /^(?:[ \t]|\/\*(?:[^*\n]|\*(?!\/))*\*\/)*(?:\/\/[^\n]*)?(?=\r?\n|$)/.exec(text.slice(offset));
  return rest ? lineEnd(text, offset) : offset;
}

/** Tall where none stands on one line though one would fit there. */
function isTall(text: string, nodes: readonly SpecNode[], fallback: boolean): boolean {
  let tall: boolean | undefined;
  for (const node of nodes) {
    const own = text.slice(node.offset, endOf(node));
    if (!own.includes('\n')) return false;
    const flat = own.replace(/\s*\n\s*/g, ' ');
    if (!own.includes('//') && columnsOf(indentAt(text, node.offset) + flat) <= LINE_WIDTH) tall = true;
  }
  return tall ?? fallback;
}

function indentationUnit(text: string, containers: readonly SpecNode[]): string {
  for (const node of containers) {
    const child = node.children![0]!;
    const outer = indentAt(text, node.offset);
    const inner = indentAt(text, child.offset);
    if (lineStart(text, child.offset) > node.offset && inner.startsWith(outer) && inner.length > outer.length)
      return inner.slice(outer.length);
  }
  return '  ';
}

function afterColonOf(containers: readonly SpecNode[]): string {
  const property = containers.find((node) => node.type === 'object')?.children?.[0];
  const value = property?.children?.[1];
  if (!property || property.colonOffset === undefined || !value) return ' ';
  return value.offset === property.colonOffset + 1 ? '' : ' ';
}

/** Where no line has a comma within, as after colons. */
function afterCommaOf(text: string, flat: readonly SpecNode[], afterColon: string): string {
  const [first, second] = flat.find((node) => node.children!.length > 1)?.children ?? [];
  if (!first || !second) return afterColon;
  return text.slice(endOf(first), second.offset) === ',' ? '' : ' ';
}

function afterTrivia(text: string, from: number, limit: number): number {
  let at = from;
  while (at < limit) {
    if (/\s/.test(text[at]!)) at++;
    else if (text.startsWith('//', at)) at = lineEnd(text, at);
    else if (text.startsWith('/*', at)) at = text.indexOf('*/', at + 2) + 2;
    else break;
  }
  return at;
}
