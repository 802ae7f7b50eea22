// Owns changes of a spec's text that keep its formatting and comments. What to change is the remedies'; how the text is laid
// out is `textStyle.ts`'s.
import { nodeAt, parseText, type SpecNode } from '../spec/parse';
import { rootFields } from '../spec/schema';
import type { SpecPath } from './blame';
import { applyEdits, type TextEdit } from './textEdits';
import {
  columnsAt,
  columnsOf,
  commaAfter,
  containersIn,
  endOf,
  flatStyle,
  indentAt,
  LINE_WIDTH,
  lineEnd,
  lineStart,
  restOfLine,
  styleBeside,
  styleOf,
  type TextStyle,
  written,
} from './textStyle';

export { editsBetween, type TextEdit } from './textEdits';

/** Sets a value (adding the property where it is missing), puts one into a list before an index, or takes one away. */
export type SpecChange =
  | { readonly type: 'set'; readonly path: SpecPath; readonly value: unknown }
  | { readonly type: 'insert'; readonly path: SpecPath; readonly value: unknown }
  | { readonly type: 'remove'; readonly path: SpecPath }
  /** Puts a layer object around layers `from` to before `to` of the list at the path: they become its `layers`. */
  | {
      readonly type: 'wrap';
      readonly path: SpecPath;
      readonly from: number;
      readonly to: number;
      readonly around: Readonly<Record<string, unknown>>;
    };

/**
 * The text after the changes, made one after another; paths are those of the text as the changes before left it, so that an
 * insertion moves the indexes behind it. Setting an option of what is given by its name alone (`"sgd"`) writes it out as an
 * object with `type`.
 * @throws Error where the text is no JSON, or a path leads nowhere: changes are made for the text that they are applied to
 */
export function changedText(text: string, changes: readonly SpecChange[]): string {
  return changes.reduce((current, change) => {
    const { tree } = parseText(current);
    if (!tree) throw new Error('a text that is no JSON cannot be changed');
    return made({ text: current, tree, style: styleOf(current, tree) }, change);
  }, text);
}

interface Document {
  readonly text: string;
  readonly tree: SpecNode;
  readonly style: TextStyle;
}

function made(document: Document, change: SpecChange): string {
  switch (change.type) {
    case 'set':
      return withValue(document, change.path, change.value);
    case 'insert': {
      const list = existing(document, change.path.slice(0, -1));
      const index = change.path.at(-1);
      if (list.type !== 'array' || typeof index !== 'number' || index < 0 || index > (list.children?.length ?? 0))
        throw nowhere(change.path);
      return withItem(document, list, index - 1, change.path, (style, indent) => written(change.value, style, indent));
    }
    case 'remove':
      return without(document, change.path);
    case 'wrap':
      return wrapped(document, change);
  }
}

function nowhere(path: SpecPath): Error {
  return new Error(`nothing can be changed at ${JSON.stringify(path)}`);
}

function existing({ tree }: Document, path: SpecPath): SpecNode {
  const node = nodeAt(tree, path);
  if (!node) throw nowhere(path);
  return node;
}

function withValue(document: Document, path: SpecPath, value: unknown): string {
  const { text, tree, style } = document;
  const present = nodeAt(tree, path);
  if (present) {
    const siblings = (present.parent?.parent?.children ?? []).flatMap((p) => p.children?.[1] ?? []);
    const beside = styleBeside(style, text, present.type === 'object' ? [present] : siblings);
    const json = written(value, beside, indentAt(text, present.offset));
    return fitted(document, replaced(text, present.offset, endOf(present), json), path, present.offset);
  }
  const key = path.at(-1);
  if (path.length === 0) throw nowhere(path);
  const parentPath = path.slice(0, -1);
  const parent = nodeAt(tree, parentPath);
  if (typeof key === 'number') {
    if (parent?.type !== 'array') throw nowhere(path);
    return made(document, { type: 'insert', path, value });
  }
  const name = key as string;
  if (!parent) return withValue(document, parentPath, { [name]: value });
  if (parent.type === 'string') return withValue(document, parentPath, { type: parent.value, [name]: value });
  if (parent.type !== 'object') throw nowhere(path);
  return withItem(
    document,
    parent,
    placeOf(parent, name),
    path,
    (at, indent) => `${JSON.stringify(name)}:${at.afterColon}${written(value, at, indent)}`,
  );
}

