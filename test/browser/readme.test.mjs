// README's picture: the example at work in a wide window. Copy out/shots/readme.png to media/docs/panel.png when it changes.
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
  settings: { 'workbench.colorTheme': 'Default Dark Modern', 'editor.minimap.enabled': false },
  viewport: { width: 1600, height: 900 },
});

scene('a run at work, with the values of one cell', async (who) => {
  await who.open(FIRST);
  await who.command('View: Toggle Primary Side Bar Visibility');
  await who.command('Gradoscope: Train');
  await who.panel.whenWord('Running');
  await until('a thousand steps', async () => (await who.panel.step()) >= 1_000);
  const plot = who.panel.frame().locator('.plot');
  const { width, height } = await plot.boundingBox();
  await plot.hover({ position: { x: width * 0.3, y: (height * 2.5) / LAYERS } });
  const tooltip = who.panel.frame().getByRole('tooltip');
  await until('the record in the tooltip', async () => /rms/.test(await tooltip.innerText()));
  await who.picture('readme');
});
