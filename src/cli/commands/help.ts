// Owns the texts of `--help`, made from the tables of the commands.
import type { Command } from '../commandLine';

/** Help for all. */
export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((c) => usage(c).length));
  const lines = commands.map((c) => `  ${usage(c).padEnd(width)}  ${c.summary}`);
  return `Gradoscope shows what gradients do inside a neural network.

Usage: gradoscope COMMAND [OPTIONS]

Commands:
${lines.join('\n')}

\`gradoscope COMMAND --help\` tells the options of a command, \`--version\` the version.
A SPEC is a .netspec.json file. Results go to stdout, progress and errors to stderr; NO_COLOR is obeyed.

Exit status: 0 done and nothing found, 1 something found (a problem, divergence, a wrong gradient),
2 the spec or the command line is wrong, 3 it failed while running, 130 interrupted.
`;
}

/** Help for one. */
export function commandHelp(command: Command): string {
  const rows = Object.entries(command.options).map(([name, o]) => [`--${name}${o.value ? ` ${o.value}` : ''}`, o.doc]);
  rows.push(['--help', 'this text']);
  const width = Math.max(...rows.map(([option]) => option!.length));
  return `Usage: gradoscope ${usage(command)} [OPTIONS]

${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.
${command.details}

Options:
${rows.map(([option, doc]) => `  ${option!.padEnd(width)}  ${doc}`).join('\n')}
`;
}

function usage(command: Command): string {
  return `${command.name} ${command.operands}`;
}