/** How people write objects of the language: what a thing is, its size, what it does, and last the layers in it. */
const WRITING_ORDER: readonly string[] = [
  ...['type', 'source', 'code', 'name', 'inputs', 'times', 'units', 'filters', 'numHeads', 'keyDim', 'kernelSize'],
  ...['learningRate', 'strides', 'padding', 'activation', 'recurrentActivation', 'useBias', 'kernelInitializer'],
];
const ROOT_ORDER: readonly string[] = Object.keys(rootFields);

/** Index of the property that the new one follows: the last whose place in the usual order is before it. */
function placeOf(object: SpecNode, name: string): number {
  const properties = (object.children ?? []).map((p) => String(p.children?.[0]?.value));
  const order = object.parent ? WRITING_ORDER : ROOT_ORDER;
  const rank = (key: string) => {
    const index = order.indexOf(key);
    if (index >= 0) return index;
    return key === 'layers' ? order.length + 1 : order.length;
  };
  let place = properties.length - 1;
  while (place >= 0 && rank(properties[place]!) > rank(name)) place--;
  return place >= 0 ? place : properties.length - 1;
}

/**
 * Puts an entry into an object or list after the entry of the index (−1: before all), laid out as those beside it.
 * @param path of the new entry, once it is there
 */
function withItem(
  document: Document,
  container: SpecNode,
  after: number,
  path: SpecPath,
  write: (style: TextStyle, indent: string) => string,
): string {
  const { text, style } = document;
  const { eol, unit } = style;
  const children = container.children ?? [];
  const open = container.offset + 1;
  const close = endOf(container) - 1;
  if (children.length === 0) {
    const inside = text.slice(open, close);
    const outer = indentAt(text, container.offset);
    const inner = outer + unit;
    if (inside.trim() === '' && !style.tallObjects) {
      const pad = container.type === 'object' ? style.inBraces : style.inBrackets;
      return fitted(document, replaced(text, open, close, pad + write(flatStyle(style), outer) + pad), path, open);
    }
    const kept = inside.trimEnd();
    return replaced(text, open, close, `${kept}${eol}${inner}${write(style, inner)}${eol}${outer}`);
  }
  const anchor = children[after];
  const next = children[after + 1];
  const from = anchor ? endOf(anchor) : open;
  const beforeAnchor = text.slice(after > 0 ? endOf(children[after - 1]!) : open, anchor?.offset ?? open);
  const onOwnLine = next
    ? text.slice(from, next.offset).includes('\n')
    : text.slice(from, close).includes('\n') || beforeAnchor.includes('\n');
  const comma = anchor ? commaAfter(text, from, close) : open - 1;
  const needed = next || (anchor && comma !== undefined) ? ',' : '';
  const siblings = children.map((child) => (child.type === 'property' ? child.children![1]! : child));
  if (onOwnLine) {
    const first = [next, anchor, ...children].find((child) => child && startsLine(text, child.offset));
    const indent = first ? indentAt(text, first.offset) : indentAt(text, container.offset) + unit;
    const item = `${eol}${indent}${write(styleBeside(style, text, siblings), indent)}${needed}`;
    const at = restOfLine(text, comma === undefined ? from : comma + 1);
    const edits = [{ start: at, end: at, text: item }];
    // Sorted from the end of the text, the comma is put in after the item where both stand in one place.
    if (comma === undefined) edits.unshift({ start: from, end: from, text: ',' });
    return fitted(document, comma === undefined ? inserted(text, edits) : applyEdits(text, edits), path);
  }
  const item = write(flatStyle(style), indentAt(text, from));
  const { afterComma } = style;
  const old = columnsAt(text, from) > LINE_WIDTH ? from : undefined;
  const finish = (changed: string) => (old === undefined ? fitted(document, changed, path) : changed);
  if (!anchor) {
    const pad = text.slice(open, next!.offset).trim() === '' ? text.slice(open, next!.offset) : ' ';
    return finish(replaced(text, open, open, `${pad}${item},${pad === '' ? afterComma : ''}`));
  }
  if (comma === undefined) return finish(replaced(text, from, from, `,${afterComma}${item}`));
  return finish(replaced(text, comma + 1, comma + 1, `${afterComma}${item},`));
}

