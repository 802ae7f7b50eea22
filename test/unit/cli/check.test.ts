import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { type Format, formatFindings } from '../../../src/cli/findings';
import { call, specText, temporaryFolder } from './fakeIo';

const folder = temporaryFolder(after);
const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return name;
};
// Enough steps to learn in, so that nothing is found about its gradients.
const healthy = { optimizer: { type: 'sgd', learningRate: 0.5 }, training: { batchSize: 16, epochs: 40 } };
const good = file('good.netspec.json', specText(healthy));
const fading = file(
  'fading.netspec.json',
  specText({
    ...healthy,
    layers: [
      { type: 'repeat', times: 8, layers: [{ type: 'dense', units: 8, activation: 'sigmoid' }] },
      { type: 'dense', name: 'logits', units: 2 },
    ],
  }),
);
const unknown = file('un known.netspec.json', specText().replace('"softmaxCrossEntropy"', '"softmaxCrossEntropi"'));
const table = file(
  'table.netspec.json',
  specText({ data: { source: 'csv', path: 'none.csv' }, layers: [{ type: 'dense', units: 2 }] }),
);
const line = specText()
  .split('\n')
  .findIndex((l) => l.includes('"loss"'));
const column = specText().split('\n')[line]!.indexOf('"softmax');
const check = (...argv: string[]) => call(['check', ...argv], { cwd: folder });

test('a spec without problems ends with 0 and says so', async () => {
  const { status, out, err } = await check(good);
  assert.deepEqual([status, out, err], [0, 'good.netspec.json: no problems\n', '']);
});

test('text has place, code, sentence and hint', async () => {
  const { status, out } = await check(good, unknown);
  assert.equal(status, 1);
  assert.ok(out.startsWith(`un known.netspec.json:${line + 1}:${column + 1}: error NS113: `), out);
  assert.match(out, /softmaxCrossEntropy/);
  assert.match(out, /2 specs: 1 error\n$/);
});

test('JSON has the range from 0', async () => {
  const { status, out } = await check(unknown, '--format', 'json');
  assert.equal(status, 1);
  const { format, findings } = JSON.parse(out);
  assert.equal(format, 'gradoscope.findings/1');
  assert.equal(findings.length, 1);
  const [finding] = findings;
  assert.equal(finding.code, 'NS113');
  assert.equal(finding.severity, 'error');
  assert.equal(finding.spec, unknown);
  const end = column + '"softmaxCrossEntropi"'.length;
  assert.deepEqual(finding.range, { start: { line, character: column }, end: { line, character: end } });
  assert.ok(finding.message && finding.hint);
  const none = await check(good, '--format', 'json');
  assert.deepEqual(JSON.parse(none.out), { format: 'gradoscope.findings/1', findings: [] });
});

test('SARIF names rule, level and region from 1', async () => {
  const { out } = await check(unknown, '--format', 'sarif');
  const log = JSON.parse(out);
  assert.equal(log.version, '2.1.0');
  const [run] = log.runs;
  assert.equal(run.tool.driver.name, 'Gradoscope');
  const [result] = run.results;
  assert.equal(run.tool.driver.rules[result.ruleIndex].id, result.ruleId);
  assert.equal(result.level, 'error');
  const { artifactLocation, region } = result.locations[0].physicalLocation;
  assert.equal(artifactLocation.uri, 'un%20known.netspec.json');
  assert.deepEqual([region.startLine, region.startColumn], [line + 1, column + 1]);
});

test('GitHub gets one workflow command a finding', async () => {
  const { out } = await check(unknown, '--format', 'github');
  assert.match(
    out,
    new RegExp(`^::error file=un known\\.netspec\\.json,line=${line + 1},endLine=${line + 1},col=${column + 1},`),
  );
  assert.match(out, /,title=NS113::.*\n$/);
  assert.equal(out.split('\n').length, 2);
  const spread = file('open.netspec.json', '{ "netspec": 1');
  const { out: all } = await check(spread, '--format', 'github');
  for (const l of all.trimEnd().split('\n')) assert.match(l, /^::(error|warning) file=[^,]*,line=\d+/);
});

test('--fail-on decides what counts', async () => {
  assert.equal((await check(unknown, '--fail-on', 'never')).status, 0);
  assert.equal((await check(unknown, '--fail-on', 'warning')).status, 1);
  assert.equal((await check(good, '--fail-on', 'warning')).status, 0);
});

test('data files are looked into, but not with --static', async () => {
  const { status, out } = await check(table);
  assert.equal(status, 1);
  assert.match(out, /error NS302: There is no file at “none\.csv”/);
  const pathLine = specText({ data: { source: 'csv', path: 'none.csv' } })
    .split('\n')
    .findIndex((l) => l.includes('none.csv'));
  assert.ok(out.startsWith(`table.netspec.json:${pathLine + 1}:`), out);
  assert.equal((await check(table, '--static')).status, 0);
});

test('what a table says about the network is found', async () => {
  file('three.csv', 'a,b,k\n1,2,x\n3,4,y\n5,6,z\n');
  const spec = file(
    'three.netspec.json',
    specText({ data: { source: 'csv', path: 'three.csv' }, layers: [{ type: 'dense', units: 2 }] }),
  );
  const { status, out } = await check(spec);
  assert.equal(status, 1);
  assert.match(out, /error NS2\d\d/);
});

