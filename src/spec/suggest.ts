// Owns the guess at what an unknown name was meant to be.

/** What people call things elsewhere (PyTorch, Keras, papers), in the form that `plain` gives. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  linear: 'dense',
  fc: 'dense',
  fullyconnected: 'dense',
  conv: 'conv2d',
  batchnorm: 'batchNormalization',
  layernorm: 'layerNormalization',
  rmsnorm: 'rmsNormalization',
  groupnorm: 'groupNormalization',
  maxpool2d: 'maxPooling2d',
  avgpool2d: 'averagePooling2d',
  rnn: 'simpleRNN',
  attention: 'multiHeadAttention',
  concat: 'concatenate',
  swish: 'silu',
  logistic: 'sigmoid',
  identity: 'linear',
  none: 'linear',
  xavier: 'glorotUniform',
  xavieruniform: 'glorotUniform',
  xaviernormal: 'glorotNormal',
  glorot: 'glorotUniform',
  he: 'heNormal',
  kaiming: 'heNormal',
  kaimingnormal: 'heNormal',
  kaiminguniform: 'heUniform',
  lecun: 'leCunNormal',
  normal: 'randomNormal',
  uniform: 'randomUniform',
  mse: 'meanSquaredError',
  l2: 'meanSquaredError',
  mae: 'meanAbsoluteError',
  l1: 'meanAbsoluteError',
  crossentropy: 'softmaxCrossEntropy',
  categoricalcrossentropy: 'softmaxCrossEntropy',
  sparsecategoricalcrossentropy: 'softmaxCrossEntropy',
  bce: 'binaryCrossEntropy',
  lr: 'learningRate',
  alpha: 'learningRate',
  optim: 'optimizer',
  dataset: 'data',
  n: 'times',
  count: 'times',
  size: 'units',
  features: 'units',
  outfeatures: 'units',
  init: 'kernelInitializer',
  initializer: 'kernelInitializer',
  bias: 'useBias',
  p: 'rate',
  digits: 'mnist',
  input: 'inputs',
};

/** The name among `names` that was most likely meant, if one is near enough. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  if (given.length > 64) return undefined;
  const wanted = plain(given);
  const same = names.find((n) => plain(n) === wanted);
  if (same !== undefined) return same;
  let best: string | undefined;
  // A third of the letters may be wrong: more, and the guess is noise.
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(wanted, plain(name));
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  const known = Object.hasOwn(KNOWN_AS, wanted) ? KNOWN_AS[wanted] : undefined;
  return known !== undefined && names.includes(known) && bestDistance > 1 ? known : best;
}

/** "Did you mean …?", or the names themselves while they are few. */
export function nameHint(given: string, names: readonly string[]): string {
  const nearest = nearestName(given, names);
  if (nearest !== undefined) return `Did you mean \`${nearest}\`?`;
  const shown = names.slice(0, 40).map((n) => `\`${n}\``);
  return `Use one of ${shown.join(', ')}${names.length > shown.length ? ', …' : ''}.`;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9$]/g, '');
}

/** Letters to insert, delete, replace or swap with their neighbour (Damerau's distance, adjacent swaps only). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + changed);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
