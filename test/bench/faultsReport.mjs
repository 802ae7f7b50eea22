// Owns what is printed of the benchmark of faults: a table by fault, the goals, and what was missed.

const GOALS = { found: 0.99, mended: 0.95, alarms: 0.01 };

const share = (part, whole) => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`);
const count = (list, test) => list.filter(test).length;

/** @param {any[]} results @param {boolean} misses whether each miss is told */
export function printFaults(results, misses) {
  const healthy = results.filter(({ kind }) => kind === 'healthy');
  const all = results.filter(({ kind }) => kind === 'faulty');
  // A fault that does no harm is no fault that needs mending: such cases are told apart.
  const harmed = all.filter((result) => result.harmed);
  console.log('| fault | specs | do worse | found | mended | seconds |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
  for (const fault of new Set(all.map((result) => result.fault))) {
    const rows = all.filter((result) => result.fault === fault);
    const bad = rows.filter((result) => result.harmed);
    const seconds = rows.reduce((sum, { ms }) => sum + ms, 0) / rows.length / 1000;
    const found = `${count(bad, (r) => r.isFound)} of ${bad.length}`;
    const mended = `${count(bad, (r) => r.isMended)} of ${bad.length}`;
    console.log(`| ${fault} | ${rows.length} | ${bad.length} | ${found} | ${mended} | ${seconds.toFixed(1)} |`);
  }
  const found = count(harmed, (r) => r.isFound);
  const mended = count(harmed, (r) => r.isMended);
  const alarms = count(healthy, (r) => r.alarms.length > 0);
  console.log(`\nOf ${harmed.length} faulty specs that do worse than the healthy ones:`);
  console.log(`  found   ${found} (${share(found, harmed.length)}, goal ${100 * GOALS.found} %)`);
  console.log(`  mended  ${mended} (${share(mended, harmed.length)}, goal ${100 * GOALS.mended} %)`);
  console.log(`Of all ${all.length}, harmless faults too:`);
  console.log(
    `  found   ${count(all, (r) => r.isFound)} (${share(
      count(all, (r) => r.isFound),
      all.length,
    )})`,
  );
  console.log(
    `  as good as the healthy one after mending  ${count(all, (r) => r.isMended)} (${share(
      count(all, (r) => r.isMended),
      all.length,
    )})`,
  );
  console.log(
    `Of ${healthy.length} healthy specs: ${alarms} with a warning or an error (${share(alarms, healthy.length)}, goal ${100 * GOALS.alarms} %)`,
  );
  for (const { name, error } of results.filter(({ kind }) => kind === 'failed'))
    console.log(`FAILED ${name}: ${error}`);
  if (!misses) return;
  for (const { name, messages } of healthy.filter((r) => r.alarms.length > 0)) {
    console.log(`\nfalse alarm: ${name}`);
    for (const message of messages) console.log(`  ${message}`);
  }
  for (const r of all.filter((result) => !result.isFound || !result.isMended)) {
    const what = [!r.isFound && 'not found', !r.isMended && 'not mended', !r.harmed && 'harmless'].filter(Boolean);
    const scores = `${r.healthy.toFixed(2)} → ${r.faulty.toFixed(2)} → ${r.mended.toFixed(2)}`;
    console.log(
      `${what.join(', ')}: ${r.name}: ${scores}; found ${r.found.join()}; applied ${r.applied.join()}; left ${r.left.join()}`,
    );
  }
}
