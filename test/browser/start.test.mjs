// `npm start` as a person meets it: the address it prints opens the example with the extension at work, and Ctrl-C ends all.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { ROOT } from '../support/commands.mjs';
import { findChromium } from '../support/systemPackages.mjs';
import { until } from '../support/until.mjs';

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
});
after(() => browser?.close());

test('npm start prints an address that opens the example, and Ctrl-C ends it', { timeout: 180_000 }, async () => {
  const child = spawn(process.execPath, [path.join(ROOT, 'test/support/start.mjs'), '--browser'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  try {
    const address = await until(
      'the address of npm start',
      () => child.exitCode !== null || /http:\/\/127\.0\.0\.1:\S+/.exec(output)?.[0],
      { limitMs: 120_000 },
    );
    assert.equal(child.exitCode, null, output);
    const page = await browser.newPage();
    await page.goto(address);
    const tab = page.locator('.tab.active', { hasText: 'vanishing-sigmoid.netspec.json' });
    await tab.waitFor({ timeout: 60_000 });
    await page.locator('.statusbar-item', { hasText: 'Netspec' }).first().waitFor({ timeout: 30_000 });
    await page.locator('.monaco-editor .view-line', { hasText: 'sigmoid' }).first().waitFor({ timeout: 30_000 });
    await page.close();

    child.kill('SIGINT');
    await ended;
    const { origin } = new URL(address);
    await until(
      `nothing to answer at ${origin}`,
      () =>
        fetch(origin).then(
          () => false,
          () => true,
        ),
      { limitMs: 10_000 },
    );
  } finally {
    child.kill('SIGTERM'); // Not SIGKILL: it must be able to end code-server.
    await ended;
  }
});
