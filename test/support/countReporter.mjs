// Owns what Node's test runner prints here: failures in full, nothing for what passed, and one last line with the counts.

const counts = { pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };

/** @param {AsyncIterable<{ type: string, data: any }>} source  Node's test events, in the order of the tests */
// biome-ignore lint/style/noDefaultExport: Node's test runner asks for one.
export default async function* countReporter(source) {
  const names = [];
  for await (const { type, data } of source) {
    if (type === 'test:start') {
      names.length = data.nesting;
      names.push(data.name);
    } else if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') {
      const title = [...names.slice(0, data.nesting), data.name].join(' › ');
      const error = data.details.error?.cause ?? data.details.error;
      yield `✖ ${title}\n  ${String(error?.stack ?? error).replaceAll('\n', '\n  ')}\n`;
      if (data.file) yield `  in ${data.file}\n`;
    } else if (type === 'test:stdout' || type === 'test:stderr') {
      yield data.message;
    } else if (type === 'test:diagnostic' && data.nesting === 0) {
      const [, name, number] = /^(\w+) (\d+)$/.exec(data.message) ?? [];
      if (name in counts) counts[name] = Number(number);
    }
  }
  const skipped = counts.skipped + counts.todo;
  yield `${process.env.TEST_TITLE ?? 'tests'}: ${counts.pass} passed, ${counts.fail + counts.cancelled} failed`;
  yield skipped > 0 ? `, ${skipped} skipped\n` : '\n';
}
