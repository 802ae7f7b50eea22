// Owns how the reference reads the windows of a convolution or pooling: its geometry and the taps of a window.
import { GEOMETRY } from '../contract';
import type { ReferenceContext } from './context';

export type Geometry = Readonly<Record<Exclude<keyof typeof GEOMETRY, 'length'>, number>>;

/** @param at index in ints of the geometry */
export function geometryAt(c: ReferenceContext, at: number): Geometry {
  const value = (name: keyof typeof GEOMETRY) => c.ints[at + GEOMETRY[name]]!;
  return {
    inHeight: value('inHeight'),
    inWidth: value('inWidth'),
    inChannels: value('inChannels'),
    outHeight: value('outHeight'),
    outWidth: value('outWidth'),
    outChannels: value('outChannels'),
    kernelHeight: value('kernelHeight'),
    kernelWidth: value('kernelWidth'),
    strideY: value('strideY'),
    strideX: value('strideX'),
    dilationY: value('dilationY'),
    dilationX: value('dilationX'),
    padTop: value('padTop'),
    padLeft: value('padLeft'),
    multiplier: value('multiplier'),
  };
}

/** Calls `visit` for each tap of each window that lies inside of the input: output position, input position, tap. */
export function forEachTap(g: Geometry, visit: (output: number, input: number, tap: number) => void): void {
  for (let oy = 0; oy < g.outHeight; oy++) {
    for (let ox = 0; ox < g.outWidth; ox++) {
      for (let ky = 0; ky < g.kernelHeight; ky++) {
        const iy = oy * g.strideY - g.padTop + ky * g.dilationY;
        if (iy < 0 || iy >= g.inHeight) continue;
        for (let kx = 0; kx < g.kernelWidth; kx++) {
          const ix = ox * g.strideX - g.padLeft + kx * g.dilationX;
          if (ix < 0 || ix >= g.inWidth) continue;
          visit(oy * g.outWidth + ox, iy * g.inWidth + ix, ky * g.kernelWidth + kx);
        }
      }
    }
  }
}