function without(document: Document, path: SpecPath): string {
  const { text } = document;
  const value = existing(document, path);
  const node = value.parent?.type === 'property' ? value.parent : value;
  const container = node.parent;
  if (!container?.children) throw nowhere(path);
  const index = container.children.indexOf(node);
  const close = endOf(container) - 1;
  const previous = container.children[index - 1];
  const next = container.children[index + 1];
  if (!previous && !next) {
    const inside = text.slice(container.offset + 1, node.offset) + text.slice(endOf(node), close).replace(/^\s*,/, '');
    if (inside.trim() === '') return replaced(text, container.offset + 1, close, '');
  }
  const end = endOf(node);
  const comma = commaAfter(text, end, close);
  const edits: TextEdit[] = [];
  if (comma !== undefined) {
    // What stands between the value and its comma is a comment, and stays.
    const gap = text.slice(end, comma);
    edits.push({ start: node.offset, end: gap.trim() === '' ? comma + 1 : end, text: '' });
    if (gap.trim() !== '') edits.push({ start: comma, end: comma + 1, text: '' });
  } else {
    const before = previous && commaAfter(text, endOf(previous), node.offset);
    if (before === undefined) edits.push({ start: node.offset, end, text: '' });
    else if (text.slice(before + 1, node.offset).trim() === '') edits.push({ start: before, end, text: '' });
    else edits.push({ start: before, end: before + 1, text: '' }, { start: node.offset, end, text: '' });
  }
  return applyEdits(
    text,
    edits.map((edit) => withBlank(text, edit)),
  );
}

/** The edit with the white space that taking its range away would leave: a whole line, or the blanks up to what follows. */
function withBlank(text: string, edit: TextEdit): TextEdit {
  const { start, end } = edit;
  const from = lineStart(text, start);
  const to = lineEnd(text, end);
  const lineBefore = text.slice(from, start);
  const lineAfter = text.slice(end, to);
  if (lineBefore.trim() === '' && lineAfter.trim() === '' && from > 0) {
    const eol = from >= 2 && text[from - 2] === '\r' ? 2 : 1;
    return { ...edit, start: from - eol, end: to };
  }
  if (text[start] === ',') return edit;
  const blanks = /^[ \t]*/.exec(lineAfter)![0].length;
  return { ...edit, end: blanks < lineAfter.length ? end + blanks : end };
}

