import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'fflate';
import { call, specText, temporaryFolder } from './fakeIo';

const folder = temporaryFolder(after);
const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};
const good = file('good.netspec.json', specText());
const broken = file('broken.netspec.json', '{ "netspec": 1, ');

test('help lists what there is and nothing else', async () => {
  for (const argv of [['--help'], ['-h'], ['help']]) {
    const { status, out, err } = await call(argv);
    assert.equal(status, 0);
    assert.equal(err, '');
    for (const name of ['train SPEC', 'check SPEC…', 'predict SPEC', 'gradients SPEC', 'fix SPEC'])
      assert.ok(out.includes(name), name);
    for (const name of ['export', 'import', 'runs', 'report']) {
      assert.doesNotMatch(out, new RegExp(`^  ${name}`, 'm'));
    }
  }
});

test('every command has its help, wherever --help stands', async () => {
  const options = {
    train: ['--steps N', '--seed S', '--backend', '--out DIR', '--json'],
    gradients: [
      '--batch K',
      '--precision',
      '--load-weights',
      '--save-weights',
      '--save-gradients',
      '--save-batch',
      '--check',
    ],
    check: ['--format', '--static', '--fail-on', '--threshold NAME=VALUE', 'vanishingFactor (0.75)'],
    predict: ['--no-probe', '--json'],
    fix: ['--apply K|all', '--write FILE', '--all', '--json', '--threshold NAME=VALUE'],
  };
  for (const [name, expected] of Object.entries(options)) {
    for (const argv of [
      [name, '--help'],
      [name, 'x', '--json', '-h'],
      ['help', name],
    ]) {
      const { status, out } = await call(argv);
      assert.equal(status, 0);
      for (const option of expected) assert.ok(out.includes(option), `${name} ${option}`);
    }
  }
});

test('no command is a mistake that is answered with help', async () => {
  const { status, out, err } = await call([]);
  assert.deepEqual([status, out], [2, '']);
  assert.match(err, /Usage/);
});

test('--version tells the package', async () => {
  const { out, status } = await call(['--version']);
  assert.equal(status, 0);
  assert.equal(out.trim(), JSON.parse(readFileSync('package.json', 'utf8')).version);
});

const mistakes: [argv: string[], words: RegExp][] = [
  ...['export', 'import', 'runs', 'report'].map((name): [string[], RegExp] => [
    [name, good],
    new RegExp(`\`${name}\` is not available in this version`),
  ]),
  [['tarin', good], /no command “tarin”/],
  [['train'], /needs a SPEC/],
  [['train', good, good], /takes one SPEC, and got 2/],
  [['train', good, '--stepz', '3'], /--stepz/],
  [['train', good, '--steps'], /--steps/],
  [['train', good, '--steps', '0'], /--steps wants a whole number from 1 on, and got “0”/],
  [['train', good, '--steps', '1e3'], /got “1e3”/],
  [['train', good, '--seed', '1.5'], /--seed wants a whole number/],
  [['train', good, '--backend', 'jax'], /--backend is one of/],
  [['train', good, '--backend', 'pytorch'], /pytorch backend is not available in this version/],
  [['train', good, '--nproc', '2'], /not available in this version/],
  [['train', path.join(folder, 'none.netspec.json')], /no file at/],
  [['train', folder], /folder, not a file/],
  [['train', broken], /error NS101/],
  [['gradients', good, '--batch', '-1'], /--batch/],
  [['gradients', good, '--batch', '5'], /no batch 5: an epoch has 5/],
  [['gradients', good, '--precision', 'float16'], /--precision is one of/],
  [['gradients', broken], /error NS101/],
  [['check'], /at least one SPEC/],
  [['check', good, '--format', 'xml'], /--format is one of text, json, sarif, github/],
  [['check', good, '--fail-on', 'info'], /--fail-on is one of/],
  [['check', path.join(folder, 'none.netspec.json')], /no file at/],
  [['check', good, '--threshold', 'vanishing=1'], /no threshold “vanishing”\.\n {4}Name one of vanishingFactor,/],
  [['check', good, '--threshold', 'vanishingFactor=2'], /wants a number from 0 to 1, and got “2”/],
  [['check', good, '--threshold', 'explodingFactor'], /wants a number from 1 on, and got “”/],
  [['predict'], /needs a SPEC/],
  [['predict', broken], /error NS101/],
  [['fix', broken], /error NS101/],
  [['fix', good, '--apply', '0'], /--apply wants a place in the list, from 1, and got “0”/],
  [['fix', good, '--apply', '1', '--all'], /exclude each other/],
];
for (const [argv, words] of mistakes) {
  test(`${argv.join(' ').replaceAll(folder, '')} ends with 2 and says why on stderr`, async () => {
    const { status, out, err } = await call(argv);
    assert.equal(status, 2, err);
    assert.equal(out, '');
    assert.match(err, words);
    assert.ok(!err.includes('internal error') && !err.includes('\u001b'));
  });
}

