import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrewChoice } from '../../../src/engine/crewChoice';

/** Trains so many steps with what each way takes a step; answers the share of the steps that one thread did alone. */
function shareAlone(choice: CrewChoice, steps: number, aloneMs: number, togetherMs: number): number {
  let alone = 0;
  for (let done = 0; done < steps; ) {
    const next = choice.next(Math.min(256, steps - done));
    assert.ok(next.steps >= 1 && next.steps <= 256);
    choice.took(next.alone, next.steps, next.steps * (next.alone ? aloneMs : togetherMs));
    if (next.alone) alone += next.steps;
    done += next.steps;
  }
  return alone / steps;
}

test('whichever is faster gets nearly all steps, and the other again once it is', () => {
  const choice = new CrewChoice();
  assert.ok(shareAlone(choice, 20_000, 0.4, 0.25) < 0.02);
  assert.ok(shareAlone(choice, 40_000, 0.4, 1.2) > 0.9, 'the cores are busy');
  assert.ok(shareAlone(choice, 40_000, 0.4, 0.25) < 0.3, 'and free again');
});

test('steps that take long are measured one by one', () => {
  const choice = new CrewChoice();
  assert.ok(shareAlone(choice, 200, 90, 50) < 0.15);
});

test('a step that was not done tells nothing', () => {
  const choice = new CrewChoice();
  choice.took(false, 0, 5);
  assert.equal(choice.next(100).alone, false);
});
