// Owns `npm run test:browser`: packs the extension as its users get it, then runs every test/browser/*.test.mjs (or those whose
// name contains an argument) on that package, one after the other.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { asProgram, PlainError, ROOT, run } from './commands.mjs';
import { installHost } from './installHost.mjs';
import { ensureSystemPackages, TO_BROWSE } from './systemPackages.mjs';

await asProgram(async () => {
  process.chdir(ROOT);
  await ensureSystemPackages(TO_BROWSE);
  await installHost();
  const wanted = process.argv.slice(2);
  const files = readdirSync('test/browser')
    .filter((file) => file.endsWith('.test.mjs') && (wanted.length === 0 || wanted.some((part) => file.includes(part))))
    .sort()
    .map((file) => path.join('test/browser', file));
  if (files.length === 0) throw new PlainError(`no browser test's name contains ${wanted.join(' or ')}`);

  mkdirSync('out/browser', { recursive: true });
  const vsix = path.resolve('out/browser/gradoscope.vsix');
  rmSync(vsix, { force: true });
  const pack = await run(process.execPath, ['test/support/pack.mjs', vsix], { quiet: true });
  if (pack.code !== 0) throw new PlainError('The extension could not be packed: see above.');

  const args = ['--test', '--test-concurrency=1', '--test-reporter=./test/support/countReporter.mjs'];
  args.push('--test-reporter-destination=stdout');
  const env = { ...process.env, GRADOSCOPE_VSIX: vsix, TEST_TITLE: 'browser' };
  return (await run(process.execPath, [...args, ...files], { env, limitMs: 20 * 60_000 })).code;
});
