// Owns making and changing elements, and canvases as sharp as the screen. No state of the panel.

type Attributes = Readonly<Record<string, string | undefined>>;

/** Makes an element with attributes and children. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A sentence with `code` in it, as what an element holds. */
export function prose(text: string): readonly (Node | string)[] {
  return text.split(/`([^`]*)`/).map((part, i) => (i % 2 === 1 ? el('code', {}, part) : part));
}

/** Sets text only where it differs, so that nothing is laid out or announced anew without need. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets or removes an attribute only where it differs. */
export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

const ICONS = {
  pause: 'M4 3h2.5v10H4zM9.5 3H12v10H9.5z',
  resume: 'M4 2.5l9 5.5-9 5.5z',
  stop: 'M3.5 3.5h9v9h-9z',
  step: 'M4 3l6 5-6 5zM11 3h1.6v10H11z',
  restart: 'M3 8.6a5 5 0 1 0 5-5V1.2L4.4 4.3 8 7.4V5.1a3.5 3.5 0 1 1-3.5 3.5z',
  more: 'M3 7h2v2H3zm4 0h2v2H7zm4 0h2v2h-2z',
  warning: 'M8 1l7 13H1zM7.3 6v4h1.4V6zm0 5v1.5h1.4V11z',
  error: 'M8 1a7 7 0 110 14A7 7 0 018 1zM7.2 4v5h1.6V4zm0 6.2V12h1.6v-1.8z',
  info: 'M8 1a7 7 0 110 14A7 7 0 018 1zM7.2 7v5h1.6V7zm0-3v1.8h1.6V4z',
} as const;

export type IconName = keyof typeof ICONS;

const SVG = 'http://www.w3.org/2000/svg';

/** Makes an SVG element with attributes. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  return element;
}

/** A 16 px icon in the text's colour, hidden from screen readers. */
export function icon(name: IconName): SVGSVGElement {
  const picture = svg('svg', { viewBox: '0 0 16 16', class: 'icon', 'aria-hidden': 'true' });
  picture.append(svg('path', { 'fill-rule': 'evenodd', d: ICONS[name] }));
  return picture;
}

export interface Surface {
  readonly context: CanvasRenderingContext2D;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Device pixels a CSS pixel. */
  readonly ratio: number;
}

/** Clears a canvas, resized to its place on the screen; its unit is the CSS pixel. Nothing while it has no place. */
export function openCanvas(canvas: HTMLCanvasElement, font: string): Surface | undefined {
  const ratio = devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const context = canvas.getContext('2d');
  if (!context || width < 1 || height < 1) return undefined;
  const w = Math.round(width * ratio);
  const h = Math.round(height * ratio);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, w, h);
  context.setTransform(w / width, 0, 0, h / height, 0, 0);
  context.font = `11px ${font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  context.globalAlpha = 1;
  context.setLineDash([]);
  return { context, width, height, ratio };
}
