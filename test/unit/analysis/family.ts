// Owns the family of specs that predictions are held against, ready to compute (what they are, `familyParts.ts` says), and the draws of their gradients: what many
// networks of the same spec really have at initialization, seed by seed.
import assert from 'node:assert/strict';
import path from 'node:path';
import { loadDataset } from '../../../src/data/loadDataset';
import { nodeFiles } from '../../../src/data/nodeFiles';
import { shapeOfDataset } from '../../../src/data/peekDataShape';
import { Trainer } from '../../../src/engine/trainer';
import { analyzeSpec } from '../../../src/spec/analyze';
import type { Dataset } from '../../../src/spec/dataset';
import type { Graph } from '../../../src/spec/network';
import type { Spec } from '../../../src/spec/schema';
import { familyParts } from './familyParts';
import type { Group, Parts } from './familyWords';

export interface Member {
  /** Unique; says what it is. */
  readonly name: string;
  readonly group: Group;
  /** Layers that have a kernel, one after the other on the longest way; and the units (channels) of its hidden layers. */
  readonly depth: number;
  readonly width: number;
  readonly spec: Spec;
  readonly graph: Graph;
  readonly dataset: Dataset;
}

/** log10 of what `count` networks have, one number a seed; −Infinity for 0, NaN where a number does not apply. */
export interface Draws {
  readonly seeds: readonly number[];
  /** By layer, in the order of the spec. */
  readonly layers: readonly {
    readonly name: string;
    readonly cumulative: readonly number[];
    readonly backwardFactor: readonly number[];
    readonly activationFactor: readonly number[];
    readonly weightFactor: readonly number[];
  }[];
  /** `cumulative` of the first layer that has parameters. */
  readonly firstToLast: readonly number[];
}

let members: readonly Member[] | undefined;

/** All of them, always the same. */
export function family(): readonly Member[] {
  members ??= familyParts().map(memberOf);
  return members;
}

const drawn = new Map<string, Draws>();

/** What `count` networks of this spec have, of seeds 1, 2, …; kept, so that it is computed once. */
export function draws(member: Member, count: number): Draws {
  const key = `${member.name}/${count}`;
  const known = drawn.get(key);
  if (known) return known;
  const { graph, spec, dataset } = member;
  const seeds = Array.from({ length: count }, (_, k) => k + 1);
  const trainer = Trainer.create({ graph, spec, dataset, mode: 'gradients', seed: 1 });
  const columns = ['backwardFactor', 'activationFactor', 'weightFactor', 'cumulative'] as const;
  const layers = trainer.layout.layers.map(({ name }) => ({
    name,
    cumulative: [] as number[],
    backwardFactor: [] as number[],
    activationFactor: [] as number[],
    weightFactor: [] as number[],
  }));
  for (const seed of seeds) {
    if (seed > 1) trainer.reinitialize(seed);
    const record = trainer.gradients(0);
    for (const [i, { flow }] of trainer.layout.layers.entries()) {
      for (const [k, column] of columns.entries()) layers[i]![column].push(Math.log10(record[flow + k]!));
    }
  }
  trainer.dispose();
  const first = graph.layers.findIndex((layer) => layer.parameters.length > 0);
  const made = { seeds, layers, firstToLast: layers[first]!.cumulative };
  drawn.set(key, made);
  return made;
}

function memberOf({ name, group, depth, width, data, layers, batchSize = 32, loss }: Parts): Member {
  const head = { netspec: 1, name, seed: 1, data };
  const text = JSON.stringify({
    ...head,
    layers,
    loss: loss ?? 'softmaxCrossEntropy',
    training: { batchSize, steps: 1 },
  });
  const first = analyzeSpec(text);
  assert.ok(first.spec, `${name}: ${JSON.stringify(first.problems)}`);
  const dataset = datasetOf(first.spec);
  const { spec, graph, problems } = analyzeSpec(text, { dataShape: shapeOfDataset(dataset) });
  const errors = problems.filter((p) => p.severity === 'error');
  assert.deepEqual(errors, [], `${name}: ${text}`);
  assert.ok(spec && graph, name);
  return { name, group, depth, width, spec, graph, dataset };
}

const datasets = new Map<string, Dataset>();

function datasetOf(spec: Spec): Dataset {
  const key = JSON.stringify(spec.data);
  let dataset = datasets.get(key);
  if (!dataset) {
    dataset = loadDataset(spec, { allowedFolders: [], dataFolder: path.resolve('media/data'), files: nodeFiles });
    datasets.set(key, dataset);
  }
  return dataset;
}
