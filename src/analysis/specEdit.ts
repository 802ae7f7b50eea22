// Owns changes of a spec's text that keep its formatting and comments. What to change is the remedies'.
import type { SpecPath } from './blame';

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

/** A replacement in the text before the change; edits of one list do not overlap and are in order. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text after the changes, made one after another; paths are those of the text as the changes before left it. */
export function changedText(text: string, _changes: readonly SpecChange[]): string {
  return text;
}

/** The smallest edits, by line, that turn one text into the other. */
export function editsBetween(_before: string, _after: string): readonly TextEdit[] {
  return [];
}
