import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { type DataContext, DataError, findFile, readFound } from '../../../src/data/files';
import { nodeFiles } from '../../../src/data/nodeFiles';

const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'gradoscope-files-')));
after(() => rmSync(root, { recursive: true }));
const at = (...parts: string[]) => path.join(root, ...parts);
for (const folder of ['specs/deep', 'specs-other', 'shared']) mkdirSync(at(folder), { recursive: true });
for (const file of ['specs/in.csv', 'specs-other/secret.csv', 'shared/common.csv', 'specs/..odd.csv']) {
  writeFileSync(at(file), 'a,b\n');
}
symlinkSync(at('specs-other/secret.csv'), at('specs/link.csv'));
symlinkSync(at('specs-other'), at('specs/linked'));
symlinkSync(at('specs/in.csv'), at('specs/fine.csv'));
symlinkSync('loop.csv', at('specs/loop.csv'));
writeFileSync(at('specs/huge.csv'), '');
truncateSync(at('specs/huge.csv'), 513 * 2 ** 20);

const context: DataContext = {
  folder: at('specs'),
  allowedFolders: [at('shared')],
  dataFolder: '/nowhere',
  files: nodeFiles,
};
const field = ['data', 'path'];

for (const name of [
  'in.csv',
  './deep/../in.csv',
  'fine.csv',
  '../shared/common.csv',
  at('shared/common.csv'),
  '..odd.csv',
]) {
  test(`${name.replace(root, '')} may be read`, () => {
    const file = findFile(name, field, context);
    assert.deepEqual([...readFound(file, nodeFiles)], [...Buffer.from('a,b\n')]);
    assert.deepEqual([...readFound(file, nodeFiles, 2)], [...Buffer.from('a,')]);
  });
}

const faults: [name: string, code: string, words: RegExp][] = [
  ['../specs-other/secret.csv', 'NS301', /leads out/],
  [at('specs-other/secret.csv'), 'NS301', /leads out/],
  ['/etc/passwd', 'NS301', /leads out/],
  ['link.csv', 'NS301', /leads out/],
  ['linked/secret.csv', 'NS301', /leads out/],
  ['linked/missing.csv', 'NS301', /leads out/],
  ['in\0.csv', 'NS301', /zero character/],
  ['missing.csv', 'NS302', /no file/],
  ['loop.csv', 'NS302', /no file/],
  ['deep', 'NS302', /folder/],
  ['huge.csv', 'NS303', /513 MiB/],
];
for (const [name, code, words] of faults) {
  test(`${JSON.stringify(name.replace(root, ''))} is refused`, () => {
    assert.throws(
      () => findFile(name, field, context),
      (error) => {
        assert.ok(error instanceof DataError, String(error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, words);
        if (words.source === 'leads out') assert.match(error.hint, /`gradoscope\.allowedFolders`/);
        assert.deepEqual(error.field, field);
        return true;
      },
    );
  });
}

test('a device is not opened', () => {
  const wide = { ...context, allowedFolders: ['/dev'] };
  assert.throws(() => findFile('/dev/zero', field, wide), /no plain file/);
});

test('a spec without a file has no paths', () => {
  assert.throws(() => findFile('in.csv', field, { ...context, folder: undefined }), /Save|no file yet/);
});
