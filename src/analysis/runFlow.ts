// Owns what a run says of the flow of gradients and of its units: the live half of vanishing, exploding, dead units and
// saturation. What is made of it is those symptoms'.
import type { GraphLayer } from '../spec/network';
import type { Evidence } from './evidence';
import type { RunEvidence, RunLayer } from './runEvidence';

/** Fewer steps than these are the transient of the start. */
const LEAST_STEPS = 20;

export interface RunFlow {
  /** Of the steps observed, the typical (median) one: ‖δ‖ of the first layer with parameters ÷ that of the last. */
  readonly firstToLast: number;
  /** firstToLast^(1 ÷ (L − 1)) over the L layers with parameters. */
  readonly factorPerLayer: number;
  /** Update ratio of the last kernel ÷ that of the first: how many times faster the last layer learns. NaN where one has none. */
  readonly lastToFirstUpdate: number;
  /** First and last layer with parameters. */
  readonly first: GraphLayer;
  readonly last: GraphLayer;
  /** How many layers have parameters. */
  readonly count: number;
}

/** Undefined where there is no run, one of fewer than 20 steps, or fewer than two layers with parameters. */
export function flowOfRun({ graph, run }: Pick<Evidence, 'graph' | 'run'>): RunFlow | undefined {
  if (!run || run.step < LEAST_STEPS) return undefined;
  const layers = graph.order.map((i) => graph.layers[i]!).filter((layer) => layer.parameters.length > 0);
  const first = layers[0];
  const last = layers.at(-1);
  const firstSeen = first && runLayerOf(run, first);
  const lastSeen = last && runLayerOf(run, last);
  if (!firstSeen || !lastSeen || first === last) return undefined;
  return {
    firstToLast: 10 ** firstSeen.cumulative,
    factorPerLayer: 10 ** (firstSeen.cumulative / (layers.length - 1)),
    lastToFirstUpdate: lastSeen.updateRatio / firstSeen.updateRatio,
    first,
    last,
    count: layers.length,
  };
}

/** What the run has shown of a layer of the graph. */
export function runLayerOf(run: RunEvidence, layer: GraphLayer): RunLayer | undefined {
  const seen = run.layers[layer.index];
  return seen?.name === layer.name ? seen : run.layers.find(({ name }) => name === layer.name);
}

/**
 * Layers of which, over the last fifth of the steps observed, more than this share was dead, or saturated.
 * @param which `lateDeadFraction` or `lateSaturatedFraction`; NaN where it does not apply, which is no fault
 */
export function layersOver(
  { graph, run }: Pick<Evidence, 'graph' | 'run'>,
  which: 'lateDeadFraction' | 'lateSaturatedFraction',
  threshold: number,
): readonly { readonly layer: GraphLayer; readonly share: number }[] {
  if (!run || run.step < LEAST_STEPS) return [];
  return graph.layers.flatMap((layer) => {
    const share = runLayerOf(run, layer)?.[which] ?? Number.NaN;
    return share > threshold ? [{ layer, share }] : [];
  });
}