test('data that fails while it is read ends with 3, and what the spec says wrongly with 2', async () => {
  const csv = (data: object) =>
    specText({ data: { source: 'csv', path: 'table.csv', ...data }, layers: [{ type: 'dense', units: 2 }] });
  const spec = file('csv.netspec.json', csv({}));
  const missing = await call(['train', spec]);
  assert.equal(missing.status, 3);
  assert.match(missing.err, /NS302: There is no file at “table\.csv”/);
  file('table.csv', 'a,b,k\n1,2,x\n3,y\n');
  const ragged = await call(['train', spec]);
  assert.equal(ragged.status, 3);
  assert.match(ragged.err, /NS304: “table\.csv”, line 3/);
  const column = await call(['train', file('column.netspec.json', csv({ target: 'z' }))]);
  assert.equal(column.status, 2);
  assert.match(column.err, /column\.netspec\.json:\d+:\d+: error NS306/);
});

test('a path out of the folder needs --allow', async () => {
  mkdirSync(path.join(folder, 'inner'), { recursive: true });
  file('outer.csv', 'a,k\n1,x\n2,y\n3,x\n4,y\n5,x\n');
  const spec = file(
    'inner/s.netspec.json',
    specText({ data: { source: 'csv', path: '../outer.csv' }, layers: [{ type: 'dense', units: 2 }] }),
  );
  const refused = await call(['train', spec]);
  assert.equal(refused.status, 2);
  assert.match(refused.err, /NS301.*\n.*with `--allow DIR`/);
  const { status, err } = await call(['train', spec, '--allow', '.'], { cwd: folder });
  assert.equal(status, 0, err);
});

test('a net beyond the memory limit is refused with the option that raises it', async () => {
  const spec = file(
    'wide.netspec.json',
    specText({
      layers: [
        { type: 'dense', units: 30_000 },
        { type: 'dense', units: 2 },
      ],
      training: { steps: 1 },
    }),
  );
  const refused = await call(['train', spec, '--memory-limit', '1']);
  assert.equal(refused.status, 2);
  assert.match(refused.err, /NS402.*\n.*`--memory-limit MIB`/);
  assert.equal((await call(['check', spec, '--memory-limit', '1'])).status, 1);
  const { status, err } = await call(['train', spec, '--memory-limit', '1000']);
  assert.equal(status, 0, err);
});

test('data beyond the memory limit is refused by its header, before it is read', async () => {
  const header = (...sizes: number[]) => {
    const bytes = Buffer.alloc(4 + 4 * sizes.length);
    bytes.set([0, 0, 8, sizes.length]);
    sizes.forEach((size, i) => {
      bytes.writeUInt32BE(size, 4 + 4 * i);
    });
    return bytes;
  };
  // Its header promises 480 MiB; what is there is noise that ends early, which reading would complain of.
  const noise = Uint8Array.from({ length: 600_000 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 24);
  const images = gzipSync(Buffer.concat([header(30, 1024, 16_384), noise]), { level: 0 });
  writeFileSync(path.join(folder, 'images.gz'), images);
  writeFileSync(path.join(folder, 'labels'), Buffer.concat([header(30), Buffer.alloc(30, 1)]));
  const data = { source: 'idx', images: 'images.gz', labels: 'labels' };
  const layers = [{ type: 'flatten' }, { type: 'dense', units: 2 }];
  const { status, err } = await call(['train', file('huge.netspec.json', specText({ data, layers }))]);
  assert.equal(status, 2, err);
  assert.match(err, /error NS402/);
});
