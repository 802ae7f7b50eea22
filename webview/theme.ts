// Owns what the views draw with: VS Code's theme variables as colours for canvases, and the data ramps that go with the
// theme's kind. The style sheet reads the same variables by itself.
import { createRamp, RAMPS, type Ramp } from './palette';

export type ThemeKind = 'dark' | 'light' | 'highContrastDark' | 'highContrastLight';

export interface Theme {
  readonly kind: ThemeKind;
  readonly highContrast: boolean;
  readonly foreground: string;
  readonly secondary: string;
  readonly background: string;
  readonly line: string;
  readonly focus: string;
  readonly error: string;
  readonly red: string;
  readonly blue: string;
  readonly green: string;
  /** Hatches. */
  readonly pattern: string;
  readonly font: string;
  readonly sequential: Ramp;
  readonly diverging: Ramp;
}

/** The kind of a theme from the classes that VS Code sets on the body. High contrast light has both of its classes. */
export function themeKind(classes: { contains(name: string): boolean }): ThemeKind {
  if (classes.contains('vscode-high-contrast-light')) return 'highContrastLight';
  if (classes.contains('vscode-high-contrast')) return 'highContrastDark';
  return classes.contains('vscode-light') ? 'light' : 'dark';
}

/** A CSS colour with its opacity multiplied. What is no colour that themes write comes back as it is. */
export function withAlpha(colour: string, alpha: number): string {
  const hex = /^#([\da-f]{3,8})$/i.exec(colour.trim())?.[1];
  if (hex) {
    const wide = hex.length <= 4 ? [...hex].map((c) => c + c).join('') : hex;
    const [r, g, b, a = 255] = [0, 2, 4, 6]
      .filter((i) => i < wide.length)
      .map((i) => Number.parseInt(wide.slice(i, i + 2), 16));
    return `rgba(${r}, ${g}, ${b}, ${Number(((a / 255) * alpha).toFixed(3))})`;
  }
  const numbers = /^rgba?\(([^)]*)\)$/i.exec(colour.trim())?.[1]?.split(/[\s,/]+/);
  if (!numbers || numbers.length < 3) return colour;
  const opacity = numbers[3] === undefined ? 1 : Number.parseFloat(numbers[3]) / (numbers[3].endsWith('%') ? 100 : 1);
  return `rgba(${numbers.slice(0, 3).join(', ')}, ${Number((opacity * alpha).toFixed(3))})`;
}

/** What stands where a theme leaves a variable out, as high contrast themes do. */
const FALLBACKS = {
  dark: { foreground: '#cccccc', background: '#1f1f1f', line: '#2b2b2b', focus: '#0078d4', error: '#f14c4c' },
  light: { foreground: '#3b3b3b', background: '#ffffff', line: '#e5e5e5', focus: '#005fb8', error: '#e51400' },
  highContrastDark: {
    foreground: '#ffffff',
    background: '#000000',
    line: '#6fc3df',
    focus: '#f38518',
    error: '#f48771',
  },
  highContrastLight: {
    foreground: '#292929',
    background: '#ffffff',
    line: '#0f4a85',
    focus: '#006bbd',
    error: '#b5200d',
  },
} as const;

const ramps = {
  dark: { sequential: createRamp(RAMPS.dark.sequential), diverging: createRamp(RAMPS.dark.diverging) },
  light: { sequential: createRamp(RAMPS.light.sequential), diverging: createRamp(RAMPS.light.diverging) },
};

/** Reads the theme as it is now. */
export function readTheme(): Theme {
  const kind = themeKind(document.body.classList);
  const style = getComputedStyle(document.body);
  const read = (name: string, otherwise: string): string =>
    style.getPropertyValue(`--vscode-${name}`).trim() || otherwise;
  const base = FALLBACKS[kind];
  const light = kind === 'light' || kind === 'highContrastLight';
  const highContrast = kind === 'highContrastDark' || kind === 'highContrastLight';
  const foreground = read('foreground', base.foreground);
  return {
    kind,
    highContrast,
    foreground,
    secondary: read('descriptionForeground', foreground),
    background: read('editor-background', base.background),
    line: highContrast
      ? read('contrastBorder', read('panel-border', base.line))
      : read('panel-border', withAlpha(foreground, 0.15)),
    focus: read('focusBorder', base.focus),
    error: read('editorError-foreground', read('errorForeground', base.error)),
    red: read('charts-red', base.error),
    blue: read('charts-blue', '#3794ff'),
    green: read('charts-green', light ? '#388a34' : '#89d185'),
    pattern: withAlpha(light ? foreground : '#ffffff', highContrast ? 0.6 : 0.27),
    font: read('font-family', 'system-ui, sans-serif'),
    ...(light ? ramps.light : ramps.dark),
  };
}

/** Calls when the theme may have changed: VS Code swaps the body's classes and the root's variables. */
export function watchTheme(changed: () => void): void {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
}
