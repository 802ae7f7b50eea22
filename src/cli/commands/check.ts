// Owns `gradoscope check`: problems of specs and of the data that they name, and findings about their gradients.
import { judge } from '../../analysis/evaluate';
import { remedyPredictor } from '../../analysis/predictedRemedies';
import type { Thresholds } from '../../analysis/thresholds';
import { type OpenedSpecText, TextOpener } from '../../data/openText';
import { analyzeSpec } from '../../spec/analyze';
import { type Arguments, type Command, choiceOption, helpHint } from '../commandLine';
import { type Finding, FORMATS, findingsOf, formatFindings, gradientFindingsOf } from '../findings';
import { usesColour } from '../format';
import { type CliIo, EXIT, UsageError } from '../io';
import { ALLOW_OPTION, dataContext, dataFinding, MEMORY_OPTION, memoryLimit, readSpecText } from '../openSpec';
import { THRESHOLD_HELP, THRESHOLD_OPTION, thresholdsOf } from '../thresholdOption';
import { versionOf } from '../version';

export const check: Command = {
  name: 'check',
  operands: 'SPEC…',
  summary: 'finds what is wrong with specs, their data and their gradients',
  details: `
Problems are faults of the language, shapes, memory and data (NS…). Where there are none, the gradient of every layer is
predicted, and a few batches are measured at initialization: what will go wrong in training is found (GF…), each with the
line to blame and what may mend it. A spec silences a finding by \`"ignore": ["GF103"]\`.

${THRESHOLD_HELP}`,
  options: {
    format: { type: 'string', value: 'text|json|sarif|github', doc: 'how findings are written (default: text)' },
    static: { type: 'boolean', doc: 'from the text alone: data files are not read, and nothing is measured' },
    'fail-on': { type: 'string', value: 'error|warning|never', doc: 'what makes the exit status 1 (default: error)' },
    threshold: THRESHOLD_OPTION,
    allow: ALLOW_OPTION,
    'memory-limit': MEMORY_OPTION,
  },
  async run(args, io) {
    const format = choiceOption(args, 'format', FORMATS);
    const failOn = choiceOption(args, 'fail-on', ['error', 'warning', 'never']);
    const thresholds = thresholdsOf(args);
    if (args.positionals.length === 0) throw new UsageError('`check` needs at least one SPEC.', helpHint(check));
    const findings: Finding[] = [];
    for (const specPath of args.positionals) {
      findings.push(...checkOne(specPath, thresholds, args, io));
      await io.breathe();
    }
    io.stdout.write(formatFindings(format, findings, args.positionals, versionOf(io), usesColour(io.stdout, io)));
    const counting: readonly string[] = { error: ['error'], warning: ['error', 'warning'], never: [] }[failOn];
    return findings.some((f) => counting.includes(f.severity)) ? EXIT.found : EXIT.done;
  },
};

function checkOne(specPath: string, thresholds: Thresholds, args: Arguments, io: CliIo): Finding[] {
  const source = readSpecText(specPath, io);
  const memoryLimitBytes = memoryLimit(args);
  const isStatic = args.has('static');
  const opener = new TextOpener();
  const options = { context: dataContext(source, args, io), memoryLimitBytes };
  const open = (text: string): OpenedSpecText =>
    isStatic ? { analysis: analyzeSpec(text, { memoryLimitBytes }) } : opener.open(text, options);
  const { analysis, dataset, fault } = open(source.text);
  const problems = findingsOf(specPath, source.text, analysis.problems);
  if (fault) return [...problems, dataFinding(fault, source, analysis)];
  const judged = judge(analysis, dataset, thresholds, { probe: !isStatic });
  if (!judged) return problems;
  const predicted = remedyPredictor(source.text, judged.evidence, open);
  const findings = gradientFindingsOf(specPath, source.text, judged.findings, (finding) => predicted([finding]));
  return [...problems, ...findings];
}
