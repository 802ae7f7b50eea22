// A sample of the benchmark of faults (`npm run bench:faults`), small enough for every run of the tests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BASES, specText } from '../../bench/faults/bases';
import { faultyCases } from '../../bench/faults/injections';
import { CaseJudge, caseNames } from '../../bench/faults/judgeCase';
import { benchOpener } from '../../bench/faults/openBench';

const open = benchOpener(process.cwd());
const judge = new CaseJudge(open, () => 0);

test('the benchmark has its cases: enough of both kinds, named apart, each a spec without errors', () => {
  const cases = faultyCases(BASES);
  assert.ok(BASES.length >= 30 && cases.length >= 200, `${BASES.length} healthy, ${cases.length} faulty`);
  assert.equal(new Set(caseNames()).size, BASES.length + cases.length);
  // Base by base, so that samples are made once for all cases that share them.
  const byBase = BASES.flatMap((base) => [base, ...cases.filter((faulty) => faulty.base === base)]);
  assert.equal(byBase.length, BASES.length + cases.length);
  for (const { name, spec } of byBase) {
    const opened = open(specText(spec));
    assert.ok(opened, `${name} has errors`);
  }
});

for (const name of ['moons, ReLU', 'XOR, one hidden sigmoid', 'table of 3 classes', 'circles, batch norm']) {
  test(`healthy: ${name} raises no alarm`, () => {
    const result = judge.judge(name);
    assert.ok(result.kind === 'healthy');
    assert.deepEqual(result.messages, []);
    assert.ok(result.score > 0.9, `${result.score}`);
  });
}

for (const name of [
  'deep sigmoid in moons, tanh, momentum',
  'weights of 0 in XOR, ReLU',
  'equal weights in XOR, ReLU',
  'learning rate × 100 in moons, ReLU',
  'learning rate ÷ 1000 in moons, tanh, momentum',
  'inputs not normalized in table of one number',
  'no activations in moons, one logit',
  'dead ReLUs by negative biases in moons, ReLU',
]) {
  test(`faulty: ${name} is found and mended`, () => {
    const result = judge.judge(name);
    assert.ok(result.kind === 'faulty');
    assert.ok(result.harmed, `${result.healthy} → ${result.faulty}`);
    assert.ok(result.isFound, `found ${result.found.join()}`);
    assert.ok(result.isMended, `${result.healthy} → ${result.faulty} → ${result.mended} by ${result.applied.join()}`);
  });
}
