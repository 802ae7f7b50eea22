// The layers beyond dense ones as a person meets them: the examples that have them train, every layer with a gradient has a
// row, and what only such layers have is told: a recurrent layer's gradient through time, the many tensors of attention.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openScenes } from '../support/scenes.mjs';
import { until } from '../support/until.mjs';
import { examplesFolder } from '../support/workspaces.mjs';

const folder = examplesFolder();
const scene = openScenes({ workspace: folder, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });

/** Points at a layer's cell in the middle of the plot, counted from the top, and answers what the tooltip says. */
async function pointAt(who, row, rows, wanted) {
  const plot = who.panel.frame().locator('.plot');
  const { width, height } = await plot.boundingBox();
  // Elsewhere first: a pointer that does not move says nothing.
  await plot.hover({ position: { x: width / 3, y: (height * (row + 0.5)) / rows } });
  await plot.hover({ position: { x: width / 2, y: (height * (row + 0.5)) / rows } });
  const tooltip = who.panel.frame().getByRole('tooltip');
  await until('the record in the tooltip', async () => wanted.test(await tooltip.innerText()));
  return tooltip;
}

/** Opens and trains a spec, until the panel in front is its own: that of the spec before says Completed too. */
async function trained(who, spec) {
  await who.open(spec);
  await who.command('Gradoscope: Train');
  await who.panel.whenShowing(JSON.parse(readFileSync(path.join(folder, spec), 'utf8')).name);
  await who.panel.whenWord('Completed');
  await who.panel.whenPainted();
}

scene('an LSTM trains, and tells how far back through time its gradient reaches', async (who) => {
  await trained(who, 'long-memory-lstm.netspec.json');
  const tooltip = await pointAt(who, 0, 2, /back through 50 time steps/);
  assert.match(await tooltip.getByRole('img').getAttribute('aria-label'), /at time step 1, .* at 50$/);
  assert.match(await tooltip.innerText(), /recurrentKernel, l2/);
  await who.picture('lstm');
});

scene('convolutions train, and every layer with a kernel has its gradient', async (who) => {
  await trained(who, 'digits-convolutional.netspec.json');
  const values = await who.panel.values();
  const kernels = values.filter(([name]) => /conv2d|logits|dense/.test(name));
  assert.ok(kernels.length >= 3, `${kernels.length} layers with kernels`);
  for (const [name, , value] of kernels) assert.ok(Number(value) > 0, `${name}: ${value}`);
  await who.picture('convolutional');
});

scene('attention trains, and the tooltip has room for all its tensors', async (who) => {
  await trained(who, 'copy-attention.netspec.json');
  const rows = (await who.panel.layers()).length;
  const names = (await who.panel.values()).map(([name]) => name);
  const at = names.findIndex((name) => /multiHeadAttention/.test(name));
  assert.ok(at >= 0, names.join());
  await pointAt(who, at, rows, /keyKernel, l2[\s\S]*outputBias, l2/);
  await who.picture('attention');
});
