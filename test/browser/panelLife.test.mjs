// The panel's life: it keeps its picture when hidden, moved and closed, survives a reload of the window, and says so when the
// spec has changed or the reload ended the run.
import assert from 'node:assert/strict';
import { openScenes } from '../support/scenes.mjs';
import { until } from '../support/until.mjs';
import { examplesFolder, SLOW } from '../support/workspaces.mjs';

const scene = openScenes({ workspace: examplesFolder() });

/**
 * Reloads the window once the workbench in the browser has stored that the panel is open, which it does every few seconds; then
 * shows the panel, since what was stored may be older than the last change of tabs.
 */
async function reload(who) {
  const { page } = who;
  const stored = () =>
    page.evaluate(async () => {
      const done = (request) =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      for (const { name } of await indexedDB.databases()) {
        if (!name.startsWith('vscode-web-state-db')) continue;
        const db = await done(indexedDB.open(name));
        const layout = await done(
          db.transaction('ItemTable').objectStore('ItemTable').get('memento/workbench.parts.editor'),
        );
        db.close();
        if (String(layout).includes('gradoscope.panel')) return true;
      }
      return false;
    });
  await until('the workbench to store its layout', stored, { limitMs: 90_000 });
  await page.reload();
  await who.panel.tabs().first().click();
}

scene('editing during a run does not disturb it; the panel says that the file has changed', async (who) => {
  await who.open(SLOW);
  await who.command('Gradoscope: Train');
  const step = await who.panel.whenStep(5);
  await who.editor().locator('.view-line').first().click();
  await who.page.keyboard.press('Control+End');
  await who.page.keyboard.type(' ');
  await who.panel.notice('stale').waitFor();
  await who.panel.whenStep(step + 5);
  assert.equal(await who.panel.word(), 'Running');
  await who.page.keyboard.press('Control+z');
  await who.panel.notice('stale').waitFor({ state: 'detached' });
});

scene('a hidden panel comes back with its picture', async (who) => {
  await who.command('Gradoscope: Stop');
  await who.panel.whenWord('Stopped');
  const step = await who.panel.step();
  await who.panel.tabs().first().click();
  await who.command('File: New Untitled Text File');
  await who.panel.frame().locator('.bar').waitFor({ state: 'detached' });
  await who.panel.tabs().first().click();
  await who.panel.whenPainted();
  assert.equal(await who.panel.step(), step);
  assert.equal(await who.panel.word(), 'Stopped');
});

scene('a moved panel keeps its picture', async (who) => {
  const step = await who.panel.step();
  await who.panel.tabs().first().click();
  await who.command('View: Move Editor into Previous Group');
  await who.panel.whenPainted();
  assert.equal(await who.panel.step(), step);
  await who.command('View: Move Editor into Next Group');
  await who.panel.whenPainted();
  assert.equal(await who.panel.step(), step);
});

scene('a closed panel is opened again by Show gradients, with its run', async (who) => {
  const step = await who.panel.step();
  await who.panel.tabs().first().click();
  await who.command('View: Close Editor');
  await who.panel.tabs().first().waitFor({ state: 'detached' });
  await who.open(SLOW);
  await who.command('Gradoscope: Show gradients');
  await who.panel.whenPainted();
  assert.equal(await who.panel.step(), step);
});

scene('a reload of the window brings back a finished run', async (who) => {
  const step = await who.panel.step();
  const before = await who.panel.values();
  await reload(who);
  await who.panel.whenPainted();
  assert.equal(await who.panel.word(), 'Stopped');
  assert.equal(await who.panel.step(), step);
  await until('the same values', async () => JSON.stringify(await who.panel.values()) === JSON.stringify(before));
});

scene('a reload during a run keeps what was recorded, and says that it was interrupted', async (who) => {
  await who.open(SLOW);
  await who.command('Gradoscope: Train');
  await who.panel.whenWord('Running');
  await who.panel.whenStep(50);
  await reload(who);
  await who.panel.whenWord('Interrupted');
  await who.panel.whenPainted();
  assert.ok((await who.panel.step()) > 0);
  await who.panel.notice('interrupted').waitFor();
  await who.picture('interrupted');

  await who.open(SLOW);
  await who.command('Gradoscope: Train');
  await who.panel.whenWord('Running');
  await who.panel.whenStep(3);
  await who.command('Gradoscope: Stop');
  await who.panel.whenWord('Stopped');
});
