// Shows the panel's webview alone, without an editor: real records from a real run, each state, theme and shape, as
// pictures to look at in out/shots/. Not a test: `node test/browser/panelPage.mjs [state…]`.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
process.chdir(ROOT);
const SHOTS = 'out/shots';
mkdirSync(SHOTS, { recursive: true });

/** Deep sigmoid on digits; each state changes what it needs. */
const spec = (change = {}) => ({
  netspec: 1,
  name: 'Deep sigmoid on digits',
  seed: 1,
  data: { source: 'mnist' },
  layers: [
    { type: 'flatten' },
    { type: 'repeat', times: 10, layers: [{ type: 'dense', units: 64, activation: 'sigmoid' }] },
    { type: 'dense', name: 'logits', units: 10 },
  ],
  loss: 'softmaxCrossEntropy',
  optimizer: { type: 'sgd', learningRate: 0.1, momentum: 0.9 },
  training: { batchSize: 32, steps: 2000 },
  ...change,
});
const EXPLODING = spec({
  name: 'Exploding ReLU',
  layers: [
    { type: 'flatten' },
    {
      type: 'repeat',
      times: 10,
      layers: [
        {
          type: 'dense',
          units: 64,
          activation: 'relu',
          kernelInitializer: { type: 'randomNormal', mean: 0, stddev: 0.25 },
        },
      ],
    },
    { type: 'dense', name: 'logits', units: 10 },
  ],
  optimizer: { type: 'sgd', learningRate: 0.02, momentum: 0.9 },
});
const DEEP = spec({
  name: 'Sixty layers of tanh',
  layers: [
    { type: 'flatten' },
    { type: 'repeat', times: 60, layers: [{ type: 'dense', units: 32, activation: 'tanh' }] },
    { type: 'dense', name: 'logits', units: 10 },
  ],
});
const RELU = spec({
  name: 'Six ReLU layers',
  layers: [
    { type: 'flatten' },
    {
      type: 'repeat',
      times: 5,
      layers: [{ type: 'dense', units: 64, activation: 'relu', kernelInitializer: 'heNormal' }],
    },
    { type: 'dense', name: 'logits', units: 10 },
  ],
  optimizer: { type: 'sgd', learningRate: 0.05, momentum: 0.9 },
});

