// Owns the frame of a browser test: one workbench for the file's scenes, with the extension installed from the package that
// runBrowser.mjs made, and a picture of the window where a scene fails.
import path from 'node:path';
import { after, before, test } from 'node:test';
import { PlainError, ROOT } from './commands.mjs';
import { person } from './person.mjs';
import { startWorkbench } from './workbench.mjs';

/**
 * Opens a workbench for this file's scenes.
 * @param {object} [o]
 * @param {string} [o.workspace]                 folder to open a copy of; the examples
 * @param {Record<string, unknown>} [o.settings]
 * @param {{ width: number, height: number }} [o.viewport]
 * @param {boolean} [o.chained]  each scene goes on where the one before it ended (default): after a failure the rest is skipped
 * @returns a function that declares a scene: a test of what one person does
 */
export function openScenes({ workspace = path.join(ROOT, 'examples'), settings, viewport, chained = true } = {}) {
  let workbench;
  let who;
  let broken = false;
  before(
    async () => {
      const vsix = process.env.GRADOSCOPE_VSIX;
      if (!vsix) throw new PlainError('Run this by `npm run test:browser`, which packs the extension first.');
      workbench = await startWorkbench({ workspace, vsix, settings, viewport });
      who = person(workbench);
    },
    { timeout: 180_000 },
  );
  after(() => workbench?.close());

  /**
   * @param {string} name
   * @param {(who: ReturnType<typeof person>, workbench: Awaited<ReturnType<typeof startWorkbench>>) => Promise<void>} act
   */
  return (name, act, { limitMs = 180_000 } = {}) =>
    test(name, { timeout: limitMs }, async (t) => {
      if (chained && broken) return t.skip('a scene before it failed');
      try {
        await act(who, workbench);
      } catch (error) {
        broken = true;
        await who?.picture(`failure-${name.replaceAll(/\W+/g, '-').slice(0, 60)}`).catch(() => {}); // The first error counts.
        throw error;
      }
    });
}
