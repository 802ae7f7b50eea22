// Owns the two data ramps and the interpolation between their stops. Which ramp a theme takes is decided in `theme.ts`.

/** Nine stops each. Sequential: cool, lightness monotone, low receding into the background; diverging: blue less, orange more. */
export const RAMPS = {
  dark: {
    sequential: ['#2c1c45', '#373371', '#334f99', '#1f72af', '#0095b9', '#18b5b6', '#62d0ab', '#a8e59a', '#edf493'],
    diverging: ['#75caf2', '#4fa1d0', '#3c7aa8', '#3b5673', '#2f3640', '#734d2f', '#ac672b', '#d59047', '#f5c076'],
  },
  light: {
    sequential: ['#f6f5db', '#bee6bc', '#7ad4bc', '#41babd', '#129bbd', '#207bb7', '#3659a4', '#363a82', '#2f1f60'],
    diverging: ['#004985', '#2d75aa', '#60a0cd', '#a7c8e0', '#eceff1', '#e8c0a0', '#da9151', '#b46631', '#8c3d12'],
  },
} as const;

type Triple = readonly [number, number, number];

const toLinear = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const toGamma = (c: number): number => (c <= 0.0031308 ? c * 12.92 : 1.055 * c ** (1 / 2.4) - 0.055);

/** `#rrggbb` as 0…255. */
export function parseHex(hex: string): Triple {
  const n = Number.parseInt(hex.slice(1, 7), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

/** sRGB 0…255 to OKLab (B. Ottosson, 2020). */
export function toOklab(rgb: Triple): Triple {
  const [r, g, b] = rgb.map((c) => toLinear(c / 255)) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** OKLab to sRGB, rounded and clipped to 0…255. */
export function fromOklab([lightness, a, b]: Triple): Triple {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const out = (c: number): number => Math.min(255, Math.max(0, Math.round(toGamma(Math.max(0, c)) * 255)));
  return [
    out(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    out(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    out(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Colours a ramp is cut into: finer than eyes tell apart over nine stops. */
const SHADES = 512;

/** A ramp as a table of colours, ready for an image's pixels. */
export interface Ramp {
  /** As pixels of an ImageData read as 32 bits on a little-endian machine (every one that runs VS Code). */
  readonly pixels: Uint32Array;
  /** Pixel of a share of the ramp; outside 0…1 it is the end's. */
  pixel(share: number): number;
  /** The same as CSS. */
  css(share: number): string;
}

/** Interpolates between evenly spaced stops in OKLab. */
export function createRamp(stops: readonly string[]): Ramp {
  const labs = stops.map((stop) => toOklab(parseHex(stop)));
  const pixels = new Uint32Array(SHADES);
  for (let i = 0; i < SHADES; i++) {
    const at = (i / (SHADES - 1)) * (labs.length - 1);
    const k = Math.min(labs.length - 2, Math.floor(at));
    const from = labs[k]!;
    const to = labs[k + 1]!;
    const mix = (j: 0 | 1 | 2): number => from[j] + (to[j] - from[j]) * (at - k);
    const [r, g, b] = fromOklab([mix(0), mix(1), mix(2)]);
    pixels[i] = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  }
  const pixel = (share: number): number =>
    pixels[Math.min(SHADES - 1, Math.max(0, Math.round(share * (SHADES - 1))))] ?? 0;
  return {
    pixels,
    pixel,
    css(share) {
      const p = pixel(share);
      return `rgb(${p & 255}, ${(p >> 8) & 255}, ${(p >> 16) & 255})`;
    },
  };
}
