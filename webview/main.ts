// Owns the panel's life in the webview: wiring of host, store, records, views and keys, and the frame loop, which pulls
// what the views lack and paints at most once a frame, nothing while hidden.
import './panel.css';
import './heatmap.css';
import './details.css';
import './narrow.css';
import type { PanelCommand, ToPanel } from '../src/protocol/panel';
import { el } from './dom';
import { type Frame, makeFrame, type Sizes } from './frame';
import { connectHost } from './host';
import { type KeyDeed, keyDeed } from './keys';
import { layoutPanel } from './layout';
import { createPatterns, type Patterns } from './patterns';
import { Recordings } from './recordings';
import { Requester } from './requests';
import { type Action, initialState, type PanelState, reduce, savedState, zoomed } from './store';
import { readTheme, watchTheme } from './theme';
import { BarView } from './views/bar';
import { CurvesView } from './views/curves';
import type { Doings } from './views/doings';
import { HeatmapView } from './views/heatmap';
import { NoticeView } from './views/notice';
import { ProfileView } from './views/profile';
import { TabsView } from './views/tabs';
import { TextAlternativeView } from './views/textAlternative';

const NARROW = 600;
/** A zoom shows no fewer columns. */
const LEAST_COLUMNS = 8;

const host = connectHost(receive);
const saved = host.saved();
const recordings = new Recordings();
const requester = new Requester((message) => host.send(message));
let state: PanelState = initialState(saved);
let frame: Frame | undefined;
let theme = readTheme();
let patterns: Patterns = createPatterns(theme, devicePixelRatio || 1);
let patternRatio = devicePixelRatio;
let savedText = '';

const doings: Doings = {
  dispatch,
  command: (command: PanelCommand) => host.send({ type: 'command', command }),
  reveal: (layer, focus) => host.send({ type: 'reveal', layer, focus }),
};
const bar = new BarView(doings);
const notice = new NoticeView(doings);
const heatmap = new HeatmapView(doings, schedule);
const tabs = new TabsView(doings);
const profile = new ProfileView();
const curves = new CurvesView();
const texts = new TextAlternativeView();
const low = el('div', { class: 'low' }, tabs.element, profile.element, curves.element);
const panel = el('main', { class: 'panel', 'aria-label': 'Gradoscope' });
panel.append(bar.element, notice.element, heatmap.element, low, texts.element);
(document.getElementById('app') ?? document.body).append(panel);

function dispatch(action: Action): void {
  const next = reduce(state, action, saved);
  if (next === state) return;
  state = next;
  const text = JSON.stringify(savedState(state));
  // Before the host has spoken there is nothing to keep but what is kept already.
  if (state.snapshot && text !== savedText) {
    savedText = text;
    host.save(savedState(state));
  }
  schedule();
}

function receive(message: ToPanel): void {
  switch (message.type) {
    case 'window':
    case 'record':
    case 'refused': {
      const { answered, failure } = requester.settle(message, performance.now());
      if (answered) dispatch({ type: 'refusal', failure });
      break;
    }
    case 'snapshot': {
      const { snapshot } = message;
      if (snapshot.run && recordings.startRun(snapshot.run.id)) requester.forget();
      const forgotten = !state.snapshot && snapshot.selectedLayer === undefined && saved.source === snapshot.source;
      dispatch({ type: 'snapshot', snapshot: forgotten ? { ...snapshot, selectedLayer: saved.selected } : snapshot });
      break;
    }
    default:
      dispatch(message);
  }
  schedule();
}

let scheduled = false;
let wake: ReturnType<typeof setTimeout> | undefined;

function schedule(): void {
  if (scheduled || document.hidden) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    paint();
  });
}

function sizes(): Sizes {
  const chart = curves.chartBox.clientWidth;
  return { plotWidth: heatmap.plot.clientWidth, curvesWidth: chart, narrow: panel.clientWidth <= NARROW };
}

function paint(): void {
  if (document.hidden) return;
  if (patternRatio !== devicePixelRatio) {
    patternRatio = devicePixelRatio;
    patterns = createPatterns(theme, devicePixelRatio || 1);
  }
  frame = makeFrame(state, recordings, theme, sizes());
  panel.classList.toggle('narrow', frame.sizes.narrow);
  document.body.dataset.state = frame.progress?.status ?? (frame.run ? 'starting' : 'empty');
  const now = performance.now();
  try {
    show(frame, now);
  } finally {
    // A view that fails leaves the others their records.
    pull(frame, now);
  }
}

function show(frame: Frame, now: number): void {
  bar.update(frame);
  notice.update(frame);
  tabs.update(frame);
  low.dataset.tab = state.tab;
  layoutPanel(panel, bar.element, notice.element, heatmap, low, frame);
  heatmap.update(frame, patterns);
  if (profile.element.clientHeight > 0) profile.update(frame, patterns);
  if (curves.element.clientHeight > 0) curves.update(frame);
  texts.update(frame, now);
}

