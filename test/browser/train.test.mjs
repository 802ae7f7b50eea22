// The main job as a person does it: open the example, run Train, watch the gradients fade towards the input, read them in panel
// and spec, stop. What is read agrees with the command line's numbers for the same steps.
import assert from 'node:assert/strict';
import path from 'node:path';
import { gradoscope, layersOfStep } from '../support/cli.mjs';
import { openScenes } from '../support/scenes.mjs';
import { until } from '../support/until.mjs';
import { examplesFolder, FIRST, SLOW } from '../support/workspaces.mjs';

const LAYERS = 12; // flatten, ten times dense, logits

const folder = examplesFolder();
const scene = openScenes({ workspace: folder, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });

/** A gradient as the hovers and the panel write it. */
const written = (value) => (value === 0 || value === 1 ? String(value) : value.toExponential(1));

/** The cells of a hover's table of what was measured, by the name in the first; what was predicted comes below it. */
const rowsOf = (said) =>
  new Map(
    said
      .split('\n')
      .map((line) => line.split('\t').map((cell) => cell.trim()))
      .map((cells) => [cells[0], cells])
      .reverse(),
  );

/** The panel's values of this step, by layer. */
async function valuesAt(panel, step) {
  const caption = panel.frame().locator('[data-region="values"] caption');
  await until(`the values of step ${step}`, async () => (await caption.textContent()).endsWith(`step ${step}`));
  return new Map((await panel.values()).map(([name, , value]) => [name, value]));
}

/** Asserts that panel and hover show the command line's gradients of this step. */
async function agreesAt(who, spec, step) {
  const layers = (await layersOfStep(path.join(folder, spec), step)).filter((layer) => layer.gradientL2 !== undefined);
  assert.equal(layers.length, LAYERS - 1);
  const values = await valuesAt(who.panel, step);
  const rows = rowsOf(await who.hover('"sigmoid"', `at step ${step.toLocaleString('en-US')}`));
  for (const { name, gradientL2 } of layers) {
    assert.equal(values.get(name), written(gradientL2), `${name} in the panel at step ${step}`);
    if (name !== 'logits')
      assert.equal(rows.get(name)?.[1], written(gradientL2), `${name} in the hover at step ${step}`);
  }
  return layers.map((layer) => layer.gradientL2);
}

scene('Show gradients: panel and hover have the numbers of the command line', async (who) => {
  await who.open(FIRST);
  await who.command('Gradoscope: Show gradients');
  await who.panel.whenWord('One batch measured');
  const report = JSON.parse((await gradoscope('gradients', path.join(folder, FIRST), '--json')).stdout);
  const trained = report.layers.filter((layer) => layer.parameters?.kernel);
  assert.equal(trained.length, LAYERS - 1);

  const rows = rowsOf(await who.hover('"sigmoid"', 'at initialization'));
  const values = await valuesAt(who.panel, 0);
  for (const { name, parameters } of trained) {
    assert.equal(values.get(name), written(parameters.kernel.l2), `${name} in the panel`);
    if (name === 'logits') continue;
    assert.equal(rows.get(name)?.[1], written(parameters.kernel.l2), `${name}: l2 in the hover`);
    assert.equal(rows.get(name)?.[2], written(parameters.kernel.rms), `${name}: rms in the hover`);
  }
  await who.picture('gradients');
});

scene('Train from the palette: the example runs to its end, and its gradient fades', async (who) => {
  await who.command('Gradoscope: Train');
  await who.panel.whenWord('Completed');
  assert.equal(await who.panel.grid().getAttribute('aria-rowcount'), String(LAYERS));
  assert.equal((await who.panel.layers()).length, LAYERS);
  assert.equal(await who.panel.tabs().count(), 1, 'one panel for the spec');
  const [first, last] = await who.panel.whenPainted();
  assert.deepEqual([first, last], [1, await who.panel.step()]);
  const gradients = await agreesAt(who, FIRST, last);
  assert.ok(gradients[0] < gradients.at(-1) / 1_000, `${gradients[0]} is far below ${gradients.at(-1)}`);
  await who.picture('completed');
});

scene('a longer run: the heatmap grows while it trains', async (who) => {
  await who.open(SLOW);
  await who.command('Gradoscope: Train');
  await who.panel.whenTitle('Slow sigmoid');
  await who.panel.whenWord('Running');
  const [, first] = await who.panel.whenPainted();
  await until('the heatmap to grow', async () => ((await who.panel.covers()) ?? [])[1] > first);
  await until('the status bar to show step and loss', () =>
    who.page.locator('.statusbar-item', { hasText: /\d\/100,000 · .*loss \d/ }).count(),
  );
  await who.picture('training');
});

scene('Pause, step one batch, resume', async (who) => {
  await who.command('Gradoscope: Pause');
  await who.panel.whenWord('Paused');
  const paused = await who.panel.step();
  await who.command('Gradoscope: Step one batch');
  assert.equal(await who.panel.whenStep(paused + 1), paused + 1);
  assert.equal(await who.panel.word(), 'Paused');
  await who.command('Gradoscope: Resume');
  await who.panel.whenStep(paused + 2);
});

scene('Stop: the run ends, and what is shown agrees with the command line at that step', async (who) => {
  await who.command('Gradoscope: Stop');
  await who.panel.whenWord('Stopped');
  // It says so at once; the last steps that were on their way come after.
  const caption = who.panel.frame().locator('[data-region="values"] caption');
  const step = await until('the values of the last step', async () => {
    const last = await who.panel.step();
    return (await caption.textContent()).endsWith(`step ${last}`) && last;
  });
  await agreesAt(who, SLOW, step);
  assert.equal(await who.panel.step(), step, 'nothing went on');
  await who.picture('stopped');
});

scene('pointing at a cell shows its layer and step; clicking reveals the layer in the spec', async (who) => {
  const plot = who.panel.frame().locator('.plot');
  const { width, height } = await plot.boundingBox();
  const position = { x: width / 2, y: (height * (LAYERS - 0.5)) / LAYERS };
  await plot.hover({ position });
  const tooltip = who.panel.frame().getByRole('tooltip');
  await tooltip.waitFor();
  await until('the record in the tooltip', async () => /logits[\s\S]*step[\s\S]*rms/.test(await tooltip.innerText()));
  await who.picture('tooltip');
  await plot.click({ position });
  await who.editor().locator('.selected-text').first().waitFor();
  await until('the row of logits to be marked', async () => (await who.panel.marked()) === 'logits');
});

scene("the cursor in the spec marks the layer's row", async (who) => {
  await who.clickOn('"flatten"');
  await until('the row of flatten to be marked', async () => (await who.panel.marked()) === 'flatten_1');
});

scene("a row's click brings a closed spec back, at the layer's start", async (who) => {
  await who.command('View: Close All Editors in Group');
  const plot = who.panel.frame().locator('.plot');
  const { width, height } = await plot.boundingBox();
  await plot.click({ position: { x: width / 2, y: (height * 4.5) / LAYERS } });
  await who.editor().locator('.selected-text').first().waitFor();
  await until('the row that was clicked to be marked', async () => (await who.panel.marked()) === 'dense_1/4');
  const left = await who
    .editor()
    .locator('.lines-content')
    .evaluate((lines) => lines.offsetLeft);
  assert.equal(left, 0, 'the editor is not scrolled to the right');
  await who.picture('revealed');
});

scene('nothing left this machine', async (_who, workbench) => {
  assert.deepEqual(workbench.outside, []);
});

scene('the heatmap of the run has no holes', async (who) => {
  await until('every column of the heatmap to be painted', async () => (await who.panel.holes()) === 0);
});
