// Owns what is told about a layer of the graph, as Markdown; who shows it, and what a run adds to it, is the editor's.
import { formatCount, shapeText } from './format';
import type { GraphLayer, ParameterInfo } from './network';
import type { InitializerSpec } from './schema';
import { activationTexts } from './schema/initializers';
import { compositeLayers, plainLayers } from './schema/layers';
import { product } from './shapes';

export { formatBytes, formatCount, shapeText } from './format';

/** What a type of layer does, in a sentence or two; undefined for a name that is none. */
export function typeText(type: string): string | undefined {
  const all: Readonly<Record<string, { readonly doc: string }>> = { ...plainLayers, ...compositeLayers };
  return Object.hasOwn(all, type) ? all[type]?.doc : undefined;
}

/** Numbers that the layer has, trained or not. */
export function parameterCount(layer: GraphLayer): number {
  return layer.parameters.reduce((n, p) => n + product(p.shape), 0);
}

/** One line: `64 → 10 · 650 parameters`. */
export function layerSummary(layer: GraphLayer): string {
  const count = parameterCount(layer);
  const inputs = layer.inputShapes.map(shapeText).join(', ');
  const parameters = count === 0 ? '' : ` · ${formatCount(count)} ${count === 1 ? 'parameter' : 'parameters'}`;
  return `${inputs} → ${shapeText(layer.outputShape)}${parameters}`;
}

/** Markdown: what the layer is, its shapes, its parameters with initializer and fans. */
export function describeLayer(layer: GraphLayer): string {
  const { spec } = layer;
  const parts = [`**${code(layer.name)}** · ${spec.type}`, plainLayers[spec.type].doc];
  const activation = 'activation' in spec ? spec.activation : undefined;
  if (activation !== undefined && activation !== 'linear')
    parts.push(`\`${activation}\`: ${activationTexts[activation]}`);
  if (layer.groups.length > 0) parts.push(`In ${layer.groups.map(code).join(', in ')}.`);
  if (layer.coefficients?.some((c) => c !== 1)) {
    parts.push(`Inputs are multiplied by ${layer.coefficients.join(' and ')}.`);
  }
  parts.push(`Shape ${layerSummary(layer)}`);
  if (layer.parameters.length > 0) parts.push(parameterTable(layer.parameters));
  return parts.join('\n\n');
}

function parameterTable(parameters: readonly ParameterInfo[]): string {
  const rows = parameters.map((p) => {
    const frozen = p.trainable ? '' : ' (not trained)';
    return `| \`${p.name}\`${frozen} | ${shapeText(p.shape)} | ${initializerText(p.initializer)} | ${formatCount(p.fanIn)} → ${formatCount(p.fanOut)} |`;
  });
  return ['| parameter | shape | starts from | fan-in → fan-out |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** Such as `randomNormal (mean 0, stddev 0.05)`; options at their defaults are told too, since they are what it does. */
export function initializerText(spec: InitializerSpec): string {
  const options = Object.entries(spec)
    .filter(([key]) => key !== 'type')
    .map(([key, value]) => `${key} ${String(value)}`);
  return `\`${spec.type}\`${options.length > 0 ? ` (${options.join(', ')})` : ''}`;
}

/** Names come from the user: nothing in them may act as Markdown. */
function code(name: string): string {
  return `\`${name.replaceAll('`', "'").replace(/\s+/g, ' ')}\``;
}
