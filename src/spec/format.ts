// Owns how shapes, counts and bytes are written for people.

/** Such as `28×28×1`; a single number where there are no axes. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? '1' : shape.map((s) => (s < 0 ? `−${-s}` : String(s))).join('×');
}

/** Such as `1,234`; beyond what float64 counts exactly, `1.0e+18`. */
export function formatCount(n: number): string {
  return Number.isSafeInteger(n) ? n.toLocaleString('en-US') : n.toExponential(1);
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
/** Such as `2.0 GiB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return 'more than can be counted';
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** power;
  const shown = power === 0 ? String(Math.round(value)) : value < 1e4 ? value.toFixed(1) : value.toExponential(1);
  return `${shown} ${UNITS[power]}`;
}
