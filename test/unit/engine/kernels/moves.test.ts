import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INT_HEAD, OP } from '../../../../src/engine/kernels/contract';
import { assertClose, fastKernels, normals, onEvery, padded, Rig, referenceKernels, roundUp8 } from './rig';

test('gather and gatherLabels turn samples into columns and clear the padding', () => {
  for (const [features, batch] of [
    [1, 1],
    [3, 5],
    [7, 8],
    [17, 30],
    [8, 16],
  ] as const) {
    onEvery(
      (rig) => {
        const ld = roundUp8(batch);
        const src = rig.floats(normals(40 * features, 'data'));
        const labels = rig.ints(Array.from({ length: 40 * 3 }, (_, k) => k * 7));
        const samples = rig.ints(Array.from({ length: batch }, (_, j) => (j * 11 + 3) % 40));
        const dst = rig.floats(new Float32Array(features * ld).fill(9));
        const to = rig.ints(new Int32Array(3 * ld).fill(9));
        rig.batch(batch, samples);
        rig.record(OP.gather, dst, features, src, ld);
        rig.record(OP.gatherLabels, to, 3, labels, ld);
        rig.run();
        return { values: rig.read(dst, features * ld), labels: rig.readInts(to, 3 * ld) };
      },
      (a, x, name) => {
        assertClose(a.values, x.values, 0, `${name} ${features}×${batch}`);
        assert.deepEqual(a.labels, x.labels);
        assert.equal(a.labels[0], 3 * 3 * 7, 'the first label of sample 3');
      },
    );
  }
});

test('axpy, copyBlocks, biasGradient and squaredNorm', () => {
  for (const count of [1, 7, 16, 33]) {
    onEvery(
      (rig) => {
        const src = rig.floats(normals(count, 'src'));
        const dst = rig.floats(normals(count + 4, 'dst'));
        const copy = rig.floats(new Float32Array(60));
        const D = rig.floats(padded(6, 16, 13, 'd'));
        const bias = rig.floats(new Float32Array(4));
        const scale = rig.floats([-1.5]);
        const e = rig.ints([-77]);
        const s = rig.stats(2);
        rig.batch(13);
        rig.record(OP.axpy, count, src, dst, scale, 1);
        rig.record(OP.copyBlocks, 3, 5, dst, 0, copy, 20);
        rig.record(OP.biasGradient, 3, 2, D, 16, bias);
        rig.record(OP.squaredNorm, count, src, e, s);
        rig.run();
        const added = rig.read(dst, count + 4);
        rig.record(OP.axpy, count, src, dst, scale, 0);
        rig.run();
        return [added, rig.read(dst, count + 4), rig.read(copy, 60), rig.read(bias, 4), rig.readStats(s, 2)];
      },
      (a, x, name) => {
        for (const [k, values] of a.entries()) assertClose(values, x[k]!, 1e-6, `${name} ${count} part ${k}`);
      },
    );
  }
});

test('axpyGradient brings exponents together, and passes over gradients of zeros', () => {
  const cases = [
    { eSrc: 0, eDst: 0, src: 1, dst: 1, accumulate: 1 },
    { eSrc: -20, eDst: 3, src: 1, dst: 1, accumulate: 1 },
    { eSrc: 40, eDst: -5, src: 1, dst: 1, accumulate: 1 },
    { eSrc: -400, eDst: 0, src: 1, dst: 1, accumulate: 1 },
    { eSrc: 0, eDst: -400, src: 0, dst: 1, accumulate: 1 },
    { eSrc: -300, eDst: 0, src: 1, dst: 0, accumulate: 1 },
    { eSrc: -9, eDst: 5, src: 1, dst: 1, accumulate: 0 },
  ];
  for (const c of cases) {
    onEvery(
      (rig) => {
        const src = rig.floats(normals(13, 'src', c.src));
        const dst = rig.floats(normals(13, 'dst', c.dst));
        const scale = rig.floats([0.5]);
        const e = rig.ints([c.eSrc, c.eDst]);
        rig.record(OP.axpyGradient, 13, src, dst, scale, e, e + 1, c.accumulate);
        rig.run();
        return { values: rig.read(dst, 13), exponent: rig.readInts(e + 1, 1) };
      },
      (a, x, name) => {
        assertClose(a.values, x.values, 1e-6, `${name} ${JSON.stringify(c)}`);
        assert.deepEqual(a.exponent, x.exponent, `${name} ${JSON.stringify(c)}`);
        assert.ok(x.values.some((v) => v !== 0));
      },
    );
  }
});

test('dropout: the same mask everywhere, forward and backward, the right share of it', () => {
  const count = 4099;
  const run = (rig: Rig, key: number, salt: number): { forward: number[]; backward: number[]; e: number[] } => {
    const src = rig.floats(new Float32Array(count).fill(1));
    const dst = rig.floats(new Float32Array(count));
    const back = rig.floats(normals(count, 'gradient'));
    const rate = rig.floats([0.3]);
    const e = rig.ints([-12, 0]);
    rig.batch(8);
    rig.kernels.arena.ints[INT_HEAD.dropoutKey] = key;
    rig.record(OP.dropout, count, src, dst, 8, rate, salt, 0);
    rig.record(OP.dropout, count, back, back, 8, rate, salt, 1, e, e + 1);
    rig.run();
    return { forward: rig.read(dst, count), backward: rig.read(back, count), e: rig.readInts(e + 1, 1) };
  };
  onEvery(
    (rig) => run(rig, 123456789, 3),
    (a, x, name) => {
      assertClose(a.forward, x.forward, 2e-7, `${name} dropout`);
      assertClose(a.backward, x.backward, 2e-7, `${name} dropout backward`);
      assert.deepEqual(a.e, [-12]);
      assert.deepEqual(
        a.forward.map((v) => v === 0),
        a.backward.map((v) => v === 0),
      );
    },
  );
  const share = (key: number, salt: number): number[] => run(new Rig(referenceKernels('float32')), key, salt).forward;
  const kept = share(1, 0).filter((v) => v !== 0).length;
  // Four standard deviations of a binomial.
  assert.ok(Math.abs(kept - 0.7 * count) < 4 * Math.sqrt(0.21 * count), `${kept} of ${count} kept`);
  assert.notDeepEqual(share(1, 0), share(2, 0));
  assert.notDeepEqual(share(1, 0), share(1, 1));
});

test('an unknown operation is refused', () => {
  for (const kernels of [referenceKernels('float32'), ...fastKernels()]) {
    const rig = new Rig(kernels);
    rig.records.push([99]);
    assert.throws(() => rig.run());
  }
});
