// Owns what a person does in a workbench: opens files, runs commands, types, points, looks. Everything is found by its words or
// its role, and every step has a limit (30 s unless said otherwise).
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './commands.mjs';
import { panelReader } from './panelReader.mjs';
import { until } from './until.mjs';

const SHOTS = process.env.SHOTS_DIR ?? path.join(ROOT, 'out/shots');

/** @param {Awaited<ReturnType<import('./workbench.mjs').startWorkbench>>} workbench */
export function person(workbench) {
  const { page } = workbench;
  const quick = page.locator('.quick-input-widget');

  const input = quick.locator('input[type="text"], input.input').first();

  /** Presses a key that opens the quick pick; again where it was lost on a panel's page that was just being loaded. */
  const openQuick = (key) =>
    until(`${key} to open the quick pick`, async () => {
      await page.keyboard.press(key);
      await input.waitFor({ state: 'visible', timeout: 2_000 });
      return true;
    });

  /** Opens the quick pick, types, and takes the row with the given words. */
  const pick = async (key, text, row = text) => {
    await openQuick(key);
    await input.pressSequentially(text);
    await quick.locator('.monaco-list-row', { hasText: row }).first().click();
    await quick.waitFor({ state: 'hidden' });
  };

  const self = {
    page,
    pick,

    /**
     * Opens a file of the folder by quick open, and waits until its text shows. While the window still lists its files, just
     * after a reload, rows move under the pointer: the one in focus is taken by Enter, and asked for again where it was another.
     */
    async open(file) {
      await until(`${file} to open`, async () => {
        await openQuick('Control+p');
        await input.fill(file);
        await quick.locator('.monaco-list-row.focused', { hasText: file }).first().waitFor({ timeout: 5_000 });
        await page.keyboard.press('Enter');
        await page.locator('.tab.active', { hasText: file }).first().waitFor({ timeout: 5_000 });
        return true;
      });
      await self.editor().locator('.view-line').first().waitFor();
    },

    /** Runs a command from the palette. */
    async command(title) {
      await pick('F1', title);
    },

    /** Chooses a colour theme from the list of them. */
    async theme(label) {
      await openQuick('F1');
      await input.pressSequentially('Preferences: Color Theme');
      await quick.locator('.monaco-list-row', { hasText: 'Preferences: Color Theme' }).first().click();
      await quick.locator('.monaco-list-row', { hasText: 'Dark Modern' }).first().waitFor();
      await input.pressSequentially(label);
      await quick.locator('.monaco-list-row', { hasText: label }).first().click();
      await quick.waitFor({ state: 'hidden' });
    },

    /** Runs a command from the palette with the keyboard alone. */
    async commandByKeyboard(title) {
      await openQuick('F1');
      await input.pressSequentially(title);
      await quick.locator('.monaco-list-row.focused', { hasText: title }).first().waitFor();
      await page.keyboard.press('Enter');
      await quick.waitFor({ state: 'hidden' });
    },

    /** The text editor shown first. */
    editor: () => page.locator('.editor-instance .monaco-editor').first(),

    /** Gradoscope's panel. */
    panel: panelReader(page),

    /** Replaces the whole text of the editor in focus. */
    async type(text) {
      await self.editor().locator('.view-line').first().click();
      await page.keyboard.press('Control+a');
      await page.keyboard.insertText(text);
    },

    /** Clicks on the first place where the text stands in the editor. */
    async clickOn(text) {
      await self.editor().locator('.view-line span span', { hasText: text }).first().click();
    },

    /** Rests the mouse on the first place where the text stands in the editor; returns the hover's words. */
    async hover(text, expected) {
      await self.editor().locator('.view-line span span', { hasText: text }).first().hover();
      const box = page.locator('.monaco-hover:not(.hidden)', { hasText: expected ?? '' });
      await box.first().waitFor();
      return (await box.allInnerTexts())[0];
    },

    /** The notifications shown, each its words. */
    notifications: () => page.locator('.notification-toast').allInnerTexts(),

    /** Waits for a notification with these words. */
    async notified(words) {
      return until(`a notification that says ${words}`, async () =>
        (await self.notifications()).find((text) =>
          words instanceof RegExp ? words.test(text) : text.includes(words),
        ),
      );
    },

    /** Closes every notification shown. */
    async dismissNotifications() {
      await self.command('Notifications: Clear All Notifications');
      await page.locator('.notification-toast').first().waitFor({ state: 'detached' });
    },

    /** Goes from problem to problem of the editor in focus until one has such a code; returns its sentence with the code. */
    async problem(code) {
      await self.editor().locator('.squiggly-error').first().waitFor();
      await self.editor().locator('.view-line').first().click();
      const widget = page.locator('.marker-widget .descriptioncontainer');
      const text = await until(
        `a problem with the code ${code}`,
        async () => {
          await page.keyboard.press('Alt+F8');
          await widget.waitFor();
          const said = await widget.innerText();
          return code.test(said) ? said : Promise.reject(new Error(said));
        },
        { limitMs: 15_000, everyMs: 200 },
      );
      await page.keyboard.press('Escape');
      return text;
    },

    /** Keeps a picture of the window, or of a part of it. */
    async picture(name, part = page) {
      mkdirSync(SHOTS, { recursive: true });
      await part.screenshot({ path: path.join(SHOTS, `${name}.png`) });
    },
  };
  return self;
}
