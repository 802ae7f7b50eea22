// Owns a whole call of the command line: which command, its help, and what failures end as. Knows the process by CliIo alone.
import { UserError } from '../base/errors';
import { type Command, parseCommandLine } from './commandLine';
import { check } from './commands/check';
import { fix } from './commands/fix';
import { gradients } from './commands/gradients';
import { commandHelp, generalHelp } from './commands/help';
import { predict } from './commands/predict';
import { train } from './commands/train';
import { findingLines, hintHere } from './findings';
import { styled, usesColour } from './format';
import { type CliIo, EXIT, UsageError } from './io';
import { SpecError } from './openSpec';
import { versionOf } from './version';

const COMMANDS: readonly Command[] = [train, check, predict, gradients, fix];
/** Commands that other versions have. */
const NOT_AVAILABLE = ['export', 'import', 'runs', 'report'];

/**
 * Runs one call; nothing is thrown.
 * @param argv what stands behind the program's name
 * @returns the exit status
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    const colour = usesColour(io.stderr, io);
    if (error instanceof SpecError) {
      io.stderr.write(findingLines(error.findings, colour));
      return EXIT.wrong;
    }
    if (error instanceof UserError) {
      const code = error.code ? ` ${error.code}` : '';
      io.stderr.write(`${styled('red', `error${code}`, colour)}: ${error.message}\n    ${hintHere(error.hint)}\n`);
      return error instanceof UsageError ? EXIT.wrong : EXIT.failed;
    }
    io.stderr.write(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return EXIT.failed;
  }
}

async function dispatch(argv: readonly string[], io: CliIo): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    io.stderr.write(generalHelp(COMMANDS));
    return EXIT.wrong;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    const asked = COMMANDS.find((c) => c.name === rest[0]);
    io.stdout.write(asked ? commandHelp(asked) : generalHelp(COMMANDS));
    return EXIT.done;
  }
  if (name === '--version') {
    io.stdout.write(`${versionOf(io)}\n`);
    return EXIT.done;
  }
  const command = COMMANDS.find((c) => c.name === name);
  if (!command) {
    const why = NOT_AVAILABLE.includes(name)
      ? `\`${name}\` is not available in this version.`
      : `There is no command “${name}”.`;
    throw new UsageError(why, 'See `gradoscope --help`.');
  }
  const end = rest.indexOf('--');
  if ((end < 0 ? rest : rest.slice(0, end)).some((a) => a === '--help' || a === '-h')) {
    io.stdout.write(commandHelp(command));
    return EXIT.done;
  }
  return command.run(parseCommandLine(command, rest), io);
}
