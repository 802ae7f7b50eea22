// The analyst over a real thread that runs the real worker: bundled here as it ships.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import { thresholdsFrom } from '../../../src/analysis/thresholds';
import { spawnWorkerThread } from '../../../src/backends/workerThread';
import { type Analysis, Analyst } from '../../../src/extension/analyst';
import type { AnalysisSubject, FixProgress, ToAnalyst } from '../../../src/protocol/analysis';

const folder = mkdtempSync(path.join(tmpdir(), 'gradoscope-analyst-'));
const file = path.join(folder, 'analyst.cjs');

before(async () => {
  await build({
    entryPoints: ['src/worker/analystMain.ts'],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    mainFields: ['module', 'main'],
    loader: { '.wasm': 'binary' },
    logLevel: 'warning',
  });
});
after(() => rmSync(folder, { recursive: true, force: true }));

const subjectOf = (text: string): AnalysisSubject => ({
  text,
  allowedFolders: [],
  dataFolder: path.resolve('media/data'),
  memoryLimitBytes: 2 ** 30,
  thresholds: thresholdsFrom(),
});
const vanishing = (): AnalysisSubject => subjectOf(readFileSync('examples/vanishing-sigmoid.netspec.json', 'utf8'));

function begin(): { analyst: Analyst; logged: string[] } {
  const logged: string[] = [];
  const analyst = new Analyst({
    spawn: () => spawnWorkerThread<ToAnalyst>(file, 'analyst'),
    log: (text) => logged.push(text),
  });
  return { analyst, logged };
}

/** All answers about a text. */
const answers = (analyst: Analyst, subject: AnalysisSubject): Promise<readonly (Analysis | undefined)[]> =>
  new Promise((resolve) => {
    const heard: (Analysis | undefined)[] = [];
    analyst.analyze('a', subject, true, (answer) => {
      heard.push(answer);
      if (!answer || answer.last) resolve(heard);
    });
  });

test('the textbook net is judged: first from the spec, then measured, and remedies are told', async () => {
  const { analyst, logged } = begin();
  const [first, second, ...none] = await answers(analyst, vanishing());
  assert.deepEqual(none, []);
  assert.deepEqual([first?.probed, first?.last, second?.probed, second?.last], [false, false, true, true]);
  const left = first?.prediction?.firstToLast ?? Number.NaN;
  assert.ok(left > 1e-8 && left < 1e-5, `${left} of the gradient is left`);
  assert.ok(first?.findings.some((f) => f.code === 'GF101'));
  const remedies = await analyst.remedies(['GF101'], vanishing()).done;
  assert.ok(remedies.some((r) => r.predictedFirstToLast > 1e-2));
  for (const remedy of remedies) assert.notEqual(remedy.text, vanishing().text);
  assert.deepEqual(logged, []);
  analyst.dispose();
});

test('while fixes are measured, texts are judged all the same; a cancel ends the measuring', async () => {
  const { analyst } = begin();
  const told: FixProgress[] = [];
  let judged: Promise<readonly (Analysis | undefined)[]> | undefined;
  const fix = analyst.fix(vanishing(), (progress) => {
    told.push(progress);
    judged ??= answers(analyst, subjectOf(vanishing().text.replace('sigmoid', 'tanh')));
    void judged.then(() => fix.cancel());
  });
  await assert.rejects(fix.done, /cancelled/);
  const [first] = (await judged) ?? [];
  assert.equal(first?.prediction?.layers.length, 12);
  assert.ok(told.length > 0);
  analyst.dispose();
});

test('a killed thread is replaced, and the text is judged', async () => {
  const { analyst, logged } = begin();
  const judged = answers(analyst, vanishing());
  analyst.killThread();
  assert.equal((await judged).at(-1)?.probed, true);
  assert.match(logged.join(), /ended unexpectedly/);
  analyst.dispose();
});
