// What a user downloads: the package holds all that it needs and nothing of the workshop.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { unzipSync } from 'fflate';

const bytes = readFileSync(process.env.GRADOSCOPE_VSIX);
const files = Object.keys(unzipSync(bytes, { filter: () => true }))
  .filter((name) => name.startsWith('extension/') && !name.endsWith('/'))
  .map((name) => name.slice('extension/'.length));

test('the package holds what the manifest names', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const { languages = [], grammars = [], jsonValidation = [] } = manifest.contributes;
  const named = [
    manifest.main,
    ...languages.map((language) => language.configuration),
    ...grammars.map((grammar) => grammar.path),
    ...jsonValidation.map((validation) => validation.url),
    './dist/worker.cjs',
    './dist/analyst.cjs',
    './dist/webview.js',
    './dist/cli.cjs',
    './media/data/mnist-train-2000-images-idx3-ubyte.gz',
    './examples/vanishing-sigmoid.netspec.json',
  ].filter((name) => name !== undefined && !/^https?:/.test(name));
  const missing = named.filter((name) => !files.includes(name.replace(/^\.\//, '')));
  assert.deepEqual(missing, []);
});

test('the package holds nothing else', () => {
  const expected = /^(package\.json|readme\.md|changelog\.md|LICENSE(\.txt)?|(dist|media|examples|python)\/.+)$/i;
  const strange = files.filter(
    (name) => !expected.test(name) || /\.map$|node_modules|\.gradoscope|__pycache__/.test(name),
  );
  assert.deepEqual(strange, []);
  assert.ok(bytes.length < 4 * 2 ** 20, `${(bytes.length / 2 ** 20).toFixed(1)} MiB is more than 4 MiB`);
});
