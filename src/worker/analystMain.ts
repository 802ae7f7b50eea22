// Owns the analysis thread's entry: connects the analysis worker to Node's parent port. No logic.
import { parentPort } from 'node:worker_threads';
import type { ToAnalyst } from '../protocol/analysis';
import { AnalystWorker } from './analystWorker';

const port = parentPort;
if (!port) throw new Error('this is the entry of a worker thread');

const worker = new AnalystWorker({
  post: (message) => port.postMessage(message),
  now: () => performance.now(),
  // After the poll phase, in which messages arrive: so each is seen between two slices.
  defer: (task) => void setImmediate(task),
  later: (task, afterMs) => void setTimeout(task, afterMs),
  log: (text) => console.error(text),
});
port.on('message', (message: ToAnalyst) => worker.receive(message));
