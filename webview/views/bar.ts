// Owns the bar: the run's name, how it stands, and what can be done with it.

import type { RunInfo, RunStatus } from '../../src/protocol/run';
import { type ButtonControl, type DropdownControl, dropdown, iconButton } from '../controls';
import { el, setText } from '../dom';
import { formatDuration, formatInteger, formatRate } from '../format';
import type { Frame } from '../frame';
import { MEASURES } from '../measures';
import type { Doings } from './doings';
import { MenuView } from './menu';

const WORDS: Readonly<Record<RunStatus, string>> = {
  starting: 'Starting',
  running: 'Running',
  paused: 'Paused',
  completed: 'Completed',
  cancelled: 'Stopped',
  diverged: '✕ Diverged',
  failed: '✕ Failed',
  interrupted: 'Interrupted',
};

/** The status in a word or two. */
export function statusWord(status: RunStatus | undefined, run: RunInfo | undefined): string {
  if (status === undefined) return 'Not run yet';
  if (run?.mode === 'gradients' && status === 'completed') return 'One batch measured';
  return WORDS[status];
}

export class BarView {
  readonly element: HTMLElement;
  readonly #title = el('h1');
  readonly #dot = el('span', { class: 'dot', 'aria-hidden': 'true' });
  readonly #word = el('span');
  readonly #step = el('span');
  readonly #total = el('span', { class: 'secondary' });
  readonly #rate = el('span', { class: 'secondary wide' });
  readonly #left = el('span', { class: 'secondary' });
  readonly #buttons: Readonly<Record<'pause' | 'resume' | 'stop' | 'restart' | 'step', ButtonControl>>;
  readonly #measure: DropdownControl;
  readonly #menu: MenuView;

  constructor(doings: Doings) {
    this.#buttons = {
      pause: iconButton('pause', 'Pause (Space)', () => doings.command('pause')),
      resume: iconButton('resume', 'Resume (Space)', () => doings.command('resume')),
      stop: iconButton('stop', 'Stop', () => doings.command('stop')),
      restart: iconButton('restart', 'Train again with the same seed (T)', () => doings.command('train')),
      step: iconButton('step', 'Step one batch (S)', () => doings.command('stepBatch')),
    };
    this.#menu = new MenuView(doings);
    this.#measure = dropdown(
      'Measure',
      MEASURES.map(({ id, label }) => ({ value: id, label })),
      (measure) => doings.dispatch({ type: 'measure', measure }),
    );
    this.#measure.element.classList.add('measure');
    const status = el(
      'div',
      { class: 'status' },
      el('span', { class: 'word' }, this.#dot, this.#word),
      el('span', {}, this.#step, this.#total),
      this.#rate,
      this.#left,
    );
    const tools = el(
      'div',
      { class: 'tools' },
      ...Object.values(this.#buttons).map((button) => button.element),
      this.#menu.element,
    );
    this.element = el(
      'div',
      { class: 'bar', role: 'toolbar', 'aria-label': 'Run' },
      this.#title,
      status,
      el('span', { class: 'spring' }),
      tools,
      this.#measure.element,
    );
  }

  update(frame: Frame): void {
    const { run, progress, state, active } = frame;
    const snapshot = state.snapshot;
    const status = progress?.status ?? (run ? 'starting' : undefined);
    const title = run?.name ?? snapshot?.title ?? '';
    setText(this.#title, title);
    this.#title.title = title;
    const bad = status === 'diverged' || status === 'failed';
    this.#dot.className = `dot ${bad ? 'none' : status === 'running' ? 'on' : status === 'paused' || status === 'starting' ? 'paused' : status === 'completed' ? 'done' : 'idle'}`;
    setText(this.#word, statusWord(status, run));
    this.#word.classList.toggle('bad', bad);
    const planned = !run && snapshot?.plannedSteps ? `${formatInteger(snapshot.plannedSteps)} steps planned` : '';
    const counts = run !== undefined && run.mode === 'train' && progress !== undefined;
    setText(this.#step, counts ? `step ${formatInteger(progress.step)}` : planned);
    this.#step.classList.toggle('secondary', !counts);
    setText(this.#total, counts ? ` / ${formatInteger(run.totalSteps)}` : '');
    const moving = status === 'running' && progress !== undefined && progress.stepsPerSecond > 0;
    setText(this.#rate, moving ? `${formatRate(progress.stepsPerSecond)} steps/s` : '');
    const left = moving && progress.secondsLeft !== undefined ? progress.secondsLeft : undefined;
    setText(this.#left, left !== undefined ? `${formatDuration(left)} left` : '');

    const broken = (snapshot?.errorCount ?? 0) > 0;
    const paused = status === 'paused';
    this.#buttons.pause.set({ hidden: paused || (!active && run !== undefined), disabled: status !== 'running' });
    this.#buttons.resume.set({ hidden: !paused });
    this.#buttons.stop.set({ hidden: !active && run !== undefined, disabled: !active });
    this.#buttons.restart.set({
      hidden: active || run === undefined,
      disabled: broken,
      label: run?.mode === 'gradients' ? 'Train (T)' : 'Train again (T)',
    });
    this.#buttons.step.set({ disabled: snapshot === undefined || (active ? !paused : broken) });
    this.#measure.set(state.measure);
    this.#menu.update(frame);
  }
}
