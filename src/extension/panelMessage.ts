// Owns the check of what the panel's webview sends: a message is one of the protocol's, or it is nothing. Pure.
import type { FromPanel, PanelCommand } from '../protocol/panel';
import type { WindowQuery } from '../protocol/run';

const COMMANDS: Readonly<Record<PanelCommand, true>> = {
  train: true,
  stop: true,
  pause: true,
  resume: true,
  stepBatch: true,
  showGradients: true,
  trainNewSeed: true,
};
/** Above any record's width; the query's own bounds are the history's business. */
const MOST_COLUMNS = 1e6;

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);

/** The message if it is one of the protocol's, with nothing in it that was not looked at. */
export function readPanelMessage(data: unknown): FromPanel | undefined {
  if (!isFields(data)) return undefined;
  const { type, id } = data;
  if (type === 'ready') return { type };
  if (type === 'window' && isInteger(id)) {
    const query = readQuery(data.query);
    return query && { type, id, query };
  }
  if (type === 'record' && isInteger(id) && isInteger(data.step)) return { type, id, step: data.step };
  if (type === 'reveal' && typeof data.layer === 'string')
    return { type, layer: data.layer, focus: data.focus === true };
  const { command } = data;
  if (type === 'command' && typeof command === 'string' && Object.hasOwn(COMMANDS, command)) {
    return { type, command: command as PanelCommand };
  }
  return undefined;
}

function readQuery(query: unknown): WindowQuery | undefined {
  if (!isFields(query)) return undefined;
  const { from, to, binSteps, columns } = query;
  if (!isInteger(from) || !isInteger(to) || !isInteger(binSteps) || binSteps < 1) return undefined;
  if (!Array.isArray(columns) || columns.length > MOST_COLUMNS || !columns.every(isInteger)) return undefined;
  return { from, to, binSteps, columns };
}
