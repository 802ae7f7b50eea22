// Owns what can be told from the spec alone of the numbers that an embedding looks up: that a source has none that name
// things, or more than the table has rows. The numbers themselves are looked at by the engine, before it trains.
import { problem } from './codes';
import { fieldRange } from './names';
import { DATA_INPUT, type Graph } from './network';
import type { SpecNode } from './parse';
import type { Problem } from './problem';
import type { DataSpec, LayerSpec } from './schema';
import { passesOn } from './shapeFaults';

/** Such numbers as a source surely has: some that are not whole, or whole ones up to the largest. Undefined: not known. */
function numbersOf(data: DataSpec): 'fractions' | { readonly largest: number } | undefined {
  switch (data.source) {
    case 'spiral':
    case 'moons':
    case 'circles':
    case 'blobs':
    case 'xor':
    case 'sine':
    case 'adding':
    case 'randomTeacher':
    case 'mnist':
      return 'fractions';
    case 'parity':
      return data.noise > 0 ? 'fractions' : undefined;
    case 'copy':
      if (data.oneHot && data.noise > 0) return 'fractions';
      return !data.oneHot && data.normalize === 'none' ? { largest: data.symbols + 1 } : undefined;
    default:
      return undefined;
  }
}

/** @param sources the layer of the text that each layer of the graph comes from */
export function checkEmbedded(
  graph: Graph,
  data: DataSpec,
  sources: readonly LayerSpec[],
  nodes: ReadonlyMap<object, SpecNode>,
): Problem[] {
  const numbers = numbersOf(data);
  if (numbers === undefined) return [];
  const isData = (index: number): boolean => {
    if (index === DATA_INPUT) return true;
    const layer = graph.layers[index]!;
    return passesOn(layer.spec.type) && isData(layer.inputs[0]!);
  };
  const problems: Problem[] = [];
  const reported = new Set<LayerSpec>();
  graph.layers.forEach(({ name, spec, inputs }, index) => {
    const source = sources[index]!;
    if (spec.type !== 'embedding' || !isData(inputs[0]!) || reported.has(source)) return;
    reported.add(source);
    if (numbers === 'fractions') {
      const message = `\`${name}\` takes whole numbers, each the number of a row of its table, but those of \`${data.source}\` are not.`;
      const hint =
        'Use `dense` in its place, or data whose numbers name things, such as `copy` with `"oneHot": false`.';
      problems.push(problem('NS205', fieldRange(source, nodes, 'type'), message, hint));
    } else if (spec.inputDim <= numbers.largest) {
      const message = `\`${name}\` has ${spec.inputDim} rows, for 0 to ${spec.inputDim - 1}, but the numbers of \`${data.source}\` go up to ${numbers.largest}.`;
      const hint = `Set \`inputDim\` to ${numbers.largest + 1}.`;
      problems.push(problem('NS209', fieldRange(source, nodes, 'inputDim'), message, hint));
    }
  });
  return problems;
}