test('colour is for terminals, and NO_COLOR is obeyed', async () => {
  const coloured = await call(['check', unknown], { cwd: folder, terminal: true });
  assert.ok(coloured.out.includes('\u001b['));
  const plain = await call(['check', unknown], { cwd: folder, terminal: true, env: { NO_COLOR: '1' } });
  assert.ok(!plain.out.includes('\u001b'));
  assert.ok(!(await check(unknown)).out.includes('\u001b'));
});

const sigmoid = (() => {
  const lines = readFileSync(path.join(folder, fading), 'utf8').split('\n');
  const line = lines.findIndex((l) => l.includes('"sigmoid"'));
  return { line, character: lines[line]!.indexOf('"sigmoid"') };
})();

test('gradients that vanish are found at the activation, with evidence and remedies', async () => {
  const { out } = await check(fading, '--format', 'json');
  const { findings } = JSON.parse(out);
  const found = findings.find((f: { code: string }) => f.code === 'GF101');
  assert.ok(found, out);
  assert.equal(found.symptom, 'vanishing');
  assert.equal(found.spec, fading);
  assert.deepEqual(found.range.start, sigmoid);
  assert.equal(found.range.end.character - sigmoid.character, '"sigmoid"'.length);
  assert.ok(found.layer && found.message && found.hint);
  assert.ok(Object.keys(found.evidence).length > 0);
  assert.ok(found.judgements.every((j: { setting: string }) => j.setting !== ''));
  assert.ok(found.remedies.length > 0);
  for (const { id, title } of found.remedies) assert.ok(id && title);
  const predicted = found.remedies.find((r: { predictedFirstToLast?: number }) => r.predictedFirstToLast !== undefined);
  assert.ok(predicted.predictedFirstToLast > 0.01, `${predicted.title}: ${predicted.predictedFirstToLast}`);
});

test('a warning counts with --fail-on warning, and --fail-on never lets it be', async () => {
  const { out } = await check(fading, '--format', 'json');
  const grave = JSON.parse(out).findings.some((f: { severity: string }) => f.severity === 'error');
  assert.equal((await check(fading)).status, grave ? 1 : 0);
  assert.equal((await check(fading, '--fail-on', 'warning')).status, 1);
  assert.equal((await check(fading, '--fail-on', 'never')).status, 0);
});

test('--static finds it from the text alone; a threshold that is never met, and `ignore`, silence it', async () => {
  assert.match((await check(fading, '--static')).out, / GF101: /);
  // What is judged by the whole way is silenced too.
  const lenient = ['--threshold', 'vanishingFactor=0', '--threshold', 'vanishingReach=0'];
  assert.doesNotMatch((await check(fading, '--static', ...lenient)).out, / GF101: /);
  const text = readFileSync(path.join(folder, fading), 'utf8');
  const silent = file('silent.netspec.json', text.replace('"seed": 3,', '"seed": 3,\n  "ignore": ["GF101"],'));
  assert.doesNotMatch((await check(silent)).out, /GF101/);
});

test('text names what may mend it, at most three a finding', async () => {
  const { out } = await check(fading);
  const lines = out.split('\n');
  const at = lines.findIndex((l) => l.includes(' GF101: '));
  assert.match(lines[at + 2]!, /^ {4}→ \S.*/);
  assert.ok(lines.slice(at).findIndex((l, i) => i > 1 && !l.startsWith('    →')) <= 5);
  assert.match(out, /→ .* \(predicted: first ÷ last [\d.e-]+\)/);
});

test('SARIF has a rule with its meaning, the layers that suffer, and notes for information', async () => {
  const { out } = await check(fading, unknown, '--format', 'sarif');
  const [run] = JSON.parse(out).runs;
  for (const rule of run.tool.driver.rules) assert.ok(rule.shortDescription.text.endsWith('.'), rule.id);
  const found = run.results.find((r: { ruleId: string }) => r.ruleId === 'GF101');
  assert.equal(run.tool.driver.rules[found.ruleIndex].name, 'vanishing');
  assert.ok(['warning', 'error'].includes(found.level));
  assert.equal(found.relatedLocations[0].physicalLocation.artifactLocation.uri, fading);
  assert.ok(found.relatedLocations[0].message.text);
  assert.equal(found.locations[0].logicalLocations[0].name, found.properties.layer);
});

test('information is a note in SARIF, a notice for GitHub, and no reason to fail', () => {
  const place = { line: 0, character: 0 };
  const range = { start: place, end: { line: 0, character: 3 } };
  const note = { code: 'GF120', severity: 'information', spec: 's', range, message: 'M.', hint: 'H.' } as const;
  const write = (format: Format) => formatFindings(format, [note], ['s'], '1', false);
  assert.equal(JSON.parse(write('sarif')).runs[0].results[0].level, 'note');
  assert.equal(write('github'), '::notice file=s,line=1,endLine=1,col=1,endColumn=4,title=GF120::M. H.\n');
  assert.match(write('text'), /information GF120: M\.\n {4}H\.\ns: 1 note\n$/);
});
