// Owns the colours of a predicted gradient in the editor: steps of a fixed scale, the ramp of the theme, and the small pictures
// that stand in the gutter. Pure. The stops are the panel's (a test holds them to it).

export type ThemeKind = 'dark' | 'light' | 'highContrast' | 'highContrastLight';

/** Low recedes into the background; cool only: warm means trouble. */
const STOPS = {
  dark: ['#2c1c45', '#373371', '#334f99', '#1f72af', '#0095b9', '#18b5b6', '#62d0ab', '#a8e59a', '#edf493'],
  light: ['#f6f5db', '#bee6bc', '#7ad4bc', '#41babd', '#129bbd', '#207bb7', '#3659a4', '#363a82', '#2f1f60'],
} as const;

/** Decades from the ramp's one end to its other, which is a gradient as large as the last layer's. */
const DECADES = 8;
/** Ten times the last layer's gradient or more: what the panel calls exploded of a norm. */
const EXPLODED = 10;

/** `vanished`: below the ramp; `exploded`: far above it; otherwise a stop of the ramp. */
export type HeatStep = 'vanished' | 'exploded' | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
export const HEAT_STEPS: readonly HeatStep[] = ['vanished', 0, 1, 2, 3, 4, 5, 6, 7, 8, 'exploded'];

/** Of `cumulative`; undefined where nothing can be said. */
export function heatStep(cumulative: number): HeatStep | undefined {
  if (Number.isNaN(cumulative) || cumulative < 0) return undefined;
  if (cumulative >= EXPLODED) return 'exploded';
  const decades = Math.log10(cumulative);
  if (decades < -DECADES) return 'vanished';
  const stop = Math.round((1 + decades / DECADES) * (STOPS.dark.length - 1));
  return Math.min(STOPS.dark.length - 1, stop) as HeatStep;
}

export function isDark(theme: ThemeKind): boolean {
  return theme === 'dark' || theme === 'highContrast';
}

/** A step's colour; the patterns of the two ends have their own beside it. */
export function heatColour(step: HeatStep, theme: ThemeKind): string {
  const dark = isDark(theme);
  // charts.red of VS Code's own themes.
  if (step === 'exploded') return dark ? '#f14c4c' : '#e51400';
  return STOPS[dark ? 'dark' : 'light'][step === 'vanished' ? 0 : step];
}

/** What draws on the theme's background and on every step of the ramp's low end. */
export function inkColour(theme: ThemeKind): string {
  return { dark: '#cccccc', light: '#3b3b3b', highContrast: '#ffffff', highContrastLight: '#292929' }[theme];
}

/**
 * The icon beside a line: a bar that joins those above and below, never told by its colour alone. A vanished gradient is hatched,
 * an exploded one has chevrons, and a bar's width grows with its step.
 */
export function gutterIcon(step: HeatStep, theme: ThemeKind): string {
  const colour = heatColour(step, theme);
  const ink = inkColour(theme);
  // The box is as wide as it is high; the bar stands at the right, beside the text.
  const width = typeof step === 'number' ? 3 + (step * 4) / 8 : 7;
  const bar = `<rect x="${16 - width}" width="${width}" height="16" fill="${colour}"/>`;
  // The ramp's low end recedes into the background: a thin line keeps it in sight.
  const edge = `<rect x="${16 - width}" width="1" height="16" fill="${ink}" fill-opacity="0.45"/>`;
  const line = (path: string, stroke: string): string =>
    `<path d="${path}" fill="none" stroke="${stroke}" stroke-width="1.2"/>`;
  const body =
    step === 'vanished'
      ? bar + edge + line('M9 4L16 -3M9 8.5L16 1.5M9 13L16 6M9 17.5L16 10.5', ink)
      : step === 'exploded'
        ? bar + line('M9.5 7L12.5 4L15.5 7M9.5 12L12.5 9L15.5 12', isDark(theme) ? '#000000' : '#ffffff')
        : bar + (step < 3 ? edge : '');
  return svgUri(
    `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16" preserveAspectRatio="none">${body}</svg>`,
  );
}

/** An SVG as an address that both a gutter and a Markdown image take. */
export function svgUri(svg: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}
