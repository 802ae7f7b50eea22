// Owns the way from a tree to a spec: every value checked against the language's table, every default filled in, every
// short form written out. Faults between fields of one object are `rules.ts`'s; names and shapes come later.
import { problem } from './codes';
import { rangeOf, type SpecNode } from './parse';
import type { Problem, TextRange } from './problem';
import { checkRules } from './rules';
import { root, type Spec } from './schema';
import type { Alternative, Fields, Kind, NumberKind, ObjectKind, VariantsKind } from './schema/fields';
import { nameHint } from './suggest';
import { article, brace, quoted, sentence, shown, typeHint, wanted, withoutStop } from './wording';

export interface Validation {
  /** Present where nothing is wrong. */
  readonly spec?: Spec;
  readonly problems: readonly Problem[];
  /** Where each object of the spec stands in the text; absent for what a default filled in. */
  readonly nodes: ReadonlyMap<object, SpecNode>;
}

/** What a check answers where it has reported a problem. */
const INVALID = Symbol('invalid');
type Checked = unknown;

/** @param broken the text has syntax errors: what seems missing may only be unreadable, and is not reported */
export function validateTree(tree: SpecNode, broken = false): Validation {
  const { value, problems, nodes } = validateValue(root, tree, broken);
  // The table that `value` was checked against is the one that the type `Spec` is inferred from.
  return value === undefined || broken ? { problems, nodes } : { spec: value as Spec, problems, nodes };
}

/** The same for any part of the table; `value` is undefined where something is wrong. */
export function validateValue(
  kind: Kind,
  tree: SpecNode,
  broken = false,
): { value: unknown; problems: readonly Problem[]; nodes: ReadonlyMap<object, SpecNode> } {
  const validator = new Validator(broken);
  const value = validator.check(kind, tree, 'spec');
  return { value: value === INVALID ? undefined : value, problems: validator.problems, nodes: validator.nodes };
}

class Validator {
  readonly problems: Problem[] = [];
  readonly nodes = new Map<object, SpecNode>();
  readonly #broken: boolean;

  constructor(broken: boolean) {
    this.#broken = broken;
  }

