import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGradients } from '../../../src/engine/gradientCheck';
import { type DataParts, network, randomData, type SpecParts } from './networks';

/** Every gradient of the network agrees with central differences in float64, and most entries can be compared at all. */
function check(parts: SpecParts, data: DataParts, name: string): void {
  const checks = checkGradients({ ...network(parts, randomData(data)), entries: 25 });
  for (const { name: parameter, maxRelativeError, compared, unresolved, kinks } of checks) {
    assert.ok(maxRelativeError < 1e-6, `${name} ${parameter}: relative error ${maxRelativeError}`);
    assert.ok(compared > 2 * unresolved, `${name} ${parameter}: ${unresolved} entries not resolved`);
    assert.ok(kinks < compared, `${name} ${parameter}: ${kinks} entries at a kink`);
  }
}
test('x', () => {
  for (const type of ['simpleRNN', 'lstm', 'gru']) {
    check({ layers: [{ type: 'dense', units: 3 }, { type, units: 4 }, { type: 'dense', units: 1 }] }, { inputShape: [5, 2] }, type);
  }
});
