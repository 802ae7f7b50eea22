#!/usr/bin/env node
// Stands where @vscode/test-electron expects desktop VS Code's executable: takes its command line and runs the suite in
// code-server, so that the same runTests() serves a machine without a display.
import { parseArgs } from 'node:util';
import { asProgram, PlainError } from './commands.mjs';
import { runInHost } from './inHost.mjs';

const { values, positionals } = parseArgs({
  strict: false, // VS Code's other switches (--no-sandbox, --disable-updates and so on) mean nothing here.
  allowPositionals: true,
  options: { extensionDevelopmentPath: { type: 'string' }, extensionTestsPath: { type: 'string' } },
});

await asProgram(async () => {
  const [workspace] = positionals;
  if (!values.extensionTestsPath || !workspace) {
    throw new PlainError('vscodeShim: only a test run on a folder is supported (--extensionTestsPath FILE FOLDER)');
  }
  return runInHost({
    workspace,
    extensionDevelopmentPath: values.extensionDevelopmentPath,
    extensionTestsPath: values.extensionTestsPath,
  });
});
