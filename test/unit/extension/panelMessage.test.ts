import assert from 'node:assert/strict';
import { test } from 'node:test';
import { panelHtml } from '../../../src/extension/panelHtml';
import { readPanelMessage } from '../../../src/extension/panelMessage';

test("the protocol's messages pass, and nothing that came along with them", () => {
  const query = { from: 0, to: 128, binSteps: 2, columns: [3, 4] };
  const good = [
    { type: 'ready' },
    { type: 'window', id: 1, query },
    { type: 'record', id: 2, step: 17 },
    { type: 'reveal', layer: 'dense_1', focus: true },
    { type: 'command', command: 'trainNewSeed' },
  ];
  for (const message of good) assert.deepEqual(readPanelMessage({ ...message, extra: 'x' }), message);
});

test('anything else is nothing', () => {
  const query = { from: 0, to: 128, binSteps: 2, columns: [3] };
  const bad: unknown[] = [
    undefined,
    null,
    'ready',
    [],
    {},
    { type: 'open' },
    { type: 'window', id: '1', query },
    { type: 'window', id: 1 },
    { type: 'window', id: 1, query: { ...query, from: Number.NaN } },
    { type: 'window', id: 1, query: { ...query, binSteps: 0 } },
    { type: 'window', id: 1, query: { ...query, columns: [0.5] } },
    { type: 'window', id: 1, query: { ...query, columns: 'all' } },
    { type: 'record', id: 1, step: 1e300 },
    { type: 'reveal', layer: 5 },
    { type: 'command', command: 'deleteAll' },
    { type: 'command', command: 'constructor' },
  ];
  for (const message of bad) assert.equal(readPanelMessage(message), undefined, JSON.stringify(message));
});

test('the page allows its own script alone, and texts cannot leave their place', () => {
  const page = {
    cspSource: 'https://webview.example',
    scriptUri: 'https://webview.example/webview.js',
    styleUri: 'https://webview.example/webview.css',
    source: 'file:///a"><script>alert(1)</script>.netspec.json',
    title: 'Gradients',
  };
  const html = panelHtml(page);
  const nonce = /script-src 'nonce-([^']+)'/.exec(html)?.[1];
  assert.ok(nonce && html.includes(`<script nonce="${nonce}" src="${page.scriptUri}">`));
  assert.match(html, /default-src 'none'/);
  assert.ok(!html.includes('<script>'));
  assert.ok(html.includes('data-source="file:///a&quot;&gt;'));
  assert.notEqual(/nonce-([^']+)/.exec(panelHtml(page))?.[1], nonce, 'a nonce is used once');
});
