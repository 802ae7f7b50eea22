// Holds the plan of the rooms: who may import whom, and that package.json and the code speak of the same commands.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readmeTables, thresholdSettings } from '../../src/analysis/documentation';

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true })
    .map((f) => path.join(folder, String(f)))
    .filter((f) => /\.tsx?$/.test(f) && !f.endsWith('.d.ts') && !f.includes(path.join('kernels', 'assembly')));

/** Rooms each room may import from, its own left out. */
const ALLOWED: Record<string, readonly string[]> = (() => {
  const rows = [
    ['base'],
    ['spec'],
    ['data', 'engine'],
    ['analysis'],
    ['runs'],
    ['protocol'],
    ['backends'],
    ['worker', 'extension', 'cli'],
  ];
  const allowed: Record<string, readonly string[]> = { webview: ['protocol'] };
  rows.forEach((row, i) => {
    for (const room of row) allowed[room] = rows.slice(0, i).flat();
  });
  return allowed;
})();

/** Rooms whose types alone a room may take, never their code: the host's thread never trains. */
const TYPES_ONLY: Record<string, readonly string[]> = { protocol: ['engine'], extension: ['engine'] };

const IMPORT = /^\s*(import|export)\s+(type\s)?[^'"`;]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gm;

const roomOf = (file: string): string => (file.startsWith('webview') ? 'webview' : (file.split(path.sep)[1] ?? ''));

test('imports follow the arrows between the rooms', () => {
  const faults: string[] = [];
  for (const file of [...sources('src'), ...sources('webview')]) {
    const room = roomOf(file);
    for (const [, , isType, staticTarget, dynamicTarget] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const target = staticTarget ?? dynamicTarget ?? '';
      if (target === 'vscode' && room !== 'extension') faults.push(`${file} imports vscode`);
      if (!target.startsWith('.') || target.endsWith('.wasm')) continue;
      const to = roomOf(path.normalize(path.join(path.dirname(file), target)));
      if (to === room) continue;
      if (!ALLOWED[room]?.includes(to)) faults.push(`${file} imports from ${to}`);
      if (TYPES_ONLY[room]?.includes(to) && !isType) faults.push(`${file} imports code from ${to}`);
    }
  }
  assert.deepEqual(faults, []);
});

test('no module imports itself through others', () => {
  const files = new Set([...sources('src'), ...sources('webview')]);
  const edges = new Map<string, string[]>();
  for (const file of files) {
    const targets = [...readFileSync(file, 'utf8').matchAll(IMPORT)]
      .filter(([, , isType, target]) => !isType && target?.startsWith('.'))
      .map(([, , , target]) => `${path.normalize(path.join(path.dirname(file), target ?? ''))}.ts`)
      .filter((f) => files.has(f));
    edges.set(file, targets);
  }
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    assert.ok(!trail.includes(file), `cycle: ${[...trail, file].join(' → ')}`);
    if (done.has(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

test('every threshold is a setting, with its default, its bounds and their source', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
    contributes: { configuration: { properties: Record<string, unknown> } };
  };
  const declared = Object.entries(manifest.contributes.configuration.properties).filter(([name]) =>
    name.startsWith('gradoscope.thresholds.'),
  );
  assert.deepEqual(
    Object.fromEntries(declared),
    thresholdSettings(),
    '`node test/support/writeSettings.mjs` writes the settings anew',
  );
});

test('the README has every finding and every threshold', () => {
  const readme = readFileSync('README.md', 'utf8');
  for (const [name, table] of Object.entries(readmeTables())) {
    assert.ok(readme.includes(table), `\`node test/support/writeSettings.mjs\` writes the table of ${name} anew`);
  }
});

test('package.json and the code name the same commands and settings', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
    contributes: {
      commands: { command: string }[];
      configuration?: { properties: Record<string, unknown> };
    };
  };
  const code = sources('src/extension')
    .map((f) => readFileSync(f, 'utf8'))
    .join('\n');
  const declared = manifest.contributes.commands.map((c) => c.command).sort();
  const registered = [...code.matchAll(/'(gradoscope\.[A-Za-z]+)'/g)].map((m) => m[1] ?? '');
  for (const command of declared) assert.ok(registered.includes(command), `${command} is declared and not in the code`);
  const settings = Object.keys(manifest.contributes.configuration?.properties ?? {});
  for (const setting of settings) {
    // Thresholds are read all at once, by the name that they have in common.
    const short = setting.replace(/^gradoscope\./, '').replace(/^thresholds\..*/, 'thresholds');
    assert.ok(code.includes(`'${short}'`) || code.includes(`'${setting}'`), `the setting ${setting} is never read`);
  }
  for (const [, id] of code.matchAll(/registerCommand\(\s*'(gradoscope\.[A-Za-z]+)'/g)) {
    assert.ok(declared.includes(id ?? ''), `${id} is registered and not declared`);
  }
});
