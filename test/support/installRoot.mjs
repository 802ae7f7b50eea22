// Owns whether the root's node_modules are what package-lock.json says; installs them where they are not.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { environmentWithoutNpm, PlainError, ROOT, run, which } from './commands.mjs';

const read = (file) => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));

/** npm writes node_modules/.package-lock.json last, so that a half-finished install is not taken for a whole one. */
function upToDate() {
  let there;
  try {
    there = read('node_modules/.package-lock.json').packages;
  } catch {
    return false;
  }
  return Object.entries(read('package-lock.json').packages).every(
    ([place, { version, optional }]) =>
      place === '' || (optional && !there[place]) || there[place]?.version === version,
  );
}

/** Runs `npm ci` unless what is installed is what the lock file pins. */
export async function installRoot() {
  const [major] = process.versions.node.split('.');
  if (Number(major) < 20) throw new PlainError(`Gradoscope needs Node 20 or newer; this is ${process.version}.`);
  if (upToDate()) return;
  console.log('Installing packages (npm ci) …');
  const npm = which('npm');
  if (!npm) throw new PlainError('npm is not on PATH: install it together with Node 20 or newer.');
  const { code } = await run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    env: environmentWithoutNpm(),
    quiet: true,
  });
  if (code !== 0) throw new PlainError('npm ci failed: see above.');
}