  /** @param label what messages call the value: its key, in most cases */
  check(kind: Kind, node: SpecNode, label: string): Checked {
    switch (kind.kind) {
      case 'number':
        return node.type === 'number' ? this.#number(kind, node, label) : this.#wrongType(kind, node, label);
      case 'boolean':
        return node.type === 'boolean' ? node.value : this.#wrongType(kind, node, label);
      case 'text':
        if (node.type !== 'string') return this.#wrongType(kind, node, label);
        if (node.value.length === 0)
          return this.#report('NS115', rangeOf(node), `\`${label}\` is empty.`, 'Write at least one character.');
        if (node.value.length <= kind.maxLength) return node.value;
        return this.#report(
          'NS115',
          rangeOf(node),
          `\`${label}\` is longer than ${kind.maxLength} characters.`,
          'Write less.',
        );
      case 'choice': {
        if (node.type !== 'string') return this.#wrongType(kind, node, label);
        if (Object.hasOwn(kind.options, node.value)) return node.value;
        return this.#unknownName(kind.what, Object.keys(kind.options), node);
      }
      case 'constant':
        if (node.type !== 'number') return this.#wrongType(kind, node, label);
        if (node.value === kind.value) return node.value;
        return this.#report(
          'NS118',
          rangeOf(node),
          `Version ${node.value} of the language is not known.`,
          `Write ${kind.value}.`,
        );
      case 'list': {
        if (node.type !== 'array') return this.#wrongType(kind, node, label);
        const items = node.children ?? [];
        let valid = this.#lengthFits(kind.minItems, kind.maxItems, items.length, node, label);
        const list = items.map((item) => {
          const value = this.check(kind.item, item, label);
          if (value === INVALID) valid = false;
          return value;
        });
        return valid ? list : INVALID;
      }
      case 'pair': {
        if (node.type === 'number') {
          const value = this.#number(kind.item, node, label);
          return value === INVALID ? INVALID : [value, value];
        }
        if (node.type !== 'array') return this.#wrongType(kind, node, label);
        const items = node.children ?? [];
        if (!this.#lengthFits(2, 2, items.length, node, label)) return INVALID;
        const both = items.map((item) => this.check(kind.item, item, label));
        return both.includes(INVALID) ? INVALID : both;
      }
      case 'column':
        if (node.type === 'string') return this.check({ kind: 'text', maxLength: 4096 }, node, label);
        if (node.type === 'number') return this.#number({ kind: 'number', integer: true, min: 0 }, node, label);
        return this.#wrongType(kind, node, label);
      case 'object':
        return this.#object(kind, node, label);
      case 'variants':
        return this.#variants(kind, node, label);
      case 'reference':
        return this.check(kind.to(), node, label);
    }
  }

  #object(kind: ObjectKind, node: SpecNode, label: string): Checked {
    if (node.type !== 'object') return this.#wrongType(kind, node, label);
    return this.#fields(kind.fields, kind.alternatives, node, kind.what, brace(node));
  }

  #variants(kind: VariantsKind, node: SpecNode, label: string): Checked {
    const names = Object.keys(kind.variants);
    if (node.type === 'string' && kind.byName) {
      if (!Object.hasOwn(kind.variants, node.value)) return this.#unknownName(kind.what, names, node);
      return this.#variant(kind, node.value, node, rangeOf(node));
    }
    if (node.type !== 'object') return this.#wrongType(kind, node, label);
    const tag = last(entriesOf(node), kind.tag);
    if (!tag) {
      if (!this.#broken) {
        const hint = `Add \`"${kind.tag}"\`, such as \`"${kind.tag}": "${names[0]}"\`.`;
        this.#report('NS112', brace(node), `This ${kind.what} has no \`${kind.tag}\`.`, hint);
      }
      return INVALID;
    }
    if (tag.type !== 'string') return this.#wrongType({ kind: 'choice', what: kind.what, options: {} }, tag, kind.tag);
    if (!Object.hasOwn(kind.variants, tag.value)) return this.#unknownName(kind.what, names, tag);
    return this.#variant(kind, tag.value, node, rangeOf(tag));
  }

  #variant(kind: VariantsKind, name: string, node: SpecNode, place: TextRange): Checked {
    const { fields, alternatives } = kind.variants[name]!;
    const value = this.#fields(fields, alternatives, node, name, place, kind.tag);
    if (value === INVALID) return INVALID;
    const whole = { [kind.tag]: name, ...(value as object) };
    this.nodes.set(whole, node);
    for (const fault of checkRules(kind.what, name, whole, node)) {
      this.problems.push(fault);
      return INVALID;
    }
    return whole;
  }

  /** @param place where a missing property is reported */
  #fields(
    fields: Fields,
    alternatives: readonly Alternative[],
    node: SpecNode,
    what: string,
    place: TextRange,
    tag?: string,
  ): Checked {
    const value: Record<string, unknown> = {};
    const given = new Set<string>();
    let valid = true;
    for (const { key, node: child } of entriesOf(node)) {
      if (key.value === tag) continue;
      if (!Object.hasOwn(fields, key.value)) {
        const known = tag === undefined ? Object.keys(fields) : [tag, ...Object.keys(fields)];
        this.#report(
          'NS111',
          rangeOf(key),
          `\`${key.value}\` is not a property of ${article(what)}.`,
          nameHint(key.value, known),
        );
        valid = false;
        continue;
      }
      given.add(key.value);
      if (!child) {
        // The parser has complained about the value that is not there.
        valid = false;
        continue;
      }
      value[key.value] = this.check(fields[key.value]!.kind, child, key.value);
      if (value[key.value] === INVALID) valid = false;
    }
    for (const alternative of alternatives) {
      if (!this.#alternative(alternative, given, value, node, what, place)) valid = false;
    }
    for (const [key, field] of Object.entries(fields)) {
      if (given.has(key)) continue;
      if (field.defaultFrom !== undefined) {
        value[key] = value[field.defaultFrom];
      } else if (field.presence === 'default') {
        value[key] = filled(field.kind, field.default);
      } else if (field.presence === 'required') {
        valid = false;
        if (this.#broken) continue;
        const hint =
          node.type === 'object'
            ? `Add it: ${withoutStop(field.doc)}.`
            : 'Write an object with `type` and its options.';
        this.#report('NS112', place, `\`${key}\` is missing from ${article(what)}.`, hint);
      }
    }
    if (!valid) return INVALID;
    this.nodes.set(value, node);
    return value;
  }

  #alternative(
    { fields, required, fill }: Alternative,
    given: ReadonlySet<string>,
    value: Record<string, unknown>,
    node: SpecNode,
    what: string,
    place: TextRange,
  ): boolean {
    const present = fields.filter((f) => given.has(f));
    if (present.length > 1) {
      const second = entriesOf(node).filter((e) => fields.includes(e.key.value))[1]!;
      this.#report(
        'NS116',
        rangeOf(second.key),
        `${quoted(present, 'and')} exclude each other.`,
        'Remove one of them.',
      );
      return false;
    }
    if (present.length === 1) return true;
    if (fill) value[fill.field] = fill.value;
    if (!required) return true;
    if (!this.#broken) {
      this.#report('NS116', place, `${sentence(article(what))} needs ${quoted(fields, 'or')}.`, 'Add one of them.');
    }
    return false;
  }

  #number(kind: NumberKind, node: SpecNode, label: string): Checked {
    const value: number = node.value;
    const fault = numberFault(kind, value);
    if (fault === undefined) return value;
    return this.#report(
      'NS114',
      rangeOf(node),
      `\`${label}\` is ${shown(node)}, but must be ${fault}.`,
      `Write ${wanted(kind)}.`,
    );
  }

  #lengthFits(min: number, max: number | undefined, length: number, node: SpecNode, label: string): boolean {
    if (length >= min && (max === undefined || length <= max)) return true;
    const limit = min === max ? `exactly ${min}` : length < min ? `at least ${min}` : `at most ${max}`;
    const count = length === 0 ? 'is empty' : `has ${length} ${length === 1 ? 'entry' : 'entries'}`;
    this.#report(
      'NS115',
      rangeOf(node),
      `\`${label}\` ${count}, but must have ${limit}.`,
      length < min ? 'Add to it.' : 'Remove some.',
    );
    return false;
  }

  #unknownName(what: string, names: readonly string[], node: SpecNode): typeof INVALID {
    return this.#report('NS113', rangeOf(node), `There is no ${what} ${shown(node)}.`, nameHint(node.value, names));
  }

  #wrongType(kind: Kind, node: SpecNode, label: string): typeof INVALID {
    return this.#report(
      'NS110',
      rangeOf(node),
      `\`${label}\` must be ${wanted(kind)}, not ${shown(node)}.`,
      typeHint(kind, node),
    );
  }

  #report(code: Parameters<typeof problem>[0], range: TextRange, message: string, hint: string): typeof INVALID {
    this.problems.push(problem(code, range, message, hint));
    return INVALID;
  }
}