function pull({ wanted }: Frame, now: number): void {
  requester.expire(now);
  const failure = requester.pump(wanted ? recordings.needs(wanted) : [], now);
  if (failure) dispatch({ type: 'refusal', failure });
  clearTimeout(wake);
  const wakeAt = requester.wakeAt;
  if (wakeAt !== undefined) wake = setTimeout(schedule, Math.max(16, wakeAt - now));
}

/** The pointed cell moves; from nowhere it begins at the selected layer's newest column. */
function moveCell(rows: number, columns: number): void {
  const track = frame?.track;
  if (!frame || !track || !frame.range) return;
  const { first, last } = frame.range;
  const cell = state.active;
  if (!cell) {
    const row = Math.max(0, frame.selectedRow);
    dispatch({ type: 'point', cell: { row, step: track.stepOf(track.binOf(last)), by: 'keyboard' } });
    return;
  }
  const row = Math.min(frame.rows.length - 1, Math.max(0, cell.row + rows));
  const bin = Math.min(track.binOf(last), Math.max(track.binOf(first), track.binOf(cell.step) + columns));
  const step = track.stepOf(bin);
  dispatch({ type: 'point', cell: { row, step, by: 'keyboard' } });
  // The window follows where the cell leaves it.
  if (step < frame.span.from || step >= frame.span.to) dispatch({ type: 'show', step });
}

function pointAt(step: number): void {
  const track = frame?.track;
  if (!frame || !track) return;
  const row = state.active?.row ?? Math.max(0, frame.selectedRow);
  dispatch({ type: 'point', cell: { row, step: track.stepOf(track.binOf(step)), by: 'keyboard' } });
}

function perform(deed: KeyDeed, onScrubber: boolean): boolean {
  const current = frame;
  if (!current) return false;
  const status = current.progress?.status;
  const range = current.range;
  switch (deed.do) {
    case 'moveRow':
      if (!onScrubber) moveCell(deed.by, 0);
      else if (range) showBy(-deed.by);
      return true;
    case 'moveColumn':
      if (!onScrubber) moveCell(0, deed.by);
      else showBy(deed.by);
      return true;
    case 'firstStep':
      if (range) {
        if (state.view.kind !== 'whole' || onScrubber) dispatch({ type: 'show', step: range.first });
        if (!onScrubber) pointAt(range.first);
      }
      return true;
    case 'live':
      dispatch({ type: 'show', step: 'live' });
      if (!onScrubber && range) pointAt(range.last);
      return true;
    case 'reveal': {
      const row = current.rows[state.active?.row ?? current.selectedRow];
      if (row) doings.reveal(row.name, true);
      return row !== undefined;
    }
    case 'pin':
      dispatch({ type: 'pin', pinned: !state.pinned });
      return true;
    case 'zoom': {
      const least = LEAST_COLUMNS * Math.max(1, current.progress?.stride ?? 1);
      dispatch({ type: 'view', view: zoomed(state, deed.factor, least) });
      return true;
    }
    case 'wholeRun':
      dispatch({ type: 'view', view: { kind: 'whole' } });
      return true;
    case 'colour':
      dispatch({ type: 'colour', colour: state.colour === 'change' ? 'magnitude' : 'change' });
      return true;
    case 'lock':
      dispatch({ type: 'lock', scale: current.locked ? undefined : current.scale });
      return true;
    case 'pause':
      if (status === 'running') doings.command('pause');
      else if (status === 'paused') doings.command('resume');
      else return false;
      return true;
    case 'stepBatch':
      if (status === 'running' || status === 'starting' || !isRight()) return false;
      doings.command('stepBatch');
      return true;
    case 'train':
      if (current.active || !isRight()) return false;
      doings.command('train');
      return true;
    case 'leave':
      dispatch({ type: 'point', cell: undefined });
      return true;
  }
}

function isRight(): boolean {
  return state.snapshot !== undefined && state.snapshot.errorCount === 0;
}

/** The shown step moves by columns. */
function showBy(columns: number): void {
  if (!frame?.range) return;
  const from = state.shown === 'live' ? frame.range.last : state.shown;
  const step = from + columns * (frame.whole?.binSteps ?? 1);
  dispatch({ type: 'show', step: step >= frame.range.last ? 'live' : step });
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented) return;
  const target = event.target instanceof Element ? event.target : undefined;
  // Controls keep the keys that work them: Space and Enter press a button, letters choose in a list.
  const inList = target?.closest('vscode-dropdown, [role=menu]') !== null && target !== undefined;
  const onButton = target?.closest('vscode-button, button') !== null && target !== undefined;
  if (inList || (onButton && (event.key === ' ' || event.key === 'Enter'))) return;
  const onScrubber = target === heatmap.scrubber.canvas;
  const deed = keyDeed(event, target === heatmap.grid || onScrubber);
  if (deed && perform(deed, onScrubber)) event.preventDefault();
});
document.addEventListener('visibilitychange', schedule);
new ResizeObserver(schedule).observe(panel);
watchTheme(() => {
  theme = readTheme();
  patterns = createPatterns(theme, devicePixelRatio || 1);
  schedule();
});
host.send({ type: 'ready' });
schedule();
