// Owns `npm run package`: dist and what .vscodeignore leaves of the rest become one .vsix (default gradoscope.vsix). Everything
// the extension needs is bundled, so that no node_modules go in.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { asProgram, ROOT, run } from './commands.mjs';

await asProgram(async () => {
  const vsce = path.join(ROOT, 'node_modules/@vscode/vsce/vsce');
  const target = path.resolve(process.argv[2] ?? path.join(ROOT, 'gradoscope.vsix'));
  mkdirSync(path.dirname(target), { recursive: true });
  const args = [
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--out',
    target,
  ];
  const { code } = await run(process.execPath, [vsce, ...args], { quiet: true, limitMs: 180_000 });
  if (code === 0) console.log(`Packed ${path.relative(process.cwd(), target)}`);
  return code;
});
