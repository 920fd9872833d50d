import {
  ClientError,
  FLAGS,
  NATIVE_COMMANDS,
  type NativeCommandName,
  processTerminal,
  runNativeCommand,
  sentencesOf,
} from '@alongside/client/cli';
import { proxyNote } from '@alongside/kernel/direct-calls';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { type Command, exampleLines } from '../command.ts';
import { helpLines, paragraphs } from '../table.ts';

/** A command of the client library, which has the same commands: `npx @alongside/client sign-in`. */
function nativeCommand(name: NativeCommandName, note: string): Command {
  const { flags } = NATIVE_COMMANDS[name];
  const rows = flags.map((flag) => {
    const [value, about] = FLAGS[flag];
    return [`  --${flag}${value === undefined ? '' : ` ${value}`}`, about] as const;
  });
  const issuer = 'http://localhost:8401/oauth2.1';
  const input = name === 'refresh' || name === 'revoke' ? ' < tokens.json' : '';
  return {
    name,
    help: (width) => [
      ...helpLines([[`alongside ${name} --issuer URL --client ID${input}`, ''], ...rows], width),
      '',
      ...paragraphs([note], width),
      ...exampleLines([`alongside ${name} --issuer ${issuer} --client demo-native${input}`]),
    ],
    subcommands: [],
    flags: flags.map((flag) => `--${flag}`),
    async run({ argv }) {
      const { terminal, exitCode } = processTerminal({ endWithInput: argv.includes('--end-with-input') });
      try {
        await runNativeCommand(name, argv, terminal);
      } catch (error) {
        // A signal ended it.
        if (exitCode(0) === 0) throw commandError(error, argv);
      }
      return exitCode(0);
    },
  };
}

/** Returns an error of the library as one of this command line. */
function commandError(error: unknown, argv: readonly string[]): unknown {
  if (!(error instanceof ClientError)) return error;
  const { code, message: problem, advice } = error;
  const issuer = argv.find((_, at) => argv[at - 1] === '--issuer') ?? '';
  const isUnreachable = code === 'network' || code === 'timeout';
  const text = `${sentencesOf(error)}${isUnreachable ? proxyNote(issuer) : ''}`;
  return code === 'settings_invalid'
    ? Object.assign(new UsageError(text), { error: 'usage', status: undefined, problem, advice })
    : Object.assign(new OperatorError(text), { error: code, status: undefined, problem, advice });
}

const printed = 'The tokens are secrets: read them from a pipe.';

export const signIn = nativeCommand('sign-in', printed);
export const token = nativeCommand('token', printed);
export const refresh = nativeCommand('refresh', printed);
export const revoke = nativeCommand('revoke', 'Revoking a refresh token also ends its access tokens.');
