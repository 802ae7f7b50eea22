// Owns `gradoscope check`: problems of specs and of the data that they name. Findings about gradient flow are not in this
// version.
import { DataError } from '../../data/files';
import { peekDataShape } from '../../data/peekDataShape';
import { analyzeSpec } from '../../spec/analyze';
import { type Arguments, type Command, choiceOption, helpHint } from '../commandLine';
import { type Finding, FORMATS, findingsOf, formatFindings } from '../findings';
import { usesColour } from '../format';
import { type CliIo, EXIT, UsageError } from '../io';
import { ALLOW_OPTION, dataContext, dataFinding, MEMORY_OPTION, memoryLimit, readSpecText } from '../openSpec';
import { versionOf } from '../version';

export const check: Command = {
  name: 'check',
  operands: 'SPEC…',
  summary: 'finds problems of specs and of the data that they name',
  details: `
Looks at headers and first rows of data files too, unless --static. Findings about gradient flow come with a later
version; this one finds what is wrong with the language, shapes, memory and data.`,
  options: {
    format: { type: 'string', value: 'text|json|sarif|github', doc: 'how findings are written (default: text)' },
    static: { type: 'boolean', doc: 'from the text alone: data files are not looked into' },
    'fail-on': { type: 'string', value: 'error|warning|never', doc: 'what makes the exit status 1 (default: error)' },
    allow: ALLOW_OPTION,
    'memory-limit': MEMORY_OPTION,
  },
  async run(args, io) {
    const format = choiceOption(args, 'format', FORMATS);
    const failOn = choiceOption(args, 'fail-on', ['error', 'warning', 'never']);
    if (args.positionals.length === 0) throw new UsageError('`check` needs at least one SPEC.', helpHint(check));
    const findings = args.positionals.flatMap((specPath) => checkOne(specPath, args, io));
    io.stdout.write(formatFindings(format, findings, args.positionals, versionOf(io), usesColour(io.stdout, io)));
    const counting = findings.filter((f) => failOn === 'warning' || (failOn === 'error' && f.severity === 'error'));
    return counting.length > 0 ? EXIT.found : EXIT.done;
  },
};

function checkOne(specPath: string, args: Arguments, io: CliIo): Finding[] {
  const source = readSpecText(specPath, io);
  const memoryLimitBytes = memoryLimit(args);
  const plain = analyzeSpec(source.text, { memoryLimitBytes });
  if (args.has('static') || !plain.spec) return findingsOf(specPath, source.text, plain.problems);
  try {
    const dataShape = peekDataShape(plain.spec.data, dataContext(source, args, io), plain.spec.loss);
    return findingsOf(specPath, source.text, analyzeSpec(source.text, { dataShape, memoryLimitBytes }).problems);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return [...findingsOf(specPath, source.text, plain.problems), dataFinding(error, source, plain)];
  }
}