function wrapped(document: Document, change: Extract<SpecChange, { type: 'wrap' }>): string {
  const { text, style } = document;
  const { path, from, to, around } = change;
  const list = existing(document, path);
  const children = list.children ?? [];
  const first = children[from];
  const last = children[to - 1];
  if (list.type !== 'array' || !first || !last || to <= from) throw nowhere([...path, from]);
  const close = endOf(list) - 1;
  const place = [...path, from];
  const newPlace = from > 0 ? commaAfter(text, endOf(children[from - 1]!), close)! + 1 : list.offset + 1;
  const comma = commaAfter(text, endOf(last), close);
  const isFlat = !text.slice(first.offset, endOf(last)).includes('\n');
  const inOne = () => {
    const json = written({ ...around, layers: [] }, flatStyle(style), '');
    const pad = style.inBrackets;
    const at = json.lastIndexOf('[') + 1;
    const layers = children.slice(from, to).map((node) => text.slice(node.offset, endOf(node)));
    // Of one line each, and no comment between them, they may be joined; otherwise the text between them is theirs too.
    const body = isFlat || !onlyBlank(text, children.slice(from, to)) ? undefined : layers.join(`,${style.afterComma}`);
    return `${json.slice(0, at)}${pad}${body ?? text.slice(first.offset, endOf(last))}${pad}${json.slice(at)}`;
  };
  if (!text.slice(newPlace, first.offset).includes('\n'))
    return fitted(document, replaced(text, first.offset, endOf(last), inOne()), place, first.offset);
  const start = restOfLine(text, newPlace);
  const end = restOfLine(text, comma === undefined ? endOf(last) : comma + 1);
  const between = text.slice(start, first.offset) + text.slice(endOf(last), end).replace(',', '');
  const beside = styleBeside(style, text, children);
  const indent = indentAt(text, first.offset);
  if (!beside.tallObjects && between.trim() === '' && onlyBlank(text, children.slice(from, to))) {
    const line = indent + inOne() + (comma === undefined ? '' : ',');
    if (!line.includes('\n') && columnsOf(line) <= LINE_WIDTH)
      return replaced(text, first.offset, endOf(last), inOne());
  }
  const { eol, unit, afterColon } = style;
  const inner = indent + unit;
  // The comma between the last of them and what follows goes behind the object around; one at the list's end is in both.
  const body =
    comma !== undefined && to < children.length
      ? text.slice(start, comma) + text.slice(comma + 1, end)
      : text.slice(start, end);
  const properties = Object.entries(around).map(
    ([key, value]) => `${inner}${JSON.stringify(key)}:${afterColon}${written(value, style, inner)},${eol}`,
  );
  const head = `${eol}${indent}{${eol}${properties.join('')}${inner}"layers":${afterColon}[`;
  const foot = `${eol}${inner}]${eol}${indent}}${comma === undefined ? '' : ','}`;
  const indented = body.replace(/\n(?=[^\r\n])/g, `\n${unit}${unit}`);
  const wasLong = text
    .slice(start, end)
    .split('\n')
    .some((line) => columnsOf(line) > LINE_WIDTH);
  const changed = replaced(text, start, end, head + indented + foot);
  return wasLong ? changed : fitted(document, changed, place);
}

/** Whether nothing but commas and blanks stands between the nodes, and each stands on one line. */
function onlyBlank(text: string, nodes: readonly SpecNode[]): boolean {
  return nodes.every((node, i) => {
    const gap = i === 0 ? '' : text.slice(endOf(nodes[i - 1]!), node.offset);
    return gap.replace(',', '').trim() === '' && !text.slice(node.offset, endOf(node)).includes('\n');
  });
}

/**
 * The changed text with lines that the change made longer than they should be broken up, from the outermost object or list.
 * @param was where the change was in the text before: a line that was too long already stays as it is
 */
function fitted({ text, style }: Document, changed: string, path: SpecPath, was?: number): string {
  if (was !== undefined && columnsAt(text, was) > LINE_WIDTH) return changed;
  let current = changed;
  for (;;) {
    const { tree } = parseText(current);
    const node = nodeAt(tree, path);
    if (!tree || !node) return current;
    const long = [...containersIn(tree)].find(
      (c) =>
        c.offset < endOf(node) &&
        endOf(c) > node.offset &&
        lineStart(current, c.offset) === lineStart(current, endOf(c)) &&
        columnsAt(current, c.offset) > LINE_WIDTH,
    );
    if (!long) return current;
    current = spread(current, long, style);
  }
}

/** A container of one line with each of its entries on a line of its own. */
function spread(text: string, container: SpecNode, { eol, unit }: TextStyle): string {
  const indent = indentAt(text, container.offset);
  const close = endOf(container) - 1;
  const starts = [container.offset + 1];
  for (const child of container.children ?? []) {
    const comma = commaAfter(text, endOf(child), close);
    if (comma !== undefined) starts.push(comma + 1);
  }
  const blank = (at: number) => at + /^[ \t]*/.exec(text.slice(at))![0].length;
  const edits: TextEdit[] = starts
    .filter((at) => blank(at) < close)
    .map((at) => ({ start: at, end: blank(at), text: eol + indent + unit }));
  const inside = text.slice(0, close).trimEnd().length;
  return applyEdits(text, [...edits, { start: inside, end: close, text: eol + indent }]);
}

function replaced(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}

/** Insertions in the order given, those at one place one after another. */
function inserted(text: string, edits: readonly TextEdit[]): string {
  return [...edits].reverse().reduce((current, edit) => replaced(current, edit.start, edit.end, edit.text), text);
}

function startsLine(text: string, offset: number): boolean {
  return text.slice(lineStart(text, offset), offset).trim() === '';
}