const THEMES = (() => {
  const dark = {
    'editor-background': '#1f1f1f',
    foreground: '#cccccc',
    descriptionForeground: '#9d9d9d',
    'panel-border': '#2b2b2b',
    focusBorder: '#0078d4',
    'button-background': '#0078d4',
    'button-foreground': '#ffffff',
    'button-hoverBackground': '#026ec1',
    'button-secondaryBackground': '#313131',
    'button-secondaryForeground': '#cccccc',
    'button-border': '#ffffff12',
    'dropdown-background': '#313131',
    'dropdown-foreground': '#cccccc',
    'dropdown-border': '#3c3c3c',
    'textLink-foreground': '#4daafc',
    'toolbar-hoverBackground': '#5a5d5e50',
    'editorWarning-foreground': '#cca700',
    'editorError-foreground': '#f14c4c',
    'editorInfo-foreground': '#3794ff',
    'inputValidation-warningBackground': '#352a05',
    'inputValidation-errorBackground': '#5a1d1d',
    'inputValidation-infoBackground': '#063b49',
    'editorHoverWidget-background': '#202020',
    'editorHoverWidget-border': '#454545',
    'widget-shadow': '#0000005c',
    'list-inactiveSelectionBackground': '#37373d',
    'list-hoverBackground': '#2a2d2e',
    'menu-background': '#1f1f1f',
    'menu-foreground': '#cccccc',
    'menu-selectionBackground': '#0078d4',
    'menu-selectionForeground': '#ffffff',
    'menu-border': '#454545',
    'charts-red': '#f14c4c',
    'charts-blue': '#3794ff',
    'charts-yellow': '#cca700',
    'charts-green': '#89d185',
  };
  const light = {
    ...dark,
    'editor-background': '#ffffff',
    foreground: '#3b3b3b',
    descriptionForeground: '#3b3b3b',
    'panel-border': '#e5e5e5',
    focusBorder: '#005fb8',
    'button-background': '#005fb8',
    'button-hoverBackground': '#0258a8',
    'button-secondaryBackground': '#e5e5e5',
    'button-secondaryForeground': '#3b3b3b',
    'button-border': '#0000001a',
    'dropdown-background': '#ffffff',
    'dropdown-foreground': '#3b3b3b',
    'dropdown-border': '#cecece',
    'textLink-foreground': '#005fb8',
    'toolbar-hoverBackground': '#b8b8b850',
    'editorWarning-foreground': '#bf8803',
    'editorError-foreground': '#e51400',
    'inputValidation-warningBackground': '#f6f5d2',
    'inputValidation-errorBackground': '#f2dede',
    'inputValidation-infoBackground': '#d6ecf2',
    'editorHoverWidget-background': '#f8f8f8',
    'editorHoverWidget-border': '#c8c8c8',
    'widget-shadow': '#00000029',
    'list-inactiveSelectionBackground': '#e4e6f1',
    'list-hoverBackground': '#f2f2f2',
    'menu-background': '#ffffff',
    'menu-foreground': '#3b3b3b',
    'menu-selectionBackground': '#005fb8',
    'menu-border': '#cecece',
    'charts-red': '#e51400',
    'charts-blue': '#1a85ff',
    'charts-yellow': '#bf8803',
    'charts-green': '#388a34',
  };
  const hc = {
    'editor-background': '#000000',
    foreground: '#ffffff',
    descriptionForeground: '#ffffffb3',
    'panel-border': '#6fc3df',
    focusBorder: '#f38518',
    contrastBorder: '#6fc3df',
    'button-background': '#000000',
    'button-foreground': '#ffffff',
    'button-border': '#6fc3df',
    'dropdown-background': '#000000',
    'dropdown-foreground': '#ffffff',
    'dropdown-border': '#6fc3df',
    'textLink-foreground': '#21a6ff',
    'editorWarning-foreground': '#ffd370',
    'editorError-foreground': '#f48771',
    'inputValidation-warningBackground': '#000000',
    'inputValidation-errorBackground': '#000000',
    'inputValidation-infoBackground': '#000000',
    'editorHoverWidget-background': '#0c141f',
    'editorHoverWidget-border': '#6fc3df',
    'menu-background': '#000000',
    'menu-foreground': '#ffffff',
    'menu-border': '#6fc3df',
    'charts-red': '#f48771',
    'charts-blue': '#3794ff',
    'charts-yellow': '#ffd370',
    'charts-green': '#89d185',
  };
  const hcLight = {
    ...hc,
    'editor-background': '#ffffff',
    foreground: '#292929',
    descriptionForeground: '#292929b3',
    'panel-border': '#0f4a85',
    focusBorder: '#006bbd',
    contrastBorder: '#0f4a85',
    'button-background': '#0f4a85',
    'button-foreground': '#ffffff',
    'button-secondaryBackground': '#ffffff',
    'button-secondaryForeground': '#292929',
    'button-border': '#0f4a85',
    'dropdown-background': '#ffffff',
    'dropdown-foreground': '#292929',
    'dropdown-border': '#0f4a85',
    'textLink-foreground': '#0f4a85',
    'editorWarning-foreground': '#895503',
    'editorError-foreground': '#b5200d',
    'inputValidation-warningBackground': '#ffffff',
    'inputValidation-errorBackground': '#ffffff',
    'inputValidation-infoBackground': '#ffffff',
    'editorHoverWidget-background': '#ffffff',
    'editorHoverWidget-border': '#0f4a85',
    'menu-background': '#ffffff',
    'menu-foreground': '#292929',
    'menu-border': '#0f4a85',
    'charts-red': '#b5200d',
    'charts-blue': '#1a85ff',
    'charts-yellow': '#895503',
    'charts-green': '#374e06',
  };
  return {
    dark: ['vscode-dark', dark],
    light: ['vscode-light', light],
    hc: ['vscode-high-contrast', hc],
    hcLight: ['vscode-high-contrast vscode-high-contrast-light', hcLight],
  };
})();

