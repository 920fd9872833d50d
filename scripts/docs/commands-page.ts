import { allCommands } from '../../src/cli/commands.ts';
import { generated } from './page.ts';

/** `docs/commands.md`: the help of every command. */
export const commandsPage = async (): Promise<string> =>
  [
    '# Commands',
    '',
    generated,
    '',
    'Run `npx alongside COMMAND` in the clone. Commands find the running instance by `--port-base`, `--state`, `--data`, the file of `--config`, or `.alongside/state.json`. `--json` prints one JSON line on standard output. Exit codes: 0 success; 1 a problem outside the command; 2 wrong usage.',
    '',
    ...(await allCommands()).flatMap(({ name, summary, help }) => [
      `## ${name}`,
      '',
      `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
      '',
      '```text',
      ...help,
      '```',
      '',
    ]),
  ].join('\n');
