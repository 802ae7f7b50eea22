// The whole way with the keyboard alone: open, train, go into the panel, walk its cells, back to the layer's place in the spec,
// stop.
import assert from 'node:assert/strict';
import { openScenes } from '../support/scenes.mjs';
import { until } from '../support/until.mjs';
import { examplesFolder } from '../support/workspaces.mjs';

const scene = openScenes({ workspace: examplesFolder() });

scene('open, train, walk the cells, reveal, stop', async (who) => {
  const { page, panel } = who;
  await page.keyboard.press('Control+p');
  const input = page.locator('.quick-input-widget input').first();
  await input.waitFor();
  await input.pressSequentially('slow-sigmoid');
  await page.locator('.quick-input-list .monaco-list-row.focused', { hasText: 'slow-sigmoid' }).waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.tab.active', { hasText: 'slow-sigmoid' }).waitFor();
  await who.commandByKeyboard('Gradoscope: Train');
  await panel.whenStep(20);

  await who.commandByKeyboard('View: Focus Right Editor Group');
  const focused = () => panel.frame().locator('[role="grid"]:focus').count();
  await until(
    'the grid to have the focus',
    async () => {
      if (await focused()) return true;
      await page.keyboard.press('Tab');
      return focused();
    },
    { everyMs: 100 },
  );
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Home');
  const spoken = panel.frame().locator('[data-region="cell"]');
  const at = async () => (await spoken.textContent()) ?? '';
  await until('a cell to be spoken of', async () => /^\S+, step/.test(await at()));
  const first = (await at()).split(',')[0];
  await page.keyboard.press('ArrowDown');
  await until('the next layer to be spoken of', async () => (await at()).split(',')[0] !== first);
  const [layer] = (await at()).split(',');
  await page.keyboard.press('Space');
  await panel.whenWord('Paused');
  await page.keyboard.press('Space');
  await panel.whenWord('Running');

  await page.keyboard.press('Enter');
  await until('the cursor to be in the spec', async () => (await page.locator('.monaco-editor.focused').count()) > 0);
  await page
    .locator('.statusbar-item', { hasText: /selected/ })
    .first()
    .waitFor();
  await until(`the row of ${layer} to be marked`, async () => (await panel.marked()) === layer);

  await who.commandByKeyboard('Gradoscope: Stop');
  await panel.whenWord('Stopped');
  assert.ok((await panel.step()) >= 20);
});
