// Owns `gradoscope fix`: what mends a spec's gradients, measured, and one of it written. Proposing and measuring are the
// analysis room's.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  type FixOptions,
  type FixProgress,
  type FixResult,
  fixAll,
  type MeasuredRemedy,
  measureRemedies,
} from '../../analysis/fix';
import { UserError } from '../../base/errors';
import { TextOpener } from '../../data/openText';
import { type Arguments, type Command, onlyOperand } from '../commandLine';
import { findingLines, findingsOf } from '../findings';
import { allJson, allText, fixJson, fixText } from '../fixText';
import { usesColour } from '../format';
import { type CliIo, EXIT, toJson, UsageError } from '../io';
import {
  ALLOW_OPTION,
  dataContext,
  dataFinding,
  MEMORY_OPTION,
  memoryLimit,
  readSpecText,
  SpecError,
  type SpecText,
} from '../openSpec';
import { ProgressLine } from '../progressLine';
import { THRESHOLD_HELP, THRESHOLD_OPTION, thresholdsOf } from '../thresholdOption';

export const fix: Command = {
  name: 'fix',
  operands: 'SPEC',
  summary: 'measures what mends the gradients, and applies it',
  details: `
For what \`check\` finds about gradients, changes of the spec are proposed, and each is trained for a short while beside the
original, with the same seeds. They are listed best first, with what they did to the gradient and to the held-out samples.
Nothing is written without --apply or --write. The spec keeps its formatting and comments. Exit status 1 where something
was found and nothing helps, or with --all something is left.

${THRESHOLD_HELP}`,
  options: {
    apply: { type: 'string', value: 'K|all', doc: 'writes the K-th of the list, from 1, into the spec; or --all' },
    write: {
      type: 'string',
      value: 'FILE',
      doc: 'writes the spec with the best, or with --apply K the K-th, to a file',
    },
    all: { type: 'boolean', doc: 'combines what helps, best first, until nothing is found' },
    json: { type: 'boolean', doc: 'writes one JSON object' },
    threshold: THRESHOLD_OPTION,
    allow: ALLOW_OPTION,
    'memory-limit': MEMORY_OPTION,
  },
  async run(args, io) {
    const specPath = onlyOperand(fix, args);
    const chosen = chosenOf(args);
    const thresholds = thresholdsOf(args);
    const source = readSpecText(specPath, io);
    const opener = new TextOpener();
    const opening = { context: dataContext(source, args, io), memoryLimitBytes: memoryLimit(args) };
    const { analysis, dataset, fault } = opener.open(source.text, opening);
    if (fault) throw new SpecError([dataFinding(fault, source, analysis)]);
    const problems = findingsOf(specPath, source.text, analysis.problems);
    if (!dataset) throw new SpecError(problems);
    io.stderr.write(findingLines(problems, usesColour(io.stderr, io)));
    const options: FixOptions = {
      text: source.text,
      thresholds,
      open: (text) => {
        const opened = opener.open(text, opening);
        return opened.dataset && { analysis: opened.analysis, dataset: opened.dataset };
      },
    };
    if (args.has('all') || chosen === 'all') return fixEverything(options, source, chosen === 'all', args, io);

    const result = await driven(measureRemedies(options), io);
    if (!result) return stopped(io);
    const { remedies } = result;
    const remedy = remedies[(chosen ?? 1) - 1];
    if (chosen !== undefined && !remedy) {
      const there = remedies.length === 0 ? 'nothing' : remedies.length === 1 ? 'one remedy' : `${remedies.length}`;
      throw new UsageError(`--apply ${chosen}: the list has ${there}.`, 'Leave --apply out to see the list.');
    }
    const written = writtenTo(source, chosen !== undefined, args);
    // Of its own accord the command writes what helps, and nothing else.
    const wanted = chosen === undefined ? bestOf(result) : remedy;
    if (args.has('json')) io.stdout.write(`${toJson(fixJson(specPath, source.text, result), 2)}\n`);
    else io.stdout.write(fixText(specPath, source.text, result, chosen, usesColour(io.stdout, io)));
    if (written && wanted) save(written, wanted.text, `${wanted.title}: `, io);
    return result.codes.length > 0 && !bestOf(result) ? EXIT.found : EXIT.done;
  },
};

async function fixEverything(
  options: FixOptions,
  source: SpecText,
  apply: boolean,
  args: Arguments,
  io: CliIo,
): Promise<number> {
  const result = await driven(fixAll(options), io);
  if (!result) return stopped(io);
  if (args.has('json')) io.stdout.write(`${toJson(allJson(source.path, source.text, result), 2)}\n`);
  else io.stdout.write(allText(source.path, source.text, result, usesColour(io.stdout, io)));
  const written = writtenTo(source, apply, args);
  if (written && result.text !== source.text) save(written, result.text, '', io);
  return result.left.length > 0 ? EXIT.found : EXIT.done;
}

/** Works until it is done, a slice at a time; undefined where Ctrl-C came first. */
async function driven<T>(work: Generator<FixProgress, T, void>, io: CliIo): Promise<T | undefined> {
  let interrupted = false;
  const release = io.onInterrupt(() => {
    interrupted = true;
  });
  const line = new ProgressLine(io.stderr, () => io.now());
  try {
    for (;;) {
      const next = work.next();
      if (next.done) return next.value;
      line.show(next.value.doing, next.value.share);
      await io.breathe();
      if (interrupted) {
        // Whoever works may have memory to give back.
        work.return(undefined as T);
        return undefined;
      }
    }
  } finally {
    line.clear();
    release();
  }
}

function stopped(io: CliIo): number {
  io.stderr.write('Stopped; nothing was written.\n');
  return EXIT.interrupted;
}

/** @throws UsageError */
function chosenOf(args: Arguments): number | 'all' | undefined {
  const text = args.text('apply');
  if (text === undefined || text === 'all') return text;
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= 1) {
    if (!args.has('all')) return number;
    throw new UsageError('--all and --apply K exclude each other.', 'Write --apply all.');
  }
  throw new UsageError(`--apply wants a place in the list, from 1, and got “${text}”.`, 'Write --apply 1.');
}

interface Target {
  readonly absolutePath: string;
  readonly shown: string;
}

function writtenTo(source: SpecText, apply: boolean, args: Arguments): Target | undefined {
  const file = args.text('write');
  if (file !== undefined) return { absolutePath: file, shown: file };
  return apply ? { absolutePath: source.absolutePath, shown: source.path } : undefined;
}

function save({ absolutePath, shown }: Target, text: string, what: string, io: CliIo): void {
  try {
    writeFileSync(path.resolve(io.cwd, absolutePath), text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`“${shown}” cannot be written: ${why}.`, 'Check the folder and its free space.');
  }
  io.stderr.write(`${what}written to ${shown}\n`);
}

/** The first that helps: it mends something or trains better beyond noise, and makes nothing worse. */
function bestOf({ remedies }: FixResult): MeasuredRemedy | undefined {
  return remedies.find(
    ({ verdict, mends, outcome }) =>
      verdict !== 'worse' && !outcome?.diverged && (verdict === 'better' || mends.length > 0),
  );
}
