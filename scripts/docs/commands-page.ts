import { commands } from '../../src/cli/commands.ts';
import { generated } from './page.ts';

/** `docs/commands.md`: the help of every command. */
export const commandsPage = (): string =>
  [
    '# Commands',
    '',
    generated,
    '',
    '`npx alongside COMMAND` in the clone. Commands find the running instance by `--port-base`, `--state`, `--data`, what the file of `--config` says, or `.alongside/state.json`; `--json` prints one JSON line on standard output. Exit code 0: done; 1: something outside must be put right; 2: the call was wrong.',
    '',
    ...commands.flatMap(({ name, summary, help }) => [
      `## ${name}`,
      '',
      `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
      '',
      '```',
      ...help,
      '```',
      '',
    ]),
  ].join('\n');