interface Entry {
  readonly key: SpecNode;
  readonly node: SpecNode | undefined;
}

/** An object's properties; of a key that stands twice (a problem already) the last. */
function entriesOf(node: SpecNode): Entry[] {
  if (node.type !== 'object') return [];
  const entries = new Map<string, Entry>();
  for (const child of node.children ?? []) {
    const key = child.children?.[0];
    if (key) entries.set(key.value, { key, node: child.children?.[1] });
  }
  return [...entries.values()];
}

function last(entries: readonly Entry[], key: string): SpecNode | undefined {
  return entries.find((e) => e.key.value === key)?.node;
}

/** A default as it would be had it been written; the table's defaults are right, which a test holds. */
export function filled(kind: Kind, value: unknown): unknown {
  switch (kind.kind) {
    case 'pair':
      return Array.isArray(value) ? value : [value, value];
    case 'reference':
      return filled(kind.to(), value);
    case 'object':
      return filledFields(kind.fields, kind.alternatives, value as object);
    case 'variants': {
      const given: Record<string, unknown> =
        typeof value === 'string' ? { [kind.tag]: value } : { ...(value as object) };
      const { fields, alternatives } = kind.variants[String(given[kind.tag])]!;
      return { [kind.tag]: given[kind.tag], ...filledFields(fields, alternatives, given) };
    }
    default:
      return value;
  }
}

function filledFields(fields: Fields, alternatives: readonly Alternative[], given: object): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const own = new Map(Object.entries(given));
  for (const [key, field] of Object.entries(fields)) {
    if (own.has(key)) value[key] = filled(field.kind, own.get(key));
    else if (field.defaultFrom !== undefined) value[key] = value[field.defaultFrom];
    else if (field.presence === 'default') value[key] = filled(field.kind, field.default);
  }
  for (const { fields: names, fill } of alternatives) {
    if (fill && !names.some((n) => own.has(n))) value[fill.field] = fill.value;
  }
  return value;
}

/** What the number would have to be, or nothing where it is right. */
function numberFault(kind: NumberKind, value: number): string | undefined {
  if (!Number.isFinite(value)) return 'a number that float64 can hold';
  if (kind.integer && !Number.isInteger(value)) return 'a whole number';
  if (kind.min !== undefined && value < kind.min) return `at least ${kind.min}`;
  if (kind.max !== undefined && value > kind.max) return `at most ${kind.max}`;
  if (kind.exclusiveMin !== undefined && value <= kind.exclusiveMin) return `more than ${kind.exclusiveMin}`;
  if (kind.exclusiveMax !== undefined && value >= kind.exclusiveMax) return `less than ${kind.exclusiveMax}`;
  return undefined;
}
