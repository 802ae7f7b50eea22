import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { call, specText, temporaryFolder } from './fakeIo';

const folder = temporaryFolder(after);
const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return name;
};
const good = file('good.netspec.json', specText());
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
