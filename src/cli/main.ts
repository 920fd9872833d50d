import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { version } from '../version.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { columns, processOutput as out } from './output.ts';

function help(): string[] {
  return [
    `alongside ${version}: one sign-in with a smartcard, then modern APIs`,
    '',
    'Usage: alongside COMMAND [words] [--flags]',
    '',
    ...columns(commands.map((command) => [`  ${command.name}`, command.summary])),
    '',
    'alongside COMMAND --help tells more. Every flag is also an environment variable (--port-base is ALONGSIDE_PORT_BASE).',
  ];
}

const helpOf = (command: Command): string[] => [
  `alongside ${command.name}: ${command.summary}`,
  '',
  ...command.help,
];

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    for (const line of help()) out.line(line);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === 'version') {
    out.line(version);
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) throw new UsageError(`There is no command "${name}". alongside --help lists them.`);
  if (rest.includes('--help') || rest.includes('-h')) {
    for (const line of helpOf(command)) out.line(line);
    return 0;
  }
  return await command.run({ argv: rest, out });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    out.note(error.message);
    process.exitCode = 2;
  } else {
    const isExpected = error instanceof OperatorError || (error as Error)?.name === 'OperatorError';
    const text = isExpected ? reasonOf(error) : String((error as Error)?.stack ?? error);
    for (const line of text.split('\n')) out.note(line);
    process.exitCode = 1;
  }
}
