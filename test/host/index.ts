// Owns how the suites run inside the extension host: VS Code calls run() there; a rejected promise means failure. Each suite is
// a file of its own beside this one.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';

/** Loads every *.test.cjs beside this file and runs them in the order of their names. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, slow: 2_000, color: false, forbidOnly: true });
  for (const file of readdirSync(__dirname).sort()) {
    if (file.endsWith('.test.cjs')) mocha.addFile(path.join(__dirname, file));
  }
  const { passes, failures, pending } = await new Promise<Mocha.Stats>((resolve, reject) => {
    const runner = mocha.run(() => (runner.stats ? resolve(runner.stats) : reject(new Error('mocha kept no counts'))));
  });
  console.log(`host: ${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}`);
  if (failures > 0 || passes === 0) throw Object.assign(new Error(`${failures} failed`), { counted: passes > 0 });
}