async function loadWorker() {
  const outfile = 'out/panelPage/worker.mjs';
  await build({
    stdin: {
      contents: `export { TrainingWorker } from './src/worker/trainingWorker'; export { prepareRun } from './src/worker/prepare';
        export { analyzeSpec } from './src/spec/analyze';`,
      resolveDir: ROOT,
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    packages: 'external',
    loader: { '.wasm': 'binary' },
    outfile,
    logLevel: 'warning',
  });
  return import(pathToFileURL(path.resolve(outfile)));
}

/** A run, trained up to a step (or its end), that answers for its records. */
async function trainTo({ TrainingWorker, prepareRun, analyzeSpec }, text, steps, mode = 'train') {
  let run;
  let progress;
  let reply;
  const worker = new TrainingWorker({
    post(message) {
      if (message.type === 'started') run = message.run;
      else if (message.type === 'progress' || message.type === 'ended') progress = message.progress;
      else if (message.type === 'failed') throw new Error(message.failure.message);
      else reply = message;
    },
    now: () => performance.now(),
    wallClock: () => Date.now(),
    defer: (task) => void setImmediate(task),
    store: () => {
      throw new Error('no files here');
    },
    prepare: prepareRun,
    log: console.error,
  });
  worker.receive({
    type: 'start',
    options: {
      id: `run-${mode}-${steps}`,
      specText: text,
      source: 'file:///deep-sigmoid.netspec.json',
      allowedFolders: [],
      dataFolder: path.join(ROOT, 'media/data'),
      mode,
      memoryLimitBytes: 2 ** 31,
      historyLimitBytes: 2 ** 29,
      paused: mode === 'train',
    },
  });
  const graph = analyzeSpec(text).graph;
  const preview = (graph?.layers ?? []).map((layer) => ({
    name: layer.name,
    type: layer.spec.type,
    activation: layer.spec.activation,
    inputShape: layer.inputShapes[0],
    outputShape: layer.outputShape,
    parameterCount: 0,
    groups: layer.groups,
  }));
  const self = {
    run,
    preview,
    progress: () => progress,
    ask(message) {
      reply = undefined;
      worker.receive(message);
      return reply;
    },
    async go(to) {
      if (mode !== 'train') return;
      worker.receive({ type: 'resume' });
      while (progress.step < to && (progress.status === 'running' || progress.status === 'paused')) {
        await new Promise(setImmediate);
      }
      worker.receive({ type: 'pause' });
    },
  };
  await self.go(steps);
  return self;
}

const encode = (array) =>
  array && {
    type: array.constructor.name,
    base64: Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64'),
  };

async function openPanel(browser, { theme, width, height, training, snapshot, saved }) {
  const page = await browser.newPage({ viewport: { width, height } });
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.stack));
  page.on('console', (m) => (m.type() === 'error' || m.type() === 'warning') && faults.push(m.text()));
  const [classes, variables] = THEMES[theme];
  const style = Object.entries(variables)
    .map(([k, v]) => `--vscode-${k}:${v}`)
    .join(';');
  const sent = [];
  await page.exposeFunction('toHost', (message) => {
    sent.push(message);
    if (message.type === 'ready') return { type: 'snapshot', snapshot };
    if (message.type === 'window' || message.type === 'record') {
      const reply = training.ask(message);
      if (reply.type === 'window') {
        return {
          ...reply,
          reply: { ...reply.reply, counts: encode(reply.reply.counts), values: encode(reply.reply.values) },
        };
      }
      return reply.type === 'record' ? { ...reply, record: encode(reply.record) } : reply;
    }
    return undefined;
  });
  await page.addInitScript((kept) => {
    const decode = (a) => {
      if (!a?.base64 && a?.base64 !== '') return a;
      const bytes = Uint8Array.from(atob(a.base64), (c) => c.charCodeAt(0));
      return a.type === 'Uint32Array' ? new Uint32Array(bytes.buffer) : new Float64Array(bytes.buffer);
    };
    window.fromHost = (m) => {
      if (m?.type === 'window')
        m.reply = { ...m.reply, counts: decode(m.reply.counts), values: decode(m.reply.values) };
      if (m?.type === 'record') m.record = decode(m.record);
      if (m) window.dispatchEvent(new MessageEvent('message', { data: m }));
    };
    let state = kept;
    const paints = [];
    window.paints = paints;
    const { requestAnimationFrame } = window;
    window.requestAnimationFrame = (task) =>
      requestAnimationFrame((time) => {
        const begun = performance.now();
        task(time);
        paints.push(performance.now() - begun);
      });
    window.acquireVsCodeApi = () => ({
      postMessage: (m) => void window.toHost(structuredClone(m)).then(window.fromHost),
      getState: () => state,
      setState: (s) => (state = s),
    });
  }, saved);
  const font = `--vscode-font-family:"Liberation Sans",system-ui,Ubuntu,sans-serif;--vscode-font-size:13px;--vscode-font-weight:normal`;
  await page.route('http://panel.test/**', (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname !== '/') return route.fulfill({ path: path.join(ROOT, 'dist', pathname) });
    const csp = `default-src 'none'; script-src 'nonce-n'; style-src http://panel.test 'unsafe-inline'; img-src data: blob:; font-src http://panel.test`;
    // VS Code's own style sheet for webviews, as far as it touches ours.
    const own = 'body{padding:0 20px;margin:0}a{color:var(--vscode-textLink-foreground)}';
    return route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><html style='${style};${font}'><head><meta charset=utf-8><meta http-equiv=Content-Security-Policy content="${csp}">
        <style>${own}</style><link rel=stylesheet href=webview.css></head><body class="${classes}" data-source=x><div id=app></div><script nonce=n src=webview.js></script></body></html>`,
    });
  });
  await page.goto('http://panel.test/');
  return {
    page,
    faults,
    sent,
    post: (message) => page.evaluate((m) => window.fromHost(m), message),
    async settled() {
      let before = -1;
      while (sent.length !== before) {
        before = sent.length;
        await page.evaluate(() => new Promise((r) => setTimeout(r, 150)));
      }
    },
  };
}

const snapshotOf = (training, change = {}, progress = {}) => ({
  source: 'file:///deep-sigmoid.netspec.json',
  title: training.run?.name ?? 'Deep sigmoid on digits',
  preview: training.preview,
  plannedSteps: 2000,
  errorCount: 0,
  stale: false,
  run: training.run,
  progress: { ...training.progress(), ...progress },
  selectedLayer: training.preview[4]?.name,
  ...change,
});
const RUNNING = { status: 'running', stepsPerSecond: 3_141, secondsLeft: 0.24 };

const engine = await loadWorker();
await build({
  entryPoints: ['webview/main.ts'],
  bundle: true,
  format: 'iife',
  target: 'es2022',
  sourcemap: 'inline',
  outfile: 'dist/webview.js',
  logLevel: 'warning',
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
});
const wanted = process.argv.slice(2);
const made = new Map();
const once = async (key, make) => {
  if (!made.has(key)) made.set(key, await make());
  return made.get(key);
};
const sigmoid = () => once('sigmoid', () => trainTo(engine, JSON.stringify(spec()), 1234));

async function shot(name, options, act) {
  if (wanted.length && !wanted.some((w) => name.includes(w))) return;
  const o = { theme: 'dark', width: 900, height: 900, ...options };
  const training = await o.training();
  const panel = await openPanel(browser, { ...o, training, snapshot: o.snapshot(training) });
  await panel.settled();
  await act?.(panel, training);
  await panel.settled();
  const paints = (await panel.page.evaluate(() => window.paints)).sort((a, b) => a - b);
  const at = (share) => paints[Math.floor((paints.length - 1) * share)]?.toFixed(1);
  const timing = `${paints.length} paints, median ${at(0.5)} ms, 95 % ${at(0.95)} ms, most ${at(1)} ms`;
  await panel.page.screenshot({ path: `${SHOTS}/${name}.png` });
  console.log(
    `${name}: ${panel.sent.length} requests, ${timing}${panel.faults.length ? `, FAULTS: ${panel.faults.join('\n')}` : ''}`,
  );
  await panel.page.close();
}
const hover = (row, share) => async (panel) => {
  const box = await panel.page.locator('.sticky').boundingBox();
  await panel.page.mouse.move(box.x + box.width * share, box.y + row * 22 + 11);
};
const running = (t) => snapshotOf(t, {}, RUNNING);

await shot('dark-900', { training: sigmoid, snapshot: running }, hover(2, 0.2));
await shot('dark-420', { training: sigmoid, snapshot: running, width: 420 });
await shot('light-900', { training: sigmoid, snapshot: running, theme: 'light' });
await shot('hc-900', { training: sigmoid, snapshot: running, theme: 'hc' }, hover(9, 0.1));
await shot('hcLight-900', { training: sigmoid, snapshot: running, theme: 'hcLight' }, hover(9, 0.6));
await shot('light-change', { training: sigmoid, snapshot: running, theme: 'light' }, (p) => p.page.keyboard.press('c'));
await shot('pinned', { training: sigmoid, snapshot: running }, async (p) => {
  await p.page.locator('.grid').focus();
  for (const key of ['ArrowUp', 'ArrowLeft', 'Shift+ArrowLeft', 'p']) await p.page.keyboard.press(key);
});
await shot('menu', { training: sigmoid, snapshot: (t) => snapshotOf(t, { stale: true }, RUNNING) }, (p) =>
  p.page.locator('[aria-label=More]').first().click(),
);
await shot('zoomed', { training: sigmoid, snapshot: running }, async (p) => {
  for (const key of ['+', '+', '+', 'l']) await p.page.keyboard.press(key);
  await p.settled();
  await p.page.locator('.scrubber canvas').focus();
  for (let i = 0; i < 40; i++) await p.page.keyboard.press('Shift+ArrowLeft');
});
for (const [name, measure] of [
  ['factor', 'backwardFactor'],
  ['update', 'updateRatio'],
  ['saturated', 'saturated'],
  ['dead', 'dead'],
  ['output', 'outputGradient'],
  ['std', 'activationStd'],
]) {
  await shot(`measure-${name}`, { training: sigmoid, snapshot: running, saved: { measure } }, hover(6, 0.4));
}
await shot('empty', {
  training: sigmoid,
  snapshot: (t) => snapshotOf(t, { run: undefined, progress: undefined, title: 'Deep sigmoid on digits' }),
});
await shot('empty-420', {
  training: sigmoid,
  width: 420,
  snapshot: (t) => snapshotOf(t, { run: undefined, progress: undefined }),
});
await shot('errors', {
  training: sigmoid,
  snapshot: (t) =>
    snapshotOf(t, { run: undefined, progress: undefined, preview: [], plannedSteps: undefined, errorCount: 2 }),
});
const exploding = () => once('exploding', () => trainTo(engine, JSON.stringify(EXPLODING), 2000));
await shot('diverged', { training: exploding, snapshot: (t) => snapshotOf(t) });
await shot('diverged-420', { training: exploding, width: 420, theme: 'light', snapshot: (t) => snapshotOf(t) });
await shot('first-steps', { training: () => trainTo(engine, JSON.stringify(spec()), 7), snapshot: running });
await shot(
  'gradients',
  {
    training: () => trainTo(engine, JSON.stringify(spec()), 0, 'gradients'),
    snapshot: (t) => snapshotOf(t),
  },
  hover(5, 0.01),
);
await shot('deep', {
  training: () => once('deep', () => trainTo(engine, JSON.stringify(DEEP), 400)),
  snapshot: running,
});
await shot('relu-completed', {
  training: () => once('relu', () => trainTo(engine, JSON.stringify(RELU), 2000)),
  snapshot: (t) => snapshotOf(t, {}, { status: 'completed' }),
});
await shot('short', { training: sigmoid, height: 420, snapshot: running });
await shot('interrupted', {
  training: sigmoid,
  theme: 'light',
  snapshot: (t) => snapshotOf(t, {}, { status: 'interrupted', stepsPerSecond: 0 }),
});
await shot(
  'live',
  {
    training: () => trainTo(engine, JSON.stringify(spec()), 20),
    snapshot: (t) => snapshotOf(t, {}, RUNNING),
  },
  async (panel, training) => {
    for (let to = 60; to <= 1400; to += 40) {
      await training.go(to);
      await panel.post({ type: 'progress', progress: { ...training.progress(), ...RUNNING } });
      await panel.page.evaluate(() => new Promise((r) => setTimeout(r, 50)));
    }
  },
);
const MANY = spec({
  name: 'Two hundred layers',
  layers: [
    { type: 'flatten' },
    { type: 'repeat', times: 198, layers: [{ type: 'dense', units: 8, activation: 'tanh' }] },
    { type: 'dense', name: 'logits', units: 10 },
  ],
});
await shot(
  'many-2000',
  {
    width: 2300,
    height: 1400,
    training: () => trainTo(engine, JSON.stringify(MANY), 1000),
    snapshot: (t) => snapshotOf(t, {}, RUNNING),
  },
  async (panel, training) => {
    for (let to = 1010; to <= 1200; to += 10) {
      await training.go(to);
      await panel.post({ type: 'progress', progress: { ...training.progress(), ...RUNNING } });
      await panel.page.evaluate(() => new Promise((r) => setTimeout(r, 60)));
    }
  },
);
await browser.close();
