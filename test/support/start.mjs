// Owns `npm start`: installs, builds, and opens VS Code on the examples with the extension loaded. Desktop VS Code where `code`
// is on PATH and there is a display; otherwise code-server on 127.0.0.1 (always with --browser), until Ctrl-C.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { copyExtension, startCodeServer } from './codeServer.mjs';
import { asProgram, PlainError, ROOT, run, which } from './commands.mjs';
import { installHost } from './installHost.mjs';
import { installRoot } from './installRoot.mjs';

const EXAMPLES = path.join(ROOT, 'examples');
const FIRST = path.join(EXAMPLES, 'vanishing-sigmoid.netspec.json');
const PREFERRED_PORT = 8137;

const hasDisplay = () => process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** Desktop VS Code's command; not the one of a remote terminal, which cannot load an extension under development. */
function desktopCode() {
  const code = hasDisplay() ? which('code') : undefined;
  return code && !process.env.VSCODE_IPC_HOOK_CLI && !code.includes('remote-cli') ? code : undefined;
}

async function openDesktop(code) {
  // Root may run VS Code only without its sandbox and with a folder named for its data.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox', '--user-data-dir', path.join(ROOT, 'out/desktop')] : [];
  const args = [...asRoot, '--new-window', `--extensionDevelopmentPath=${ROOT}`, EXAMPLES, FIRST];
  return (await run(code, args, { limitMs: 120_000 })).code === 0;
}

async function serve() {
  await installHost();
  const server = await startCodeServer({
    port: PREFERRED_PORT,
    prepare: (folders) => copyExtension(folders.extensions),
  });
  const address = server.address({ folder: EXAMPLES, file: existsSync(FIRST) ? FIRST : undefined });
  console.log(
    `\nVS Code with Gradoscope is at\n\n  ${address}\n\nIt answers this machine only. Press Ctrl-C to end it.`,
  );
  const opener = { linux: 'xdg-open', darwin: 'open' }[process.platform];
  if (opener && hasDisplay() && which(opener)) await run(opener, [address], { quiet: true, limitMs: 10_000 });
  await server.gone;
  throw new PlainError(`code-server ended by itself; its log was ${server.logFile}`);
}

await asProgram(async () => {
  await installRoot();
  console.log('Building …');
  const built = await run(process.execPath, [path.join(ROOT, 'esbuild.js')], { quiet: true });
  if (built.code !== 0) throw new PlainError('The build failed: see above.');
  const code = process.argv.includes('--browser') ? undefined : desktopCode();
  if (code && (await openDesktop(code))) {
    console.log('VS Code is open on the examples, with Gradoscope loaded. Press F1 there and run "Gradoscope: Train".');
    return;
  }
  if (code) console.log('Desktop VS Code did not open; starting it in the browser instead.');
  await serve();
});
