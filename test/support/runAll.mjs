// Owns `npm test`: installs, builds, checks, runs every test, and ends with one line that sums them. A part that fails does not
// keep the others from running; only a failed build does.
import path from 'node:path';
import { asProgram, ROOT, run } from './commands.mjs';
import { installRoot } from './installRoot.mjs';

const node = (file, ...args) => [process.execPath, [path.join(ROOT, file), ...args]];
const BUILD = { name: 'build', command: node('esbuild.js') };
const PARTS = [
  { name: 'types', command: node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json') },
  { name: 'types of the webview', command: node('node_modules/typescript/bin/tsc', '-p', 'webview/tsconfig.json') },
  { name: 'lint and format', command: node('node_modules/@biomejs/biome/bin/biome', 'check', '.') },
  { name: 'unit', command: node('test/support/runUnit.mjs'), counts: true },
  { name: 'host', command: node('test/support/runHost.mjs'), counts: true },
  { name: 'browser', command: node('test/support/runBrowser.mjs'), counts: true },
];

const total = { passed: 0, failed: 0, skipped: 0 };

/** Runs one part; a part without counts of its own weighs one failure when it fails. */
async function runPart({ name, command: [program, args], counts = false }) {
  console.log(`— ${name}`);
  const started = Date.now();
  const { code, output } = await run(program, args, { quiet: !counts, limitMs: 20 * 60_000 });
  const lines = counts ? [...output.matchAll(/^\w+: (\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)] : [];
  const [, passed = 0, failed = 0, skipped = 0] = (lines.at(-1) ?? []).map(Number);
  total.passed += passed;
  total.failed += code !== 0 && failed === 0 ? 1 : failed;
  total.skipped += skipped || 0;
  console.log(`  ${code === 0 ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return code === 0;
}

await asProgram(async () => {
  await installRoot();
  if (await runPart(BUILD)) for (const part of PARTS) await runPart(part);
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  return total.failed === 0 ? 0 : 1;
});
