// Broken, huge and hostile specs as a person meets them: each shows a problem at its place, Train says why it does not start, and
// the editor goes on working.
import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../support/commands.mjs';
import { openScenes } from '../support/scenes.mjs';
import { temporaryFolder } from '../support/workspaces.mjs';

const spec = (parts) =>
  JSON.stringify(
    {
      netspec: 1,
      data: { source: 'moons' },
      layers: [{ type: 'dense', units: 2 }],
      loss: 'softmaxCrossEntropy',
      optimizer: 'sgd',
      training: { batchSize: 8, steps: 10 },
      ...parts,
    },
    null,
    2,
  );

/** File → its text, and the code that its first problem must have. */
const BAD = {
  broken: ['{ "netspec": 1, "layers": [ { "type": "dense", "units": 3 ', /NS1\d\d/],
  empty: ['', /NS1\d\d/],
  garbage: ['\u0001\u0002 \ufffd not json', /NS1\d\d/],
  nested: ['['.repeat(20_000), /NS1\d\d/],
  wrongType: [spec({ layers: [{ type: 'dense', units: 'many' }] }), /NS1\d\d/],
  unknownName: [spec({ layers: [{ type: 'danse', units: 2 }] }), /NS1\d\d/],
  negative: [spec({ layers: [{ type: 'dense', units: -1 }] }), /NS1\d\d/],
  window: [
    spec({
      data: { source: 'mnist' },
      layers: [{ type: 'conv2d', filters: 4, kernelSize: 40 }, { type: 'flatten' }, { type: 'dense', units: 10 }],
    }),
    /NS207/,
  ],
  cycle: [
    spec({
      layers: [
        { type: 'dense', name: 'a', units: 2, inputs: ['b'] },
        { type: 'dense', name: 'b', units: 2, inputs: ['a'] },
      ],
    }),
    /NS2\d\d/,
  ],
  billion: [
    spec({
      layers: [
        { type: 'dense', units: 1e9 },
        { type: 'dense', units: 2 },
      ],
    }),
    /NS4\d\d/,
  ],
  endless: [spec({ layers: [{ type: 'repeat', times: 1e9, layers: [{ type: 'dense', units: 2 }] }] }), /NS[14]\d\d/],
  outside: [spec({ data: { source: 'csv', path: '../../../../etc/passwd', target: 0 } }), /NS3\d\d/],
  ragged: [spec({ data: { source: 'csv', path: 'ragged.csv', target: 'y' } }), /NS3\d\d/],
};

const folder = temporaryFolder();
for (const [name, [text]] of Object.entries(BAD)) writeFileSync(path.join(folder, `${name}.netspec.json`), text);
writeFileSync(path.join(folder, 'ragged.csv'), 'a,b,y\n1,2,0\n3,1\n');
cpSync(path.join(ROOT, 'examples/spiral.netspec.json'), path.join(folder, 'good.netspec.json'));

const scene = openScenes({ workspace: folder, chained: false });

for (const [name, [, code]] of Object.entries(BAD)) {
  scene(`${name}: a problem with its code, and Train says why`, async (who) => {
    await who.open(`${name}.netspec.json`);
    await who.problem(code);
    await who.command('Gradoscope: Train');
    const said = await who.notified(/\w/);
    assert.ok(said.length > 20, `Train said: ${said}`);
    await who.dismissNotifications();
  });
}

scene('after all of them a good spec trains', async (who) => {
  await who.open('good.netspec.json');
  await who.command('Gradoscope: Train');
  await who.panel.whenWord('Completed');
});
