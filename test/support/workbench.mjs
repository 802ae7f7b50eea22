// Owns a workbench that a test can see and touch: code-server in a headless Chromium that can reach this machine alone. What a
// person does in it is in person.mjs.
import { cp } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { startCodeServer } from './codeServer.mjs';
import { PlainError } from './commands.mjs';
import { findChromium } from './systemPackages.mjs';

const TEST_SETTINGS = {
  'workbench.editor.empty.hint': 'hidden',
  'workbench.reduceMotion': 'on', // No fade in a picture.
  'git.enabled': false,
  'editor.cursorBlinking': 'solid',
};

/**
 * @param {object} o
 * @param {string} o.workspace      folder to open; it is copied, so that a test may edit it
 * @param {string} [o.vsix]         package to install, as a person would
 * @param {string} [o.extensionDevelopmentPath]
 * @param {string} [o.extensionTestsPath]  module that exports run()
 * @param {Record<string, string>} [o.env] added to the extension host's environment
 * @param {Record<string, unknown>} [o.settings]
 * @param {{ width: number, height: number }} [o.viewport]
 * @param {(type: string, args: string[]) => void} [o.onTestLog]
 */
export async function startWorkbench(o) {
  const executablePath = findChromium();
  if (!executablePath) throw new PlainError('Please install Chromium first, or name one by CHROMIUM_PATH.');
  const server = await startCodeServer({
    settings: { ...TEST_SETTINGS, ...o.settings },
    env: o.env,
    forTests: Boolean(o.extensionTestsPath),
    prepare: async (folders, cli) => {
      await cp(o.workspace, folders.workspace, { recursive: true });
      if (o.vsix) await cli(['--force', '--install-extension', o.vsix]);
    },
  });
  let context;
  const close = async () => {
    await context?.close().catch(() => {}); // A crashed browser is closed already.
    await server.close();
  };
  try {
    context = await chromium.launchPersistentContext(server.folders.browser, {
      executablePath,
      headless: true,
      handleSIGINT: false, // code-server's own handlers end this process; Playwright's would go on after a signal.
      handleSIGTERM: false,
      handleSIGHUP: false,
      viewport: o.viewport ?? { width: 1400, height: 900 },
      args: [
        '--no-sandbox',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
        ...(process.env.CHROMIUM_ARGS?.split(' ').filter(Boolean) ?? []),
      ],
    });
    const page = context.pages()[0] ?? (await context.newPage());
    page.setDefaultTimeout(30_000);

    /** Addresses asked for that are not this server's. */
    const outside = [];
    context.on('request', (request) => {
      const { protocol, hostname, origin } = new URL(request.url());
      // A webview's own files have this host name; its service worker answers them and nothing leaves.
      const webview = hostname.endsWith('.vscode-resource.vscode-cdn.net');
      if (/^(https?|wss?):/.test(protocol) && origin !== server.origin && !webview) outside.push(request.url());
    });
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.stack ?? String(error)));

    // The workbench calls these two when the extension host of a test run prints or ends.
    let ended;
    const tests = new Promise((resolve) => {
      ended = resolve;
    });
    page.once('crash', () => ended(1));
    page.once('close', () => ended(1));
    await page.exposeFunction('codeAutomationLog', (type, args) => o.onTestLog?.(type, args));
    await page.exposeFunction('codeAutomationExit', (code) => ended(code));

    await page.goto(
      server.address({
        folder: server.folders.workspace,
        extensionDevelopmentPath: o.extensionDevelopmentPath,
        extensionTestsPath: o.extensionTestsPath,
      }),
      { waitUntil: 'domcontentloaded' },
    );
    await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    return { page, context, server, workspace: server.folders.workspace, tests, outside, errors, close };
  } catch (error) {
    await close();
    throw error;
  }
}
