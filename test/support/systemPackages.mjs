// Owns what only an administrator can install: as root on Debian and its kin it is installed, otherwise asked for in one
// sentence. Nothing else here calls apt.
import { existsSync, readdirSync } from 'node:fs';
import { PlainError, run, which } from './commands.mjs';

/** Where a Chromium may be, the person's own choice first. */
export function findChromium() {
  const chosen = process.env.CHROMIUM_PATH;
  if (chosen) {
    if (!existsSync(chosen)) throw new PlainError(`CHROMIUM_PATH names ${chosen}, which does not exist.`);
    return chosen;
  }
  for (const name of ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']) {
    const file = which(name);
    if (file) return file;
  }
  return undefined;
}

const hasFonts = () => {
  try {
    return readdirSync('/usr/share/fonts', { recursive: true }).some((f) => /\.(ttf|otf|ttc)$/i.test(String(f)));
  } catch {
    return false;
  }
};

/** Debian package → is what it brings there already? */
const PRESENT = {
  chromium: () => findChromium() !== undefined,
  // code-server compiles a Kerberos module that it never uses here.
  'libkrb5-dev': () => existsSync('/usr/include/gssapi/gssapi.h'),
  python3: () => which('python3') !== undefined,
  make: () => which('make') !== undefined,
  'g++': () => which('g++') !== undefined,
  'fonts-dejavu-core': hasFonts,
};

/** What the editor in the browser needs to be compiled, and what the browser tests need besides. */
export const TO_INSTALL_HOST = ['libkrb5-dev', 'python3', 'make', 'g++'];
export const TO_BROWSE = ['chromium', 'fonts-dejavu-core'];

/**
 * Sees that the given Debian packages, or what stands for them, are there.
 * @param {string[]} names  keys of PRESENT
 */
export async function ensureSystemPackages(names) {
  const missing = names.filter((name) => !PRESENT[name]());
  if (missing.length === 0) return;
  const command = `apt-get install -y ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !which('apt-get')) {
    throw new PlainError(
      `Please install ${missing.join(', ')} first (on Debian or Ubuntu: sudo ${command}), then try again.`,
    );
  }
  console.log(`Installing ${missing.join(', ')} by apt …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env, quiet: true });
  const { code } = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
    env,
    quiet: true,
  });
  if (code !== 0) throw new PlainError(`${command} failed: see above.`);
  const still = missing.filter((name) => !PRESENT[name]());
  if (still.length > 0) throw new PlainError(`${command} ended well, but ${still.join(', ')} cannot be found.`);
}
