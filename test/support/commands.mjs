// Owns how the scripts here run other programs: found on PATH, bounded in time, ended with this script. Node's own modules
// only, since some scripts run before anything is installed.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** A fault that the person at the terminal can do something about: printed as it stands, without a stack. */
export class PlainError extends Error {}

/** Absolute path of a program on PATH, or undefined. */
export function which(program) {
  const endings = process.platform === 'win32' ? (process.env.PATHEXT ?? '.EXE;.CMD').split(';') : [''];
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const ending of endings) {
      const file = path.join(folder, program + ending);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not in this folder: look in the next.
      }
    }
  }
  return undefined;
}

/** This process's environment without what an outer `npm run` put there: an inner npm would take it for its own settings. */
export function environmentWithoutNpm() {
  const ours =
    /^npm_(config_(user_agent|local_prefix|global_prefix|prefix)|lifecycle|package|execpath|node_execpath|command)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

const children = new Set();
const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 };
let watching = false;

/** Ends every child of `run` when this process is told to end. */
function watchSignals() {
  if (watching) return;
  watching = true;
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      for (const child of children) child.kill(signal);
      process.exit(128 + number);
    });
  }
}

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {string[]} args
 * @param {object} [o]
 * @param {string} [o.cwd]
 * @param {NodeJS.ProcessEnv} [o.env]
 * @param {boolean} [o.quiet]      print its output only if it fails
 * @param {number} [o.limitMs]     it is ended after so long (code 124)
 * @returns {Promise<{ code: number, output: string }>} output: both streams, in the order they came
 */
export async function run(program, args, { cwd = ROOT, env = process.env, quiet = false, limitMs = 15 * 60_000 } = {}) {
  watchSignals();
  const shell = process.platform === 'win32' && /\.(cmd|bat)$/i.test(program);
  const child = spawn(program, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let output = '';
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    from.setEncoding('utf8');
    from.on('data', (text) => {
      output += text;
      if (!quiet) to.write(text);
    });
  }
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
  }, limitMs);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += `${program}: ${error.message}\n`;
      resolve(127);
    });
    child.once('close', (status, signal) => resolve(status ?? 128 + (SIGNALS[signal] ?? 9)));
  });
  clearTimeout(timer);
  children.delete(child);
  if (late) output += `${path.basename(program)} ${args.join(' ')} did not end within ${limitMs / 1000} s\n`;
  if (quiet && (code !== 0 || late)) process.stderr.write(output);
  else if (late) process.stderr.write(output.slice(output.lastIndexOf('\n', output.length - 2) + 1));
  return { code: late ? 124 : code, output };
}

/** Runs `main`; a PlainError is printed as one sentence, anything else with its stack. Its number becomes the exit code. */
export async function asProgram(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof PlainError ? error.message : error);
    process.exitCode = 1;
  }
}
