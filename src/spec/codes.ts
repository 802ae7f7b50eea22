// Owns the table of the language's problem codes. Codes are stable: a number is never used again for something else.
// `NS3xx` are given by the data room, but for NS320, the engine's: numbers that an embedding has no vector for.
import type { Problem, TextRange } from './problem';

export const PROBLEM_CODES = {
  NS101: 'The text is not JSON (comments and trailing commas are allowed).',
  NS102: 'The text is too long.',
  NS103: 'Brackets are nested too deeply.',
  NS104: 'A key stands twice in one object.',
  NS110: 'A value has the wrong type.',
  NS111: 'A property is not known.',
  NS112: 'A property is missing.',
  NS113: 'A name is not one of those allowed.',
  NS114: 'A number is out of range, or not whole where it must be.',
  NS115: 'A list or a text is too short or too long.',
  NS116: 'Properties exclude each other, or one of several is needed.',
  NS117: 'Options do not go together.',
  NS118: 'The version of the language is not known.',
  NS201: 'An input names a layer that does not exist.',
  NS202: 'Two layers have the same name.',
  NS203: 'Layers take each other’s outputs in a circle.',
  NS204: 'The shapes of a layer’s inputs do not fit each other.',
  NS205: 'A layer cannot take an input of this shape, or of such numbers.',
  NS206: 'A reshape does not keep the number of values.',
  NS207: 'Nothing would be left of the input.',
  NS208: 'The two ways through a residual end in different shapes.',
  NS209: 'An option does not fit the shape of the input.',
  NS210: 'The shape of the output does not fit the targets.',
  NS211: 'The loss does not fit the kind of targets.',
  // NS212 said what GF115 says now; the number stays unused.
  NS213: 'The output of a layer goes nowhere.',
  NS290: 'Part of the language that cannot be trained yet.',
  NS401: 'The network has too many layers.',
  NS402: 'The network needs more memory than is allowed.',
} as const;
export type ProblemCode = keyof typeof PROBLEM_CODES;

export function problem(code: ProblemCode, range: TextRange, message: string, hint: string): Problem {
  return { code, severity: 'error', range, message, hint };
}
