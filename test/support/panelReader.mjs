// Owns how a test reads and touches Gradoscope's panel: its words, rows and cells, found by role or by what the page names them.
import { until } from './until.mjs';

/** @param {import('playwright-core').Page} page */
export function panelReader(page) {
  const frame = () => page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
  const grid = () => frame().getByRole('grid');
  const number = (text) => Number(text.replaceAll(',', ''));

  const self = {
    frame,
    grid,

    /** Every tab of the workbench that is a panel. */
    tabs: () => page.locator('.tab', { hasText: 'Gradients: ' }),

    /** Waits until the panel in front is that of the spec with this name. */
    whenShowing: (name) => frame().locator('.bar h1', { hasText: name }).waitFor(),

    /** The status in a word: Running, Paused, Stopped and so on. */
    word: async () => (await frame().locator('.bar .word').innerText()).trim(),

    /** The step that the bar shows; 0 before any. */
    step: async () => number(/step ([\d,]+)/.exec(await frame().locator('.bar .status').innerText())?.[1] ?? '0'),

    /** Names of the layers, from the input down. */
    layers: () => grid().getByRole('rowheader').locator('.name').allInnerTexts(),

    /** Name of the layer whose row is marked. */
    marked: () => grid().locator('[role="row"][aria-selected="true"] .name').innerText(),

    /** Each layer's value as the text alternative has it: [name, type, value, state]. */
    values: () =>
      frame()
        .locator('[data-region="values"] tbody tr')
        .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent))),

    /** Steps from the first to the last that the heatmap covers, by its own description. */
    async covers() {
      const label = await grid().getAttribute('aria-label');
      const [, from, to] = /by steps ([\d,]+) to ([\d,]+)/.exec(label ?? '') ?? [];
      return from && to ? [number(from), number(to)] : undefined;
    },

    /** How many different colours the plot has: one for a plot that shows nothing. */
    colours: () =>
      frame()
        .locator('.plot canvas')
        .first()
        .evaluate((canvas) => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          return new Set(new Uint32Array(data.buffer)).size;
        }),

    /** How many of the plot's columns show nothing in the last layer's row, where every step has a value. */
    holes: () =>
      frame()
        .locator('.plot canvas')
        .first()
        .evaluate((canvas) => {
          const rows = document.querySelector('[role="grid"]').getAttribute('aria-rowcount');
          const y = Math.floor((canvas.height * (rows - 0.5)) / rows);
          const above = Math.floor((canvas.height * 0.5) / rows); // The first layer has no parameters: an empty row.
          const context = canvas.getContext('2d');
          const line = (at) => new Uint32Array(context.getImageData(0, at, canvas.width, 1).data.buffer);
          const empty = line(above)[0];
          return line(y).filter((colour) => colour === empty).length;
        }),

    /** The notices under the bar, by the name that the page gives each. */
    notice: (name) => frame().locator(`[data-notice="${name}"]`),

    /** Waits until the status is one of these words. */
    whenWord: (...words) =>
      until(
        `the panel to say ${words.join(' or ')}`,
        async () => {
          const word = await self.word();
          return words.includes(word) ? word : Promise.reject(new Error(`it says ${word}`));
        },
        { limitMs: 60_000 },
      ),

    /** Waits until the bar names this run. */
    whenTitle: (title) => frame().locator('.bar h1', { hasText: title }).waitFor(),

    /** Waits until the bar shows this step or a later one, and returns it. */
    whenStep: (least) =>
      until(
        `the panel to show step ${least}`,
        async () => {
          const step = await self.step();
          return step >= least ? step : Promise.reject(new Error(`step ${step}, ${await self.word()}`));
        },
        { limitMs: 60_000 },
      ),

    /** Waits until the heatmap shows as many steps as the bar says, in more than one colour. */
    whenPainted: () =>
      until('the heatmap to be painted', async () => {
        const covered = await self.covers();
        return covered && (await self.colours()) > 8 ? covered : undefined;
      }),
  };
  return self;
}
