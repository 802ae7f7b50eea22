// Writes the settings of all thresholds into package.json and the tables of findings and thresholds into README.md, from the
// tables of `src/spec/symptoms.ts` and `src/analysis/thresholds.ts`. Run it when those change; a test holds the ones to the others.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..'));
const bundled = await build({
  entryPoints: ['src/analysis/documentation.ts'],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
});
const code = `data:text/javascript;base64,${Buffer.from(bundled.outputFiles[0].contents).toString('base64')}`;
const { readmeTables, thresholdSettings } = await import(code);

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const { configuration } = manifest.contributes;
const others = Object.entries(configuration.properties).filter(([name]) => !name.startsWith('gradoscope.thresholds.'));
configuration.properties = { ...Object.fromEntries(others), ...thresholdSettings() };
writeFileSync('package.json', `${JSON.stringify(manifest, undefined, 2)}\n`);

let readme = readFileSync('README.md', 'utf8');
for (const [name, table] of Object.entries(readmeTables())) {
  const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end -->)`);
  if (!place.test(readme)) throw new Error(`README.md has no place for the ${name}`);
  readme = readme.replace(place, (_all, begin, end) => `${begin}\n${table}\n\n${end}`);
}
writeFileSync('README.md', readme);
