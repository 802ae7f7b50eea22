// Owns `npm run test:host`: the suites of test/host inside the extension host of a real VS Code. Each *.test.ts there is bundled
// on its own; test/host/index.ts loads them all.
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { asProgram, ROOT } from './commands.mjs';
import { installHost } from './installHost.mjs';
import { ensureSystemPackages, TO_BROWSE } from './systemPackages.mjs';

await asProgram(async () => {
  process.chdir(ROOT);
  await ensureSystemPackages(TO_BROWSE);
  await installHost();
  const wanted = process.argv.slice(2);
  const suites = readdirSync('test/host').filter(
    (file) => file.endsWith('.test.ts') && (wanted.length === 0 || wanted.some((part) => file.includes(part))),
  );
  rmSync('out/host', { recursive: true, force: true });
  await build({
    entryPoints: ['index.ts', ...suites].map((file) => `test/host/${file}`),
    outdir: 'out/host',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    mainFields: ['module', 'main'],
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    loader: { '.wasm': 'binary' },
    logLevel: 'warning',
  });
  const { runTests } = await import('@vscode/test-electron');
  try {
    await runTests({
      // Desktop VS Code's own executable may be named instead; nothing is ever downloaded.
      vscodeExecutablePath: process.env.VSCODE_TEST_EXECUTABLE ?? path.join(ROOT, 'test/support/vscodeShim.mjs'),
      extensionDevelopmentPath: ROOT,
      extensionTestsPath: path.join(ROOT, 'out/host/index.cjs'),
      launchArgs: [path.join(ROOT, 'examples')],
    });
    return 0;
  } catch (error) {
    if (error?.name !== 'TestRunFailedError' && error?.code === undefined) console.error(String(error));
    return error?.code || 1;
  }
});
