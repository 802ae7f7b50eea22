// Owns the patterns that tell cells apart by more than colour. They live in screen space: their size does not depend on
// the cell's.
import type { Theme } from './theme';

export type PatternName = 'hatch' | 'chevrons' | 'checkerboard';
export type Patterns = Readonly<Record<PatternName, CanvasPattern>>;

function tile(size: number, ratio: number, draw: (context: CanvasRenderingContext2D) => void): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.round(size * ratio);
  const context = canvas.getContext('2d')!;
  context.scale(canvas.width / size, canvas.height / size);
  draw(context);
  return canvas;
}

/**
 * Diagonal hatch (6 px), chevrons (8 px) on the theme's red, checkerboard (8 px) in foreground and background.
 * @param ratio device pixels a CSS pixel
 */
export function createPatterns(theme: Theme, ratio: number): Patterns {
  const pattern = (size: number, draw: (context: CanvasRenderingContext2D) => void): CanvasPattern => {
    const canvas = tile(size, ratio, draw);
    const made = document.createElement('canvas').getContext('2d')!.createPattern(canvas, 'repeat')!;
    made.setTransform(new DOMMatrix().scale(size / canvas.width));
    return made;
  };
  return {
    hatch: pattern(6, (c) => {
      c.strokeStyle = theme.pattern;
      c.lineWidth = 1;
      c.beginPath();
      for (const offset of [-6, 0, 6]) {
        c.moveTo(offset, 6);
        c.lineTo(offset + 6, 0);
      }
      c.stroke();
    }),
    chevrons: pattern(8, (c) => {
      c.fillStyle = theme.red;
      c.fillRect(0, 0, 8, 8);
      c.strokeStyle = theme.background;
      c.lineWidth = 1.6;
      c.beginPath();
      c.moveTo(-1, 6);
      c.lineTo(4, 2);
      c.lineTo(9, 6);
      c.stroke();
    }),
    checkerboard: pattern(8, (c) => {
      c.fillStyle = theme.background;
      c.fillRect(0, 0, 8, 8);
      c.fillStyle = theme.foreground;
      c.fillRect(0, 0, 4, 4);
      c.fillRect(4, 4, 4, 4);
    }),
  };
}
