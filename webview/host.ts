// Owns the way to the extension host: what is sent, what comes in (checked, not cast), and what the webview keeps.
import type { FromPanel, PanelSnapshot, ToPanel } from '../src/protocol/panel';
import type { Progress, WindowReply } from '../src/protocol/run';
import { decodeProgress } from '../src/protocol/wire';
import type { SavedState } from './store';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

export interface Host {
  send(message: FromPanel): void;
  saved(): SavedState;
  save(state: SavedState): void;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isFailure = (value: unknown): boolean => isFields(value) && isText(value.message) && isText(value.hint);
const isProgress = (value: unknown): boolean =>
  isFields(value) && isText(value.status) && isCount(value.step) && isCount(value.stride) && value.stride >= 1;
const isLayers = (value: unknown): boolean =>
  Array.isArray(value) && value.every((layer) => isFields(layer) && isText(layer.name) && isText(layer.type));
const isRun = (value: unknown): boolean =>
  isFields(value) && isText(value.id) && isFields(value.layout) && isLayers(value.layout.layers);

/** A typed array also when it comes from another realm; anything else is nothing. */
function numbers<T>(value: unknown, tag: 'Float64Array' | 'Uint32Array'): T | undefined {
  return Object.prototype.toString.call(value) === `[object ${tag}]` ? (value as T) : undefined;
}

function isWindow(value: unknown): value is WindowReply {
  if (!isFields(value) || !isCount(value.from) || !isCount(value.binSteps) || !isCount(value.bins)) return false;
  const counts = numbers<Uint32Array>(value.counts, 'Uint32Array');
  const values = numbers<Float64Array>(value.values, 'Float64Array');
  return value.binSteps > 0 && counts !== undefined && values !== undefined && counts.length >= value.bins;
}

function isFindings(value: unknown): boolean {
  return (
    Array.isArray(value) && value.every((f) => isFields(f) && isText(f.code) && isText(f.message) && isText(f.hint))
  );
}

/** The message if it is one, as far as the views rely on it; nothing otherwise. */
export function checkMessage(data: unknown): ToPanel | undefined {
  if (!isFields(data)) return undefined;
  const message = data as unknown as ToPanel;
  switch (data.type) {
    case 'snapshot': {
      const s = data.snapshot;
      if (!isFields(s) || !isText(s.source) || !isText(s.title) || !isLayers(s.preview)) return undefined;
      if ((s.run !== undefined && !isRun(s.run)) || (s.progress !== undefined && !isProgress(s.progress))) {
        return undefined;
      }
      if (s.findings !== undefined && !isFindings(s.findings)) return undefined;
      const snapshot = data.snapshot as PanelSnapshot;
      if (!snapshot.progress) return message;
      return { type: 'snapshot', snapshot: { ...snapshot, progress: decodeProgress(snapshot.progress) } };
    }
    case 'progress':
      if (!isProgress(data.progress)) return undefined;
      return { type: 'progress', progress: decodeProgress(data.progress as Progress) };
    case 'stale':
      return typeof data.stale === 'boolean' && isCount(data.errorCount) ? message : undefined;
    case 'findings':
      return isFindings(data.findings) ? message : undefined;
    case 'select':
      return data.layer === undefined || isText(data.layer) ? message : undefined;
    case 'window':
      return isCount(data.id) && isWindow(data.reply) ? message : undefined;
    case 'record':
      if (!isCount(data.id)) return undefined;
      return data.record === undefined || numbers(data.record, 'Float64Array') ? message : undefined;
    case 'refused':
      return isCount(data.id) && isFailure(data.failure) ? message : undefined;
    case 'failure':
      return isFailure(data.failure) ? message : undefined;
    default:
      return undefined;
  }
}

/** Connects to VS Code; messages that are not ours are left alone, broken ones of ours are told on the console. */
export function connectHost(receive: (message: ToPanel) => void): Host {
  const api = acquireVsCodeApi();
  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    const message = checkMessage(event.data);
    if (message) receive(message);
    else if (isFields(event.data) && isText(event.data.type)) console.warn('a message of no known form', event.data);
  });
  return {
    send: (message) => api.postMessage(message),
    saved: () => {
      const state = api.getState();
      return isFields(state) ? (state as SavedState) : {};
    },
    save: (state) => api.setState(state),
  };
}
