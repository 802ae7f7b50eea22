// The panel in every kind of theme and in a narrow window: pictures to look at, and what a machine can say of them.
import assert from 'node:assert/strict';
import { openScenes } from '../support/scenes.mjs';
import { until } from '../support/until.mjs';
import { DIVERGING, examplesFolder, FIRST } from '../support/workspaces.mjs';

/** Name of the picture → the theme's label, and the class that VS Code gives the panel's page. */
const THEMES = {
  light: ['Light Modern', 'vscode-light'],
  'high-contrast': ['Dark High Contrast', 'vscode-high-contrast'],
  'high-contrast-light': ['Light High Contrast', 'vscode-high-contrast-light'],
  dark: ['Dark Modern', 'vscode-dark'],
};
const scene = openScenes({ workspace: examplesFolder(), settings: { 'workbench.colorTheme': 'Default Dark Modern' } });

scene('a run to look at', async (who) => {
  await who.open(FIRST);
  await who.command('Gradoscope: Train');
  await who.panel.whenWord('Completed');
  await who.panel.whenPainted();
});

for (const [name, [theme, kind]] of Object.entries(THEMES)) {
  scene(`the panel follows the theme: ${name}`, async (who) => {
    await who.theme(theme);
    const body = who.panel.frame().locator('body');
    await until(`the panel's page to be ${kind}`, async () =>
      (await body.getAttribute('class')).split(' ').includes(kind),
    );
    await who.panel.whenPainted();
    await who.picture(`panel-${name}`);
  });
}

scene('a narrow panel keeps bar and heatmap, and nothing overflows', async (who) => {
  await who.page.setViewportSize({ width: 1000, height: 900 });
  await until('the narrow shape', () => who.panel.frame().locator('.panel.narrow').count());
  await who.panel.whenPainted();
  const overflow = await who.panel
    .frame()
    .locator('html')
    .evaluate((html) => html.scrollWidth - html.clientWidth);
  assert.equal(overflow, 0);
  await who.picture('panel-narrow');
});

scene('a diverged run says which tensor broke first', async (who) => {
  await who.page.setViewportSize({ width: 1400, height: 900 });
  await who.open(DIVERGING);
  await who.command('Gradoscope: Train');
  await who.panel.whenTitle('Diverging');
  await who.panel.whenWord('✕ Diverged');
  const notice = who.panel.notice('diverged');
  await notice.waitFor();
  assert.match(await notice.innerText(), /dense_1|logits|loss/);
  await who.picture('diverged');
});
