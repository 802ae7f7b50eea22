// Owns who gets the panel's height: bar, notices and heatmap always; the charts what is left, or nothing.
import type { Frame } from './frame';
import type { HeatmapView } from './views/heatmap';

/** Less than this is no chart. */
const LEAST_CHARTS = 150;
const LEAST_CHARTS_NARROW = 190;
/** Rows of a deep net that stay in view before the charts go. */
const LEAST_DENSE_ROWS = 16;
/** Height of the plot where there are no rows: room for the card. */
const NO_ROWS = 132;

/** Heights in pixels: of the rows' viewport, and whether the charts show. */
export function shareHeight(
  free: number,
  rows: number,
  rowHeight: number,
  leastCharts: number,
): { readonly viewport: number; readonly charts: boolean } {
  const natural = rows === 0 ? NO_ROWS : rows * rowHeight;
  // Dense rows may scroll so that the charts stay; high ones are few, and come first.
  const least = rowHeight < 20 ? Math.min(natural, LEAST_DENSE_ROWS * rowHeight) : natural;
  if (free - leastCharts >= least) return { viewport: Math.min(natural, free - leastCharts), charts: true };
  return { viewport: Math.max(Math.min(natural, free), Math.min(natural, 3 * rowHeight)), charts: false };
}

/** Applies it. */
export function layoutPanel(
  panel: HTMLElement,
  bar: HTMLElement,
  notices: HTMLElement,
  heatmap: HeatmapView,
  charts: HTMLElement,
  frame: Frame,
): void {
  const chrome = heatmap.element.offsetHeight - heatmap.scroller.offsetHeight;
  const free = panel.clientHeight - bar.offsetHeight - notices.offsetHeight - chrome;
  const least = frame.sizes.narrow ? LEAST_CHARTS_NARROW : LEAST_CHARTS;
  const { viewport, charts: show } = shareHeight(free, frame.rows.length, frame.rowHeight, least);
  const height = `${Math.floor(viewport)}px`;
  if (heatmap.scroller.style.height !== height) heatmap.scroller.style.height = height;
  if (charts.hidden === show) charts.hidden = !show;
}
