// README's pictures: what is said of the example before it is trained, its measured fixes, and it at work in a wide window.
// Copy out/shots/readme-*.png to media/docs when they change.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openScenes } from '../support/scenes.mjs';
import { until } from '../support/until.mjs';
import { examplesFolder, FIRST } from '../support/workspaces.mjs';

const LAYERS = 12; // flatten, ten times dense, logits

// The example as it is shipped, but for a run that is still going on when the picture is taken.
const folder = examplesFolder();
const file = path.join(folder, FIRST);
writeFileSync(file, readFileSync(file, 'utf8').replace('"epochs": 40', '"epochs": 4000'));

const scene = openScenes({
  workspace: folder,
  settings: {
    'workbench.colorTheme': 'Default Dark Modern',
    'editor.minimap.enabled': false,
    'editor.hover.delay': 100,
    'editor.hover.above': false,
  },
  viewport: { width: 1200, height: 760 },
});

scene('before training: hints, the finding and its explanation', async (who) => {
  const { page } = who;
  await who.open(FIRST);
  await who.command('View: Toggle Primary Side Bar Visibility');
  await until('the hints', async () => /∇\s×/.test(await who.editor().innerText()));
  await who.editor().locator('.squiggly-error, .squiggly-warning').first().waitFor();
  await who.command('View: Toggle Problems');
  await page.locator('.markers-panel .monaco-list-row', { hasText: 'GF101' }).waitFor();
  await who.hover('"sigmoid"', 'Predicted');
  const hover = await page.locator('.monaco-hover:not(.hidden)').first().boundingBox();
  await page.mouse.move(hover.x + hover.width / 2, hover.y + hover.height / 2, { steps: 5 });
  await page.mouse.wheel(0, 180); // Past the finding, which the list of problems has too.
  const image = page.locator('.monaco-hover:not(.hidden) img').first();
  await until('the picture', () => image.evaluate((img) => img.complete && img.naturalWidth > 0));
  await who.picture('readme-predicted');
  await page.mouse.move(5, 5);
  await who.command('View: Toggle Problems');
});

scene('the measured fixes', async (who) => {
  const { page } = who;
  await who.commandByKeyboard('Gradoscope: Fix gradients');
  const quick = page.locator('.quick-input-widget');
  await quick.locator('.quick-input-title', { hasText: 'Fixes of' }).waitFor({ timeout: 150_000 });
  assert.match(await quick.locator('.monaco-list-row').first().innerText(), /∇ \S+ → \S+ · accuracy/);
  await who.picture('readme-fixes');
  await page.keyboard.press('Escape');
});

scene('a run at work, with the values of one cell', async (who) => {
  await who.page.setViewportSize({ width: 1600, height: 900 });
  await who.command('Gradoscope: Train');
  await who.panel.whenWord('Running');
  await until('a thousand steps', async () => (await who.panel.step()) >= 1_000);
  const plot = who.panel.frame().locator('.plot');
  const { width, height } = await plot.boundingBox();
  await plot.hover({ position: { x: width * 0.3, y: (height * 2.5) / LAYERS } });
  const tooltip = who.panel.frame().getByRole('tooltip');
  await until('the record in the tooltip', async () => /rms/.test(await tooltip.innerText()));
  await who.picture('readme-panel');
});
