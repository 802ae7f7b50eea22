// Owns what the two charts share: Chart.js with the parts they use, and their common options.
import {
  CategoryScale,
  Chart,
  type ChartOptions,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
} from 'chart.js';
import { type Theme, withAlpha } from '../theme';

Chart.register(LineController, LineElement, PointElement, LinearScale, CategoryScale);

export { Chart };

/** Options of both charts: no animation, no own legend or tooltip, text of 11 px. */
export function baseOptions(): ChartOptions<'line'> {
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    normalized: true,
    events: [],
    layout: { padding: { left: 0, right: 8, top: 8, bottom: 0 } },
  };
}

/** Faint lines of a grid. */
export function gridColour(theme: Theme): string {
  return withAlpha(theme.foreground, theme.highContrast ? 0.3 : 0.1);
}

/** A word on a chart, with the background around it so that lines do not cross it. */
export function drawTag(
  context: CanvasRenderingContext2D,
  theme: Theme,
  text: string,
  x: number,
  y: number,
  colour: string,
  align: CanvasTextAlign = 'left',
): void {
  context.save();
  context.font = `11px ${theme.font}`;
  context.textAlign = align;
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = 4;
  context.strokeStyle = theme.background;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
  context.restore();
}
