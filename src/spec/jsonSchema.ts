// Owns the JSON schemas made from the language's table: one that is strict, for any validator, and one for VS Code that
// offers completions and hover texts but finds no faults, since ours are found by `analyze.ts` with exact ranges.

import { root } from './schema';
import type { Alternative, Field, Fields, Kind, NumberKind, VariantsKind } from './schema/fields';

export type JsonSchema = { [key: string]: unknown };

const DRAFT = 'http://json-schema.org/draft-07/schema#';
const TITLE = 'Gradoscope network spec, version 1';

/** Draft 07: accepts exactly what single fields and objects may be; names and shapes between layers are beyond it. */
export function strictSchema(): JsonSchema {
  return new Writer(true).schema();
}

/** For VS Code's JSON service: completions and texts alone; nothing in it makes the service report a problem. */
export function editorSchema(): JsonSchema {
  return { ...new Writer(false).schema(), allowComments: true, allowTrailingCommas: true };
}

class Writer {
  readonly #strict: boolean;
  readonly #definitions: Record<string, JsonSchema> = {};

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  schema(): JsonSchema {
    const body = this.#objectSchema(root.fields, root.alternatives);
    return { $schema: DRAFT, title: TITLE, ...body, definitions: this.#definitions };
  }

  /**
   * What a value must satisfy; for the editor the same as a suggestion, beside which anything goes. Completion looks
   * into every branch of `anyOf`, validation is content with the empty one.
   */
  #suggest(schema: JsonSchema): JsonSchema {
    return this.#strict ? schema : { anyOf: [schema, {}] };
  }

  #kind(kind: Kind): JsonSchema {
    switch (kind.kind) {
      case 'number':
        return this.#strict ? numberSchema(kind) : {};
      case 'boolean':
        return this.#suggest({ type: 'boolean' });
      case 'text':
        return this.#strict ? { type: 'string', minLength: 1, maxLength: kind.maxLength } : {};
      case 'choice':
        return this.#suggest(this.#names(kind.options));
      case 'constant':
        return this.#suggest({ const: kind.value });
      case 'list': {
        const items = this.#kind(kind.item);
        if (!this.#strict) return { items };
        const most = kind.maxItems === undefined ? {} : { maxItems: kind.maxItems };
        return { type: 'array', items, minItems: kind.minItems, ...most };
      }
      case 'pair': {
        if (!this.#strict) return {};
        const item = numberSchema(kind.item);
        return { anyOf: [item, { type: 'array', items: item, minItems: 2, maxItems: 2 }] };
      }
      case 'column':
        return this.#strict
          ? {
              anyOf: [
                { type: 'string', minLength: 1 },
                { type: 'integer', minimum: 0 },
              ],
            }
          : {};
      case 'object':
        return this.#objectSchema(kind.fields, kind.alternatives);
      case 'variants':
        return this.#reference(kind);
      case 'reference':
        return this.#reference(kind.to());
    }
  }

  #names(options: Readonly<Record<string, string>>): JsonSchema {
    const texts = Object.values(options);
    return this.#strict
      ? { type: 'string', enum: Object.keys(options) }
      : { enum: Object.keys(options), enumDescriptions: texts.map(plainText), markdownEnumDescriptions: texts };
  }

  #objectSchema(fields: Fields, alternatives: readonly Alternative[], tag: JsonSchema = {}): JsonSchema {
    const properties: Record<string, JsonSchema> = { ...tag } as Record<string, JsonSchema>;
    for (const [key, field] of Object.entries(fields)) properties[key] = this.#field(key, field);
    if (!this.#strict) return { properties };
    const required = [
      ...Object.keys(tag),
      ...Object.entries(fields)
        .filter(([, f]) => f.presence === 'required')
        .map(([key]) => key),
    ];
    return {
      type: 'object',
      properties,
      ...(required.length > 0 ? { required } : {}),
      additionalProperties: false,
      ...alternativesSchema(alternatives),
    };
  }

