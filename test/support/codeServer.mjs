// Owns one running code-server (VS Code in the browser) with folders of its own on a loopback port, and its end. Knows nothing
// of browsers or tests; Node's own modules only, since `npm start` uses it too.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from './commands.mjs';
import { CODE_SERVER, HOST_NODE } from './installHost.mjs';
import { until } from './until.mjs';

/** Settings of a quiet workbench: nothing asks, greets, updates or calls out. */
export const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'json.schemaDownload.enable': false,
};

/** The port if it is free, else any free one. */
async function freePort(wanted) {
  const server = createServer();
  for (const port of wanted ? [wanted, 0] : [0]) {
    server.listen(port, '127.0.0.1');
    const [bound] = await Promise.race([
      once(server, 'listening').then(() => [true]),
      once(server, 'error').then(() => [false]),
    ]).catch(() => [false]);
    if (!bound) continue;
    const address = server.address();
    server.close();
    await once(server, 'close');
    return address.port;
  }
  throw new Error('no free port on 127.0.0.1');
}

/**
 * Copies what the extension needs to run into an extensions folder, as an installer would lay it out.
 * @param {string} extensions  the folder of all extensions
 */
export function copyExtension(extensions) {
  const { publisher, name, version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const to = path.join(extensions, `${publisher}.${name}-${version}`);
  mkdirSync(to, { recursive: true });
  for (const part of ['package.json', 'dist', 'media', 'examples', 'python', 'README.md', 'CHANGELOG.md', 'LICENSE']) {
    if (existsSync(path.join(ROOT, part))) cpSync(path.join(ROOT, part), path.join(to, part), { recursive: true });
  }
}

/** A file of the served machine, spelled as the workbench's address wants it. */
const remoteUri = (port, file) =>
  `vscode-remote://127.0.0.1:${port}${path.resolve(file).split('/').map(encodeURIComponent).join('/')}`;

/**
 * Starts code-server and waits until it answers.
 * @param {object} [o]
 * @param {number} [o.port]                      preferred port
 * @param {Record<string, unknown>} [o.settings] user settings beside the quiet ones
 * @param {Record<string, string>} [o.env]       added to the extension host's environment
 * @param {boolean} [o.forTests]                 lets the address name an extension under development and a test suite; the
 *                                               workbench then hides notifications and some dialogs
 * @param {(folders: Record<string, string>, cli: (args: string[]) => Promise<void>) => unknown} [o.prepare]
 *                                               runs before the start, to install extensions
 */
export async function startCodeServer({ port: wanted, settings, env: extra, forTests = false, prepare } = {}) {
  const root = mkdtempSync(path.join(tmpdir(), 'gradoscope-'));
  const folders = { root };
  for (const name of ['userData', 'extensions', 'home', 'tmp', 'workspace', 'browser']) {
    folders[name] = path.join(root, name);
    mkdirSync(folders[name]);
  }
  mkdirSync(path.join(folders.userData, 'User'));
  const all = { ...QUIET_SETTINGS, ...settings };
  writeFileSync(path.join(folders.userData, 'User/settings.json'), JSON.stringify(all, null, 2));
  writeFileSync(path.join(root, 'config.yaml'), 'auth: none\n');
  const logFile = path.join(root, 'code-server.log');

  // A home of its own: nothing of the person's is read or written. No gallery: nothing is asked of the network.
  const env = { ...process.env, ...extra, EXTENSIONS_GALLERY: '{}', TMPDIR: folders.tmp, XDG_RUNTIME_DIR: folders.tmp };
  for (const name of ['HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME']) env[name] = folders.home;
  for (const name of Object.keys(env)) {
    if (/^(VSCODE_|CODE_SERVER_|PORT$|PASSWORD$|ELECTRON_RUN|NODE_OPTIONS$|NODE_TEST_CONTEXT$)/.test(name))
      delete env[name];
  }
  const base = ['--config', path.join(root, 'config.yaml'), '--user-data-dir', folders.userData];
  base.push('--extensions-dir', folders.extensions);
  const start = (args, stdio) =>
    spawn(HOST_NODE, [CODE_SERVER, ...base, ...args], { env, cwd: root, stdio, detached: true });

  const groups = new Set();
  const signal = (which) => {
    for (const child of groups) {
      try {
        process.kill(-child.pid, which); // Its own process group: extension hosts and file watchers end with it.
      } catch {
        // Already gone.
      }
    }
  };
  const atExit = () => {
    signal('SIGKILL');
    if (!process.env.KEEP_TMP) rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', atExit);
  const onSignal = (_name, number) => process.exit(128 + number);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, onSignal);

  /** Runs code-server's own command line, such as --install-extension. */
  const cli = async (args) => {
    const child = start(args, ['ignore', 'pipe', 'pipe']);
    groups.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += data;
      });
    }
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 120_000);
    const [code] = await once(child, 'close');
    clearTimeout(timer);
    groups.delete(child);
    if (code !== 0) throw new Error(`code-server ${args.join(' ')} exited ${code}:\n${output}`);
  };

  let server;
  let gone = Promise.resolve();
  const close = async () => {
    if (server && server.exitCode === null && server.signalCode === null) {
      signal('SIGTERM');
      const timer = setTimeout(signal, 5_000, 'SIGKILL');
      await gone;
      clearTimeout(timer);
    }
    process.off('exit', atExit);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, onSignal);
    atExit();
  };

  try {
    await prepare?.(folders, cli);
    const port = await freePort(wanted);
    const log = openSync(logFile, 'a');
    const switches = [
      '--bind-addr',
      `127.0.0.1:${port}`,
      '--auth',
      'none',
      '--ignore-last-opened',
      '--disable-telemetry',
    ];
    switches.push('--disable-update-check', '--disable-workspace-trust', '--disable-getting-started-override');
    switches.push('--disable-proxy', '--log', process.env.CODE_SERVER_LOG ?? 'error');
    if (forTests) switches.push('--vscode-option', 'enable-smoke-test-driver');
    server = start(switches, ['ignore', log, log]);
    closeSync(log);
    groups.add(server);
    gone = once(server, 'exit');
    const origin = `http://127.0.0.1:${port}`;
    await until(`code-server to answer at ${origin}`, async () => {
      if (server.exitCode !== null) return true;
      return (await fetch(`${origin}/healthz`)).ok;
    });
    if (server.exitCode !== null)
      throw new Error(`code-server exited ${server.exitCode}:\n${readFileSync(logFile, 'utf8')}`);

    /**
     * The address that opens a folder.
     * @param {{ folder: string, file?: string, extensionDevelopmentPath?: string, extensionTestsPath?: string }} what
     */
    const address = ({ folder, file, extensionDevelopmentPath, extensionTestsPath }) => {
      const url = new URL(origin);
      url.searchParams.set('folder', path.resolve(folder));
      const named = { openFile: file, extensionDevelopmentPath, extensionTestsPath };
      const payload = Object.entries(named).flatMap(([key, f]) => (f ? [[key, remoteUri(port, f)]] : []));
      if (payload.length > 0) url.searchParams.set('payload', JSON.stringify(payload));
      return url.href;
    };
    return { origin, address, folders, logFile, close, gone };
  } catch (error) {
    await close();
    throw error;
  }
}
