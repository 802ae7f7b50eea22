// Owns the thread's entry: connects the training worker to Node's parent port. No logic.
import { parentPort } from 'node:worker_threads';
import type { ToWorker } from '../protocol/worker';
import { nodeHistoryStore } from '../runs/nodeHistoryStore';
import { prepareRun } from './prepare';
import { TrainingWorker } from './trainingWorker';

const port = parentPort;
if (!port) throw new Error('this is the entry of a worker thread');

const worker = new TrainingWorker({
  post: (message, transfer) => port.postMessage(message, transfer ? [...transfer] : []),
  now: () => performance.now(),
  wallClock: () => Date.now(),
  // After the poll phase, in which messages arrive: so each is seen between two slices.
  defer: (task) => void setImmediate(task),
  store: nodeHistoryStore,
  prepare: prepareRun,
  log: (text) => console.error(text),
});
port.on('message', (message: ToWorker) => worker.receive(message));
