import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSafetensors, type Tensor, writeSafetensors } from '../../../src/runs/formats/safetensors';

const tensors: Tensor[] = [
  { name: 'dense_1/kernel', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-40, 5) },
  { name: 'dense_1/bias', shape: [1], data: Float32Array.of(Number.NaN) },
  { name: 'precise', shape: [2], data: Float64Array.of(1e-300, Math.PI) },
  { name: 'labels', shape: [3], data: Int32Array.of(-1, 0, 2 ** 31 - 1) },
  { name: 'none', shape: [0, 4], data: new Float32Array() },
  { name: 'scalar ü', shape: [], data: Float32Array.of(7) },
];

test('tensors come back as they went, from a buffer at any offset', () => {
  const bytes = writeSafetensors(tensors, { note: 'x' });
  assert.deepEqual(readSafetensors(bytes, 'f'), tensors);
  const shifted = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
  assert.deepEqual(readSafetensors(shifted, 'f'), tensors);
});

test('the bytes are those of the format', () => {
  const bytes = writeSafetensors([{ name: 'a', shape: [2], data: Float32Array.of(1, 2) }]);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assert.equal(length % 8, 0);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  assert.deepEqual(header, { a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } });
  assert.deepEqual([...bytes.subarray(8 + length)], [0, 0, 128, 63, 0, 0, 0, 64]);
});

test('a tensor that does not fit its shape, or a name twice, is a bug of the caller', () => {
  const data = new Float32Array(3);
  assert.throws(() => writeSafetensors([{ name: 'a', shape: [2], data }]), /3 numbers/);
  assert.throws(
    () =>
      writeSafetensors([
        { name: 'a', shape: [3], data },
        { name: 'a', shape: [3], data },
      ]),
    /cannot be used/,
  );
});

/** A file whose header is this text. */
function file(header: string, body = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + body);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const entry = (dtype: unknown, shape: unknown, offsets: unknown) =>
  JSON.stringify({ a: { dtype, shape, data_offsets: offsets } });
const faults: [name: string, bytes: Uint8Array, words: RegExp][] = [
  ['nothing', new Uint8Array(), /0 bytes/],
  ['a header length that lies', new Uint8Array(16).fill(255), /header is said to have/],
  ['no JSON', file('{'), /not JSON/],
  ['text that is no UTF-8', file('{"\u00e9":1}').fill(0xff, 10, 12), /not JSON/],
  ['a list', file('[]'), /no object/],
  ['no entry', file('{"a":null}'), /type undefined/],
  ['an unknown type', file(entry('BF16', [1], [0, 2]), 2), /BF16/],
  ['a prototype as a type', file(entry('constructor', [1], [0, 4]), 4), /constructor/],
  ['a negative size', file(entry('F32', [-1], [0, 4]), 4), /no shape/],
  ['no offsets', file(entry('F32', [1], null), 4), /no place/],
  ['offsets beyond the end', file(entry('F32', [2], [0, 8]), 4), /does not fit/],
  ['offsets of another length', file(entry('F32', [1e9, 1e9], [0, 4]), 4), /does not fit/],
  ['offsets in reverse', file(entry('F32', [0], [4, 0]), 4), /does not fit/],
];
for (const [name, bytes, words] of faults) {
  test(`${name} is refused`, () => {
    assert.throws(
      () => readSafetensors(bytes, 'weights.safetensors'),
      (error) =>
        error instanceof Error &&
        error.name === 'UserError' &&
        words.test(error.message) &&
        /weights\.safetensors/.test(error.message),
    );
  });
}

test('a file cut anywhere is refused', () => {
  const bytes = writeSafetensors(tensors);
  // The last tensors are a scalar and an empty one: every cut takes a part of something.
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => readSafetensors(bytes.slice(0, length), 'f'), { name: 'UserError' }, `cut at ${length}`);
  }
});
