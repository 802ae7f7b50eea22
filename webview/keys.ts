// Owns which key does what in the panel. Doing it is `main.ts`.

export type KeyDeed =
  | { readonly do: 'moveRow'; readonly by: number }
  | { readonly do: 'moveColumn'; readonly by: number }
  | { readonly do: 'zoom'; readonly factor: number }
  | {
      readonly do:
        | 'firstStep'
        | 'live'
        | 'reveal'
        | 'pin'
        | 'wholeRun'
        | 'colour'
        | 'lock'
        | 'pause'
        | 'stepBatch'
        | 'train'
        | 'leave';
    };

export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/**
 * The deed of a key press. Those of the cells hold only while the grid or the scrubber has the focus; the others
 * wherever no control takes the key for itself. Chords belong to VS Code.
 */
export function keyDeed(press: KeyPress, inGrid: boolean): KeyDeed | undefined {
  if (press.ctrlKey || press.altKey || press.metaKey) return undefined;
  const far = press.shiftKey ? 10 : 1;
  if (inGrid) {
    switch (press.key) {
      case 'ArrowUp':
        return { do: 'moveRow', by: -1 };
      case 'ArrowDown':
        return { do: 'moveRow', by: 1 };
      case 'ArrowLeft':
        return { do: 'moveColumn', by: -far };
      case 'ArrowRight':
        return { do: 'moveColumn', by: far };
      case 'Home':
        return { do: 'firstStep' };
      case 'End':
        return { do: 'live' };
      case 'Enter':
        return { do: 'reveal' };
    }
  }
  switch (press.key) {
    case '+':
    case '=':
      return { do: 'zoom', factor: 2 };
    case '-':
    case '−':
      return { do: 'zoom', factor: 0.5 };
    case '0':
      return { do: 'wholeRun' };
    case ' ':
      return { do: 'pause' };
    case 'Escape':
      return { do: 'leave' };
  }
  switch (press.key.toLowerCase()) {
    case 'p':
      return { do: 'pin' };
    case 'c':
      return { do: 'colour' };
    case 'l':
      return { do: 'lock' };
    case 's':
      return { do: 'stepBatch' };
    case 't':
      return { do: 'train' };
  }
  return undefined;
}
