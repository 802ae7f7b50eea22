// Owns `npm run train -- SPEC …`: installs and builds where needed, then hands the terminal to the command line's `train`.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { asProgram, PlainError, ROOT, run } from './commands.mjs';
import { installRoot } from './installRoot.mjs';

const CLI = path.join(ROOT, 'dist/cli.cjs');

/** Is anything under src newer than the built command line? */
function outOfDate() {
  if (!existsSync(CLI)) return true;
  const built = statSync(CLI).mtimeMs;
  const sources = readdirSync(path.join(ROOT, 'src'), { recursive: true }).map((file) => path.join(ROOT, 'src', file));
  return [path.join(ROOT, 'esbuild.js'), ...sources].some((file) => statSync(file).mtimeMs > built);
}

await asProgram(async () => {
  await installRoot();
  if (outOfDate()) {
    const { code } = await run(process.execPath, [path.join(ROOT, 'esbuild.js')], { quiet: true });
    if (code !== 0) throw new PlainError('The build failed: see above.');
  }
  // Paths on the command line are meant from where it was typed; npm moves to the project's folder.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  const child = spawn(process.execPath, [CLI, 'train', ...process.argv.slice(2)], { cwd, stdio: 'inherit' });
  // The terminal sends Ctrl-C to both processes: how to end is the trainer's business. Others are handed on.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.once('close', (code) => resolve(code ?? 1));
  });
});
