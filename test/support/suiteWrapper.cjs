// Owns the proof that a suite in the extension host ended: VS Code is given this module as extensionTestsPath. It loads the
// real suite (TEST_SUITE_PATH, any module with the usual run()), copies what the suite prints to TEST_OUT_DIR/output.txt and
// leaves TEST_OUT_DIR/done.json when run() has settled. Without that file the workbench's exit code means nothing: it is 0
// even when the extension host crashed.
const { appendFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { format } = require('node:util');

const { TEST_OUT_DIR: out, TEST_SUITE_PATH: suite } = process.env;
for (const level of ['log', 'info', 'warn', 'error']) {
  const before = console[level];
  // The extension host's console ignores plain assignment.
  Object.defineProperty(console, level, {
    configurable: true,
    writable: true,
    value: (...args) => {
      appendFileSync(path.join(out, 'output.txt'), `${format(...args)}\n`);
      before.apply(console, args);
    },
  });
}

exports.run = async function run() {
  let error;
  try {
    await require(suite).run();
  } catch (e) {
    error = e;
    if (!e?.counted) console.error(e); // The suite has printed what it counted.
  }
  writeFileSync(path.join(out, 'done.json'), JSON.stringify({ ok: !error }));
  if (error) throw error;
};
