// Fixing gradients with the keyboard alone: quick fixes at the finding, then measured fixes, one looked at as a difference,
// applied, and taken back.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { openScenes } from '../support/scenes.mjs';
import { until } from '../support/until.mjs';
import { temporaryFolder } from '../support/workspaces.mjs';

const FADING = 'fading.netspec.json';
const folder = temporaryFolder();
writeFileSync(
  path.join(folder, FADING),
  `{
  "netspec": 1,
  "name": "Eight sigmoid layers",
  "seed": 3, // as it was
  "data": { "source": "spiral", "samples": 200 },
  "layers": [
    {
      "type": "repeat",
      "times": 8,
      "layers": [{ "type": "dense", "units": 16, "activation": "sigmoid" }]
    },
    { "type": "dense", "name": "logits", "units": 2 }
  ],
  "loss": "softmaxCrossEntropy",
  "optimizer": { "type": "sgd", "learningRate": 0.3, "momentum": 0.9 },
  "training": { "batchSize": 16, "steps": 400 }
}
`,
);
const scene = openScenes({ workspace: folder, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });

/** The text of the editor, without the hints, which come and go by themselves. */
const textOf = async (who) => {
  const shown = await who.editor().locator('.view-lines').first().innerText();
  return shown.replaceAll('\u00a0', ' ').replaceAll(/\d+×\d+ · .*$/gm, '');
};

scene('quick fixes at the finding say what is predicted', async (who) => {
  const { page } = who;
  await who.open(FADING);
  await who.editor().locator('.squiggly-warning, .squiggly-error').first().waitFor();
  await who.editor().locator('.view-line').first().click();
  await page.keyboard.press('Control+Home');
  // Keys are lost now and then while the editor is busy opening.
  await until('the finding to be shown', async () => {
    await page.keyboard.press('Alt+F8');
    await page.locator('.marker-widget').waitFor({ timeout: 3_000 });
    return true;
  });
  const said = page.locator('.marker-widget .descriptioncontainer');
  assert.match(await said.innerText(), /'dense_1\/1' gets \S+ of the gradient of 'logits'[^`]*\n *Use 'relu'/);
  await who.picture('fixes-finding');
  await page.keyboard.press('Escape');
  const menu = page.locator('.action-widget').first();
  await until('the menu of fixes', async () => {
    await page.keyboard.press('Control+.');
    await menu.getByText('Measure fixes…').waitFor({ timeout: 5_000 });
    return true;
  });
  const words = await menu.innerText();
  assert.match(words, /Use ReLU with He initialization.* ∇ \S+ → \S+ \(predicted\)/);
  assert.match(words, /Ignore GF101 in this spec/);
  await who.picture('fixes-quick');
  await page.keyboard.press('Escape');
});

scene('measured fixes are listed, looked at, applied by Enter and taken back by one undo', async (who) => {
  const { page } = who;
  const before = await textOf(who);
  await who.commandByKeyboard('Gradoscope: Fix gradients');
  await page.locator('.notification-toast', { hasText: 'Measuring fixes' }).waitFor();
  await who.picture('fixes-measuring');
  const quick = page.locator('.quick-input-widget');
  await quick.locator('.quick-input-title', { hasText: 'Fixes of fading' }).waitFor({ timeout: 120_000 });
  const first = quick.locator('.monaco-list-row').first();
  await until('figures of the first', async () => /∇ \S+ → \S+ · accuracy/.test(await first.innerText()));
  assert.match(await quick.locator('input').first().getAttribute('placeholder'), /^As it is: ∇ \S+, accuracy \d+ %/);
  // The verdict stands beside the first of those that share it, and nothing is cut off.
  assert.match(await first.locator('.quick-input-list-separator').innerText(), /^(Better|No clear difference)$/);
  const cut = await quick
    .locator('.monaco-list-row :is(.label-name, .label-description)')
    .evaluateAll((all) => all.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent));
  assert.deepEqual(cut, []);
  await who.picture('fixes-list');
  await page.keyboard.press('Enter');
  await quick.locator('.monaco-list-row', { hasText: 'Apply' }).waitFor();
  await page.locator('.monaco-diff-editor .line-insert, .monaco-diff-editor .char-insert').first().waitFor();
  await who.picture('fixes-difference');
  // The reason can be read, and is nothing to be taken.
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await quick.locator('.monaco-list-row', { hasText: 'Apply' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await quick.locator('.quick-input-title', { hasText: 'Fixes of fading' }).waitFor();
  await page.keyboard.press('Enter');
  await quick.locator('.monaco-list-row', { hasText: 'Apply' }).waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.monaco-diff-editor').waitFor({ state: 'detached' });
  await until('the spec to be changed', async () => (await textOf(who)) !== before);
  assert.match(await textOf(who), /\/\/ as it was/);
  await who.picture('fixes-applied');
  await page.keyboard.press('Control+z');
  await until('the spec to be as it was', async () => (await textOf(who)).includes('"sigmoid"'));
});

scene('Escape leaves the list, and a difference, with nothing changed', async (who) => {
  const { page } = who;
  const before = await textOf(who);
  const quick = page.locator('.quick-input-widget');
  for (const looking of [false, true]) {
    await who.commandByKeyboard('Gradoscope: Fix gradients');
    await quick.locator('.quick-input-title', { hasText: 'Fixes of fading' }).waitFor({ timeout: 120_000 });
    if (looking) {
      await page.keyboard.press('Enter');
      await quick.locator('.monaco-list-row', { hasText: 'Apply' }).waitFor();
      await page.locator('.monaco-diff-editor').waitFor();
    }
    await page.keyboard.press('Escape');
    await quick.waitFor({ state: 'hidden' });
    await page.locator('.monaco-diff-editor').waitFor({ state: 'detached' });
  }
  assert.equal(await textOf(who), before);
});

scene('measuring ends when it is cancelled, and nothing follows', async (who) => {
  const { page } = who;
  await who.commandByKeyboard('Gradoscope: Fix gradients');
  const toast = page.locator('.notification-toast', { hasText: 'Measuring fixes' });
  await toast.getByRole('button', { name: 'Cancel' }).click();
  await toast.waitFor({ state: 'detached' });
  assert.equal(await page.locator('.quick-input-widget:visible').count(), 0);
  assert.equal((await who.notifications()).length, 0);
});
