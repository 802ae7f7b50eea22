// Owns ConvNetJS's side of the benchmark: float64, one sample at a time, gradients accumulated over the batch.
import { createRequire } from 'node:module';
import { oneByOne, serve } from '../serve.mjs';
import { BATCHES, gradientStatistics, normal, uniform, WORKLOADS } from '../workloads.mjs';

const require = createRequire(import.meta.url);
const { Net, Trainer, Vol } = require('convnetjs');

function open(name) {
  const { sizes, activation, targets, batch, momentum } = WORKLOADS[name];
  const hidden = sizes.slice(1, -1).map((n) => ({ type: 'fc', num_neurons: n, activation }));
  const head = targets === 'classes' ? { type: 'softmax', num_classes: 10 } : { type: 'regression', num_neurons: 1 };
  const net = new Net();
  net.makeLayers([{ type: 'input', out_sx: 1, out_sy: 1, out_depth: sizes[0] }, ...hidden, head]);
  const trainer = new Trainer(net, { method: 'sgd', learning_rate: 0.01, momentum, batch_size: batch });
  // Gradients exist only inside train(), just before the update.
  const parameters = net.getParamsAndGrads.bind(net);
  let statistics;
  net.getParamsAndGrads = () => {
    const list = parameters();
    statistics = list.map((p) => gradientStatistics(p.grads));
    return list;
  };
  const data = Array.from({ length: BATCHES * batch }, () => {
    const x = new Vol(1, 1, sizes[0], 0);
    for (let i = 0; i < sizes[0]; i++) x.w[i] = normal();
    return [x, targets === 'classes' ? Math.floor(10 * uniform()) : [normal()]];
  });
  let at = 0;
  return oneByOne(() => {
    for (let s = 0; s < batch; s++) trainer.train(...data[at++ % data.length]);
    if (!statistics) throw new Error('no gradients were seen');
  });
}

await serve(`ConvNetJS ${require('convnetjs/package.json').version}`, open);
