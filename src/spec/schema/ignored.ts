// Owns how a spec silences findings about its gradients: by code, with a reason for whoever reads it later.
import { SYMPTOMS } from '../symptoms';
import { optional, text, type UnionOf, type Variant, variant, variants } from './fields';

const options = { reason: optional(text, 'Why it is no fault here; for people.') };

type Codes = (typeof SYMPTOMS)[keyof typeof SYMPTOMS]['code'];
const table = Object.fromEntries(
  Object.values(SYMPTOMS).map(({ code, doc }): [string, Variant<typeof options>] => [code, variant(doc, options)]),
) as { readonly [C in Codes]: Variant<typeof options> };

/** A code alone, or an object with `code` and `reason`. */
export const ignored = variants('finding code', 'code', table, true);
export type Ignored = UnionOf<typeof table, 'code'>;
