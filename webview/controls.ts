// Owns the controls: the only file that knows the webview UI toolkit, which is no longer developed. Another library, or
// none, would take its place here alone.
import {
  type Button,
  type Dropdown,
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
} from '@vscode/webview-ui-toolkit';
import { type IconName, icon, setAttribute } from './dom';

provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeDropdown(), vsCodeOption());

export interface ButtonControl {
  readonly element: HTMLElement;
  set(state: { readonly disabled?: boolean; readonly hidden?: boolean; readonly label?: string }): void;
}

function control(button: Button, setLabel: (label: string) => void): ButtonControl {
  return {
    element: button,
    set({ disabled, hidden, label }) {
      if (disabled !== undefined && button.disabled !== disabled) button.disabled = disabled;
      if (hidden !== undefined) button.toggleAttribute('hidden', hidden);
      if (label !== undefined) setLabel(label);
    },
  };
}

/** A button that is an icon; its label is its tooltip and its name. */
export function iconButton(name: IconName, label: string, onClick: () => void): ButtonControl {
  const button = document.createElement('vscode-button') as Button;
  button.setAttribute('appearance', 'icon');
  button.append(icon(name));
  button.addEventListener('click', onClick);
  const setLabel = (text: string): void => {
    setAttribute(button, 'title', text);
    setAttribute(button, 'aria-label', text);
  };
  setLabel(label);
  return control(button, setLabel);
}

/** A button with words. */
export function textButton(
  label: string,
  appearance: 'primary' | 'secondary',
  onClick: () => void,
  startIcon?: IconName,
): ButtonControl {
  const button = document.createElement('vscode-button') as Button;
  button.setAttribute('appearance', appearance);
  if (startIcon) {
    const start = icon(startIcon);
    start.setAttribute('slot', 'start');
    button.append(start);
  }
  // A text node: the toolkit squeezes a slotted span to the size of an icon.
  const text = document.createTextNode(label);
  button.append(text);
  button.addEventListener('click', onClick);
  return control(button, (words) => {
    if (text.textContent !== words) text.textContent = words;
  });
}

export interface DropdownControl {
  readonly element: HTMLElement;
  set(value: string): void;
}

/** One of several. */
export function dropdown(
  label: string,
  options: readonly { readonly value: string; readonly label: string }[],
  onChange: (value: string) => void,
): DropdownControl {
  const element = document.createElement('vscode-dropdown') as Dropdown;
  element.setAttribute('aria-label', label);
  element.setAttribute('title', label);
  for (const { value, label: text } of options) {
    const option = document.createElement('vscode-option');
    option.setAttribute('value', value);
    option.textContent = text;
    element.append(option);
  }
  element.addEventListener('change', () => onChange(element.value));
  return {
    element,
    set(value) {
      if (element.value !== value) element.value = value;
    },
  };
}
