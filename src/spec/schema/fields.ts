// Owns the notation in which the language's table is written, and how TypeScript types follow from it. What the fields
// are stands in the files beside this one; what is done with them (checking, JSON schema, texts) in `../validate.ts`,
// `../jsonSchema.ts`, `../describe.ts`.

declare const VALUE: unique symbol;

/** A number of the table; both bounds are allowed values unless `exclusive`. */
export interface NumberKind {
  readonly kind: 'number';
  readonly integer: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly exclusiveMin?: number;
  readonly exclusiveMax?: number;
}
export interface BooleanKind {
  readonly kind: 'boolean';
}
/** A text of at least one character. */
export interface TextKind {
  readonly kind: 'text';
  readonly maxLength: number;
}
/** One name of several, each with its own text. */
export interface ChoiceKind {
  readonly kind: 'choice';
  /** Such as `activation`, for messages. */
  readonly what: string;
  readonly options: Readonly<Record<string, string>>;
}
/** Exactly this number. */
export interface ConstantKind {
  readonly kind: 'constant';
  readonly value: number;
}
export interface ListKind {
  readonly kind: 'list';
  /** Such as `list of layers`, for messages. */
  readonly what: string;
  readonly item: Kind;
  readonly minItems: number;
  readonly maxItems?: number;
}
/** One number for both axes, or one each; two of them after validation. */
export interface PairKind {
  readonly kind: 'pair';
  readonly item: NumberKind;
}
/** A column's name or its number. */
export interface ColumnKind {
  readonly kind: 'column';
}
export interface ObjectKind {
  readonly kind: 'object';
  /** Such as `training settings`, for messages. */
  readonly what: string;
  readonly fields: Fields;
  readonly alternatives: readonly Alternative[];
}
/** Objects told apart by the name under `tag`. */
export interface VariantsKind {
  readonly kind: 'variants';
  /** Such as `layer`, for messages and as the definition's name in the JSON schema. */
  readonly what: string;
  readonly tag: 'type' | 'source' | 'code';
  readonly variants: Readonly<Record<string, Variant>>;
  /** The name alone may stand for the object with all defaults. */
  readonly byName: boolean;
}
/** A kind that contains itself, by a way round. */
export interface ReferenceKind {
  readonly kind: 'reference';
  readonly to: () => VariantsKind;
}
export type Kind =
  | NumberKind
  | BooleanKind
  | TextKind
  | ChoiceKind
  | ConstantKind
  | ListKind
  | PairKind
  | ColumnKind
  | ObjectKind
  | VariantsKind
  | ReferenceKind;

/** A kind that also carries, for the compiler alone, the type of its values after validation. */
export type Typed<T, K extends Kind = Kind> = K & { readonly [VALUE]?: T };
export type ValueOf<K> = K extends { readonly [VALUE]?: infer T } ? NonNullable<T> : never;

export type Presence = 'required' | 'optional' | 'default';
export interface Field<T = unknown, P extends Presence = Presence> {
  readonly kind: Typed<T>;
  readonly presence: P;
  /** As a user would write it; goes through validation like any other text. */
  readonly default?: unknown;
  /** The default is whatever this other field has. */
  readonly defaultFrom?: string;
  /** Markdown, whole sentences. */
  readonly doc: string;
}
export type Fields = Readonly<Record<string, Field>>;

/** At most one of the fields may be given; exactly one where `required`; `fill` stands in where none is. */
export interface Alternative {
  readonly fields: readonly string[];
  readonly required: boolean;
  readonly fill?: { readonly field: string; readonly value: unknown };
}

export interface Variant<F extends Fields = Fields> {
  /** Markdown, whole sentences. */
  readonly doc: string;
  readonly fields: F;
  readonly alternatives: readonly Alternative[];
}

type Flat<T> = { [K in keyof T]: T[K] } & {};
type OptionalKeys<F> = { [K in keyof F]: F[K] extends Field<unknown, 'optional'> ? K : never }[keyof F];
type FieldValue<X> = X extends Field<infer T, Presence> ? T : never;
/** The object type that a table of fields describes. */
export type ObjectOf<F> = Flat<
  { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: FieldValue<F[K]> } & {
    readonly [K in OptionalKeys<F>]?: FieldValue<F[K]>;
  }
>;
/** The union that a table of variants describes. */
export type UnionOf<V, Tag extends string> = {
  [N in keyof V]: V[N] extends { readonly fields: infer F } ? Flat<{ readonly [T in Tag]: N } & ObjectOf<F>> : never;
}[keyof V];

/** A default is the value itself, or the name of a variant where that alone says it. */
type DefaultOf<T> =
  | T
  | Record<string, never>
  | (T extends { readonly type: infer N } ? N : never)
  | (T extends readonly (infer I)[] ? I : never);

export function required<T>(kind: Typed<T>, doc: string): Field<T, 'required'> {
  return { kind, presence: 'required', doc };
}
export function optional<T>(kind: Typed<T>, doc: string): Field<T, 'optional'> {
  return { kind, presence: 'optional', doc };
}
export function withDefault<T>(kind: Typed<T>, value: NoInfer<DefaultOf<T>>, doc: string): Field<T, 'default'> {
  return { kind, presence: 'default', default: value, doc };
}
export function defaultFrom<T>(kind: Typed<T>, other: string, doc: string): Field<T, 'default'> {
  return { kind, presence: 'default', defaultFrom: other, doc };
}

type Bounds = Pick<NumberKind, 'min' | 'max' | 'exclusiveMin' | 'exclusiveMax'>;
export function real(bounds: Bounds = {}): Typed<number, NumberKind> {
  return { kind: 'number', integer: false, ...bounds };
}
export function integer(bounds: Bounds = {}): Typed<number, NumberKind> {
  return { kind: 'number', integer: true, min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, ...bounds };
}
export const boolean: Typed<boolean, BooleanKind> = { kind: 'boolean' };
export const text: Typed<string, TextKind> = { kind: 'text', maxLength: 4096 };
export const column: Typed<string | number, ColumnKind> = { kind: 'column' };

export function choice<O extends Readonly<Record<string, string>>>(
  what: string,
  options: O,
): Typed<keyof O & string, ChoiceKind> {
  return { kind: 'choice', what, options };
}
export function constant<N extends number>(value: N): Typed<N, ConstantKind> {
  return { kind: 'constant', value };
}
export function list<T>(what: string, item: Typed<T>, minItems = 1, maxItems?: number): Typed<readonly T[], ListKind> {
  return { kind: 'list', what, item, minItems, ...(maxItems === undefined ? {} : { maxItems }) };
}
export function pair(item: NumberKind): Typed<readonly [number, number], PairKind> {
  return { kind: 'pair', item };
}
export function object<F extends Fields>(
  what: string,
  fields: F,
  alternatives: readonly Alternative[] = [],
): Typed<ObjectOf<F>, ObjectKind> {
  return { kind: 'object', what, fields, alternatives };
}
export function variant<F extends Fields>(
  doc: string,
  fields: F,
  alternatives: readonly Alternative[] = [],
): Variant<F> {
  return { doc, fields, alternatives };
}
export function variants<Tag extends 'type' | 'source' | 'code', V extends Readonly<Record<string, Variant>>>(
  what: string,
  tag: Tag,
  table: V,
  byName = false,
): Typed<UnionOf<V, Tag>, VariantsKind> {
  return { kind: 'variants', what, tag, variants: table, byName };
}
/** @param to called late, since what it answers is still being made */
export function reference(to: () => VariantsKind): Typed<never, ReferenceKind> {
  return { kind: 'reference', to };
}
