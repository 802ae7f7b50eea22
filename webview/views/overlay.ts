// Owns what is drawn over the cells: the selected row's lines, the reference of Change, the crosshair.
import { openCanvas } from '../dom';
import { type Frame, stepShare } from '../frame';
import { withAlpha } from '../theme';

/** Draws the overlay anew. @param scrollTop as in `CellPainter.paint` */
export function paintOverlay(canvas: HTMLCanvasElement, frame: Frame, scrollTop: number): void {
  const surface = openCanvas(canvas, frame.theme.font);
  if (!surface) return;
  const { context, width, height } = surface;
  const { theme, rowHeight, selectedRow, reference, state, track } = frame;
  const top = (row: number): number => row * rowHeight - scrollTop;
  if (selectedRow >= 0) {
    context.strokeStyle = theme.focus;
    context.lineWidth = 1;
    if (theme.highContrast) context.setLineDash([4, 3]);
    context.beginPath();
    for (const y of [top(selectedRow) + 0.5, top(selectedRow + 1) - 0.5]) {
      context.moveTo(0, y);
      context.lineTo(width, y);
    }
    context.stroke();
    context.setLineDash([]);
  }
  if (reference) {
    const x = Math.round(stepShare(frame, reference.step) * width);
    if (x >= 0 && x <= width) {
      context.fillStyle = theme.foreground;
      context.fillRect(Math.min(x, width - 1), 0, 1, height);
    }
  }
  const cell = state.active;
  if (!cell && typeof state.shown === 'number') {
    const x = Math.round((stepShare(frame, state.shown) + stepShare(frame, state.shown + 1)) * 0.5 * width);
    context.strokeStyle = withAlpha(theme.foreground, 0.75);
    context.setLineDash([2, 2]);
    context.beginPath();
    context.moveTo(Math.min(x, width - 1) + 0.5, 0);
    context.lineTo(Math.min(x, width - 1) + 0.5, height);
    context.stroke();
    context.setLineDash([]);
  }
  if (!cell || !track) return;
  const bin = track.binOf(cell.step);
  const from = stepShare(frame, track.stepOf(bin)) * width;
  const to = stepShare(frame, track.stepOf(bin + 1)) * width;
  const wide = Math.max(6, Math.round(to - from));
  const x = Math.round((from + to) / 2);
  const left = Math.min(Math.max(0, Math.round(x - wide / 2)), width - wide);
  context.strokeStyle = withAlpha(theme.foreground, 0.75);
  context.lineWidth = 1;
  context.setLineDash([2, 2]);
  context.beginPath();
  context.moveTo(Math.min(x, width - 1) + 0.5, 0);
  context.lineTo(Math.min(x, width - 1) + 0.5, height);
  context.stroke();
  context.setLineDash([]);
  const y = top(cell.row);
  context.strokeStyle = theme.background;
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, y - 1, wide + 1, rowHeight + 1);
  context.strokeStyle = state.pinned ? theme.focus : theme.foreground;
  context.lineWidth = 1.5;
  context.strokeRect(left + 0.75, y + 0.25, wide - 1.5, rowHeight - 1.5);
}
