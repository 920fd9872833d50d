import { allCommands } from '../../src/cli/commands.ts';
import { exitCodes } from '../../src/cli/outcome.ts';
import { commonFlags, selection } from '../../src/cli/run.ts';
import { cell, generated } from './page.ts';

const width = 110;

const table = (head: string, rows: readonly (readonly [string, string])[]): string[] => [
  `| ${head} | meaning |`,
  '|---|---|',
  ...rows.map(([name, meaning]) => `| \`${name}\` | ${cell(meaning)} |`),
];

/** `docs/commands.md`: the help of every command. */
export const commandsPage = async (): Promise<string> =>
  [
    '# Commands',
    '',
    generated,
    '',
    'Run `npx alongside COMMAND` in the clone, or in a project that has the package.',
    '',
    ...table('flag of every command', commonFlags),
    '',
    'Notes, progress and logs go to standard error. Progress is shown when work takes longer than a moment: on a terminal one line that changes, elsewhere a line every five seconds. `ALONGSIDE_JSON=1` and `ALONGSIDE_QUIET=1` do what `--json` and `--quiet` do. No output has colours.',
    '',
    `A command that calls an instance says so below. ${selection}`,
    '',
    ...table('exit code', exitCodes),
    '',
    'The error of `--json` has `code`: `usage` for exit code 2; `stopped` for 130; `failed`, or the code of the console’s refusal with its `status` and the `messageId` for `alongside explain`, for 1; `unexpected` for a fault of Alongside, whose details follow on standard error.',
    '',
    ...(await allCommands()).flatMap(({ name, summary, help, callsInstance }) => [
      `## ${name}`,
      '',
      `${summary[0]?.toUpperCase()}${summary.slice(1)}.${callsInstance ? ' Calls an instance.' : ''}`,
      '',
      '```text',
      ...help(width),
      '```',
      '',
    ]),
  ].join('\n');
