// Owns the remedies that put shortcuts around layers, and that scale those that there are.

import { nodeAt, propertyOf } from '../../spec/parse';
import type { LayerSpec, RepeatSpec } from '../../spec/schema';
import type { SpecPath } from '../blame';
import type { Evidence } from '../evidence';
import type { SpecChange } from '../specEdit';
import type { RemedyRule } from './remedy';
import { consumersOf, hiddenSites, kernelProperty, type Site } from './sites';

/** Fewer blocks need no scaling: their sum stays within a factor of 2. */
const FEWEST_SCALED = 3;
const FEWEST_BLOCKS = 2;
const WHY = 'The gradient passes the layers on a way of its own, with a factor of 1 (He et al. 2016).';

/** Scales so that the sum over all blocks has about the size of its input (Hayou et al. 2021, Stable ResNet). */
function scaleFor(blocks: number): number | undefined {
  return blocks < FEWEST_SCALED ? undefined : Number((1 / Math.sqrt(blocks)).toPrecision(2));
}

export const residualShortcuts: RemedyRule = {
  codes: ['GF101', 'GF102', 'GF104', 'GF109'],
  propose(evidence) {
    const blocks = [...repeatBlocks(evidence), ...loneBlocks(evidence)];
    const count = blocks.reduce((sum, { times }) => sum + times, 0);
    if (count < FEWEST_BLOCKS) return [];
    const scale = scaleFor(count);
    const changes = [...blocks]
      .sort((a, b) => b.offset - a.offset)
      .flatMap((block): SpecChange[] => {
        const around = { type: 'residual', ...(scale === undefined ? {} : { scale }) };
        const wrap: SpecChange = { type: 'wrap', path: block.list, from: block.from, to: block.to, around };
        return block.stem ? [wrap, { type: 'insert', path: block.stem.path, value: block.stem.value }] : [wrap];
      });
    return [
      {
        id: 'residual.wrap',
        title: `Put shortcuts around ${count} blocks of layers`,
        why:
          scale === undefined ? WHY : `${WHY} The scale keeps the sum of all blocks at its size (Hayou et al. 2021).`,
        changes,
      },
    ];
  },
};

interface Block {
  readonly list: SpecPath;
  readonly from: number;
  readonly to: number;
  readonly offset: number;
  readonly times: number;
  /** A layer put before all, so that shapes match. */
  readonly stem?: { readonly path: SpecPath; readonly value: unknown };
}

/** The bodies of repeats. */
function repeatBlocks(evidence: Evidence): readonly Block[] {
  const { tree, spec } = evidence;
  const hidden = hiddenSites(evidence);
  const blocks: Block[] = [];
  const visit = (layers: readonly LayerSpec[], list: SpecPath): void => {
    layers.forEach((layer, i) => {
      if (layer.type !== 'repeat') return;
      const path = [...list, i];
      const block = blockOf(hidden, layer, path);
      if (block) blocks.push({ ...block, offset: nodeAt(tree, path)?.offset ?? 0 });
      else visit(layer.layers, [...path, 'layers']);
    });
  };
  visit(spec.layers, ['layers']);
  return blocks;
}

function blockOf(hidden: readonly Site[], layer: RepeatSpec, path: SpecPath): Omit<Block, 'offset'> | undefined {
  const list = [...path, 'layers'];
  if (layer.layers.some(({ type, inputs }) => type === 'repeat' || type === 'residual' || inputs)) return undefined;
  const body = layer.layers.map((_, i) => hidden.find((site) => isSame(site.path, [...list, i])));
  const [first, last] = [body[0], body.at(-1)];
  if (!first || !last || !body.every((site) => site) || !body.some((site) => hasParameters(site))) return undefined;
  // All times of all repeats around: where only the first takes another shape, a layer before the repeat makes it fit.
  const differ = first.layers.map((layer, time) => !sameShape(layer.inputShapes[0]!, last.layers[time]!.outputShape));
  const block = { list, from: 0, to: layer.layers.length, times: first.layers.length };
  if (!differ.includes(true)) return block;
  const from = first.layers[0]!.inputShapes[0]!;
  const to = last.layers[0]!.outputShape;
  if (differ.slice(1).includes(true) || !sameShape(from.slice(0, -1), to.slice(0, -1)) || first.layers.length < 2)
    return undefined;
  return { ...block, stem: { path, value: { type: 'dense', units: to.at(-1) } } };
}

/** Single layers with a kernel that answer the shape that they take, in no composite. */
function loneBlocks(evidence: Evidence): readonly Block[] {
  return hiddenSites(evidence)
    .filter(({ path, layers }) => {
      const [layer] = layers;
      if (path.length !== 2 || !layer || layer.inputs.length !== 1) return false;
      const next = consumersOf(evidence, layer);
      return (
        next.length === 1 && next[0]!.index === layer.index + 1 && sameShape(layer.inputShapes[0]!, layer.outputShape)
      );
    })
    .filter((site) => kernelProperty(site) && !propertyOf(site.node, 'inputs'))
    .map(({ path, node }) => ({
      list: path.slice(0, -1),
      from: path.at(-1) as number,
      to: (path.at(-1) as number) + 1,
      offset: node.offset,
      times: 1,
    }));
}

/** Shortcuts that add up to too much. */
export const scaledResiduals: RemedyRule = {
  codes: ['GF102', 'GF105', 'GF111'],
  propose(evidence) {
    const paths: SpecPath[] = [];
    const visit = (layers: readonly LayerSpec[], list: SpecPath, times: number): number =>
      layers.reduce((sum, layer, i) => {
        const path = [...list, i];
        if (layer.type === 'repeat') return sum + visit(layer.layers, [...path, 'layers'], times * layer.times);
        if (layer.type !== 'residual') return sum;
        paths.push(path);
        return sum + times;
      }, 0);
    const blocks = visit(evidence.spec.layers, ['layers'], 1);
    const scale = scaleFor(blocks);
    if (scale === undefined) return [];
    return [
      {
        id: 'residual.scale',
        title: `Scale what ${blocks} blocks add to ${scale}`,
        why: 'Each block adds its own variance to the gradient; so scaled, the sum keeps its size (Hayou et al. 2021).',
        changes: paths.map((path): SpecChange => ({ type: 'set', path: [...path, 'scale'], value: scale })),
      },
    ];
  },
};

function hasParameters(site: Site | undefined): boolean {
  return (site?.layers[0]?.parameters.length ?? 0) > 0;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

function isSame(a: SpecPath, b: SpecPath): boolean {
  return a.length === b.length && a.every((part, i) => part === b[i]);
}
