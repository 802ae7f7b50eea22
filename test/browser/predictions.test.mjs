// What the editor says of a spec before it is trained, as a person sees it: hints, heat, hover; in every kind of theme.
import assert from 'node:assert/strict';
import { openScenes } from '../support/scenes.mjs';
import { until } from '../support/until.mjs';
import { examplesFolder, FIRST } from '../support/workspaces.mjs';

const THEMES = {
  light: 'Light Modern',
  'high-contrast': 'Dark High Contrast',
  'high-contrast-light': 'Light High Contrast',
  dark: 'Dark Modern',
};
const scene = openScenes({ workspace: examplesFolder(), settings: { 'workbench.colorTheme': 'Default Dark Modern' } });

/** The words of the hints in sight, in the order of the lines. */
const hintsOf = (who) =>
  who
    .editor()
    .locator('.view-line')
    .evaluateAll((lines) =>
      lines
        .map((line) => ({ top: line.offsetTop, text: line.innerText.replaceAll('\u00a0', ' ') }))
        .sort((a, b) => a.top - b.top)
        .map(({ text }) => text)
        .filter((text) => text.includes('∇')),
    );

scene('each layer says its shape, its parameters and its gradient', async (who) => {
  await who.open(FIRST);
  const hints = await until('the hints', async () => {
    const found = await hintsOf(who);
    return found.length === 3 && found;
  });
  assert.match(hints[1], /"type": "repeat",\s*32×64 · 87,680 · ∇ ×0\.\d\d each, 0\.\d\d → \d\.\de-[78]\s*$/);
  assert.match(hints[2], /}\s*32×10 · 650 · ∇ ×\d\.\d\d → 1\s*$/);
});

scene('the gutter has the heat of the layers', async (who) => {
  const icons = who.editor().locator('.glyph-margin-widgets .cgmr, .margin-view-overlays .cgmr');
  await until('an icon beside the layers', async () => (await icons.count()) >= 3);
});

for (const [name, theme] of Object.entries(THEMES)) {
  scene(`a hover explains the layer, and all is readable: ${name}`, async (who) => {
    await who.theme(theme);
    for (const example of ['exploding', 'residual-batchnorm']) {
      await who.open(`${example}.netspec.json`);
      await until('the hints', async () => (await hintsOf(who)).length > 1);
      await who.picture(`predictions-${example}-${name}`);
    }
    await who.open(FIRST);
    await until('the hints', async () => (await hintsOf(who)).length === 3);
    await who.hover('"logits"', 'Left of the last layer');
    const image = who.page.locator('.monaco-hover:not(.hidden) img').first();
    await until('the picture', () => image.evaluate((img) => img.complete && img.naturalWidth > 0));
    await who.picture(`predictions-${name}`);
    await who.page.keyboard.press('Escape');
    await who.page.mouse.move(5, 5);
    await who.hover('"sigmoid"', 'dense_1/10:');
    await who.picture(`predictions-repeat-${name}`);
    await who.page.mouse.move(5, 5);
  });
}
