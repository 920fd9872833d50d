#!/usr/bin/env node
import { ClientError } from '../errors.ts';
import { runNativeCommand, sentencesOf, type Terminal } from './commands.ts';
import { helpOf, isNativeCommand, NATIVE_COMMANDS, type NativeCommandName } from './options.ts';
import { processTerminal } from './terminal.ts';

/** `npx @alongside/client COMMAND`: the native journey for programs in any language. */
const [word, ...rest] = process.argv.slice(2);
if (isNativeCommand(word) && !rest.includes('--help')) {
  const { terminal, exitCode } = processTerminal({ endWithInput: rest.includes('--end-with-input') });
  const code = exitCode(await exitCodeOf(word, rest, terminal));
  const written = (stream: NodeJS.WriteStream) => new Promise((resolve) => stream.write('', resolve));
  await Promise.all([written(process.stdout), written(process.stderr)]);
  // A request that nothing waits for any more would keep the program running.
  process.exit(code);
} else if (isNativeCommand(word)) {
  console.log(helpOf(word).join('\n'));
} else {
  const rows = Object.entries(NATIVE_COMMANDS).map(([name, { about }]) => `  ${name.padEnd(9)}${about}`);
  const text = ['npx @alongside/client COMMAND --issuer URL --client ID', '', ...rows].join('\n');
  if (word === '--help') console.log(text);
  else console.error(word === undefined ? text : `There is no command "${word}".\n${text}`);
  process.exitCode = word === '--help' ? 0 : 2;
}

/** Runs a command: 0 done, 1 failed, 2 wrong usage. */
async function exitCodeOf(name: NativeCommandName, argv: string[], terminal: Terminal): Promise<number> {
  try {
    await runNativeCommand(name, argv, terminal);
    return 0;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const { code, message, advice } = error;
    if (argv.includes('--json')) terminal.line(JSON.stringify({ error: { code, message, advice } }));
    else terminal.note(sentencesOf(error));
    return code === 'settings_invalid' ? 2 : 1;
  }
}