  #field(key: string, field: Field): JsonSchema {
    const schema = this.#kind(field.kind);
    const fallback = field.default === undefined ? {} : { default: field.default };
    if (this.#strict) {
      // Beside $ref draft 07 ignores everything else.
      const body = '$ref' in schema ? { allOf: [schema] } : schema;
      return { description: plainText(field.doc), ...body, ...fallback };
    }
    // Of several names the list is better than any one.
    const open = field.default === undefined && field.kind.kind !== 'choice';
    const snippet = open ? snippetOf(field.kind, key) : undefined;
    return {
      description: plainText(field.doc),
      markdownDescription: field.doc,
      ...('$ref' in schema ? { anyOf: [schema] } : schema),
      ...fallback,
      ...(snippet === undefined ? {} : { defaultSnippets: [{ body: snippet }] }),
    };
  }

  #reference(kind: VariantsKind): JsonSchema {
    const name = kind.what.replace(/ (.)/g, (_, c: string) => c.toUpperCase());
    if (!(name in this.#definitions)) {
      // Taken before it is made: a layer may contain layers.
      this.#definitions[name] = {};
      this.#definitions[name] = this.#variants(kind);
    }
    return { $ref: `#/definitions/${name}` };
  }

  #variants(kind: VariantsKind): JsonSchema {
    const docs = Object.fromEntries(Object.entries(kind.variants).map(([name, v]) => [name, v.doc]));
    const names = this.#names(docs);
    // A name alone will do where nothing else must be said.
    const alone = this.#names(
      Object.fromEntries(
        Object.entries(kind.variants)
          .filter(([, { fields }]) => !Object.values(fields).some((f) => f.presence === 'required'))
          .map(([name, { doc }]) => [name, doc]),
      ),
    );
    const what = `Which ${kind.what}.`;
    const tag = { description: what, ...(this.#strict ? names : this.#suggest(names)) };
    const branches = Object.entries(kind.variants).map(([name, { fields, alternatives }]) => {
      const own = this.#objectSchema(fields, alternatives, { [kind.tag]: { description: what } });
      return {
        if: { type: 'object', properties: { [kind.tag]: { const: name } }, required: [kind.tag] },
        // biome-ignore lint/suspicious/noThenProperty: it is JSON schema's word
        then: own,
      };
    });
    if (this.#strict) {
      const whole = { type: 'object', properties: { [kind.tag]: tag }, required: [kind.tag], allOf: branches };
      return kind.byName ? { anyOf: [alone, whole] } : whole;
    }
    return {
      ...(kind.byName ? { anyOf: [alone, {}] } : {}),
      properties: { [kind.tag]: tag },
      allOf: branches,
      defaultSnippets: Object.entries(kind.variants).map(([name, { doc, fields }]) => ({
        label: kind.byName ? `${name} {…}` : name,
        description: plainText(doc),
        markdownDescription: doc,
        body: { [kind.tag]: name, ...requiredSnippets(fields) },
      })),
    };
  }
}

function numberSchema(kind: NumberKind): JsonSchema {
  const schema: JsonSchema = { type: kind.integer ? 'integer' : 'number' };
  if (kind.min !== undefined) schema.minimum = kind.min;
  if (kind.max !== undefined) schema.maximum = kind.max;
  if (kind.exclusiveMin !== undefined) schema.exclusiveMinimum = kind.exclusiveMin;
  if (kind.exclusiveMax !== undefined) schema.exclusiveMaximum = kind.exclusiveMax;
  return schema;
}

function alternativesSchema(alternatives: readonly Alternative[]): JsonSchema {
  if (alternatives.length === 0) return {};
  const rules = alternatives.map(({ fields, required }) => {
    const each = fields.map((f) => ({ required: [f] }));
    return required ? { oneOf: each } : { not: { required: [...fields] } };
  });
  return { allOf: rules };
}

/** Fields that must be there, as places to jump to in an editor. */
function requiredSnippets(fields: Fields): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  let stop = 1;
  for (const [key, field] of Object.entries(fields)) {
    if (field.presence === 'required') body[key] = snippetOf(field.kind, key, stop++) ?? {};
  }
  return body;
}

/** Examples for what has no default; a text that begins with ^ is inserted without quotation marks. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  units: 64,
  filters: 16,
  kernelSize: 3,
  times: 10,
  rate: 0.5,
  targetShape: [-1],
  inputDim: 1000,
  outputDim: 16,
  numHeads: 4,
  keyDim: 16,
  stepSize: 1000,
  activation: 'relu',
};

function snippetOf(kind: Kind, key = '', stop = 1): unknown {
  const example = EXAMPLES[key];
  switch (kind.kind) {
    case 'number':
    case 'pair':
      return `^\${${stop}:${String(example ?? 1)}}`;
    case 'text':
      return `\${${stop}}`;
    case 'choice':
      return `\${${stop}:${String(example ?? Object.keys(kind.options)[0])}}`;
    case 'constant':
      return kind.value;
    case 'list':
      return [`^$${stop}`];
    case 'variants':
      return { [kind.tag]: `\${${stop}:${Object.keys(kind.variants)[0]}}` };
    case 'boolean':
    case 'column':
    case 'object':
    case 'reference':
      return undefined;
  }
}

/** Markdown without its marks. */
function plainText(markdown: string): string {
  return markdown.replaceAll('`', '');
}
