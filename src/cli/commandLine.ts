// Owns the form of commands: their options as one table, from which parsing and help come. Leaves what they do to
// `commands/`.
import { parseArgs } from 'node:util';
import { type CliIo, UsageError } from './io';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  /** What stands for the value in help: `N`, `DIR`, `text|json`. */
  readonly value?: string;
  readonly doc: string;
}

export interface Arguments {
  /** Positional arguments behind the command. */
  readonly positionals: readonly string[];
  /** The last value of a text option. */
  text(option: string): string | undefined;
  all(option: string): readonly string[];
  has(option: string): boolean;
}

export interface Command {
  readonly name: string;
  /** Such as `SPEC`. */
  readonly operands: string;
  readonly summary: string;
  /** Further paragraphs of its help. */
  readonly details: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** @returns the exit status */
  run(args: Arguments, io: CliIo): Promise<number>;
}

/** @throws UsageError for options that the command does not have, or that lack their value */
export function parseCommandLine(command: Command, argv: readonly string[]): Arguments {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, multiple }]) => [name, { type, multiple: multiple ?? false }]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const sentence = (error instanceof Error ? error.message : String(error)).split('. ')[0]!.replace(/\.?$/, '.');
    throw new UsageError(sentence, helpHint(command));
  }
  const { values, positionals } = parsed;
  const all = (option: string): string[] => {
    const value = values[option];
    return (Array.isArray(value) ? value : [value]).filter((v): v is string => typeof v === 'string');
  };
  return { positionals, text: (option) => all(option).at(-1), all, has: (option) => values[option] === true };
}

/** The one positional argument of a command. @throws UsageError */
export function onlyOperand(command: Command, args: Arguments): string {
  const [operand, ...more] = args.positionals;
  if (operand === undefined)
    throw new UsageError(`\`${command.name}\` needs a ${command.operands}.`, helpHint(command));
  if (more.length > 0) {
    throw new UsageError(
      `\`${command.name}\` takes one ${command.operands}, and got ${more.length + 1}.`,
      helpHint(command),
    );
  }
  return operand;
}

/** A whole number of an option. @throws UsageError */
export function integerOption(args: Arguments, option: string, least = Number.MIN_SAFE_INTEGER): number | undefined {
  const text = args.text(option);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  const wanted = least === Number.MIN_SAFE_INTEGER ? 'a whole number' : `a whole number from ${least} on`;
  throw new UsageError(`--${option} wants ${wanted}, and got “${text}”.`, `Write --${option} ${Math.max(1, least)}.`);
}

/** One of several words; the first where it is not given. @throws UsageError */
export function choiceOption<T extends string>(args: Arguments, option: string, choices: readonly [T, ...T[]]): T {
  const text = args.text(option);
  if (text === undefined) return choices[0];
  const found = choices.find((c) => c === text);
  if (found) return found;
  throw new UsageError(
    `--${option} is one of ${choices.join(', ')}, and not “${text}”.`,
    `Write --${option} ${choices[0]}.`,
  );
}

export function helpHint(command: Command): string {
  return `See \`gradoscope ${command.name} --help\`.`;
}
