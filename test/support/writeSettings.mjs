// Writes the settings of all thresholds into package.json, from the table of `src/analysis/thresholds.ts`. Run it when that
// table changes; a test holds the one to the other.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..'));
const bundled = await build({
  entryPoints: ['src/analysis/thresholdSettings.ts'],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
});
const code = `data:text/javascript;base64,${Buffer.from(bundled.outputFiles[0].contents).toString('base64')}`;
const { thresholdSettings } = await import(code);
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const { configuration } = manifest.contributes;
const others = Object.entries(configuration.properties).filter(([name]) => !name.startsWith('gradoscope.thresholds.'));
configuration.properties = { ...Object.fromEntries(others), ...thresholdSettings() };
writeFileSync('package.json', `${JSON.stringify(manifest, undefined, 2)}\n`);
