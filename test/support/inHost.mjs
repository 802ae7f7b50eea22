// Owns one run of a suite inside a real extension host: its output as it comes, and an exit code that tells a crash and a
// time-out from a failure.
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from './commands.mjs';
import { startWorkbench } from './workbench.mjs';

const CRASHED = 70;
const TIMED_OUT = 124;

/**
 * @param {object} o
 * @param {string} o.workspace
 * @param {string} o.extensionDevelopmentPath
 * @param {string} o.extensionTestsPath  module that exports run()
 * @returns {Promise<number>} 0 passed, 1 failed, 70 the extension host ended early, 124 no result in time
 */
export async function runInHost({ workspace, extensionDevelopmentPath, extensionTestsPath }) {
  const limitMs = Number(process.env.TEST_LIMIT_MS ?? 300_000);
  const out = await mkdtemp(path.join(tmpdir(), 'gradoscope-in-host-'));
  const printed = await open(path.join(out, 'output.txt'), 'a+');
  const copyOutput = async () => process.stdout.write(await printed.readFile());
  const workbenchLog = [];
  let copying;
  let workbench;
  let code = 1;
  try {
    workbench = await startWorkbench({
      workspace,
      extensionDevelopmentPath,
      extensionTestsPath: path.join(ROOT, 'test/support/suiteWrapper.cjs'),
      env: { TEST_OUT_DIR: out, TEST_SUITE_PATH: path.resolve(extensionTestsPath) },
      onTestLog: (type, args) => workbenchLog.push(`[${type}] ${args.join(' ')}`),
    });
    copying = setInterval(copyOutput, 200);
    const limit = new Promise((resolve) => {
      setTimeout(resolve, limitMs, TIMED_OUT).unref();
    });
    code = await Promise.race([workbench.tests, limit]);
    const done = await readFile(path.join(out, 'done.json'), 'utf8').then(JSON.parse, () => undefined);
    if (code === 0 && !done?.ok) code = CRASHED;
    if (code === 1 && !done) code = CRASHED;
  } finally {
    clearInterval(copying);
    await workbench?.close();
    await copyOutput();
    await printed.close();
    await rm(out, { recursive: true, force: true });
  }
  if (code > 1) console.error(`--- the workbench's own log\n${workbenchLog.join('\n')}\n---`);
  if (code === TIMED_OUT) console.error(`no result from the extension host within ${limitMs / 1000} s`);
  if (code === CRASHED) console.error('the extension host ended without finishing the suite');
  return code;
}
