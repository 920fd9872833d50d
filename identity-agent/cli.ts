import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { secretAsker } from './cli/ask.ts';
import type { CommandContext, Terminal } from './cli/command.ts';
import { commands } from './cli/commands.ts';
import { runVpcd } from './cli/vpcd.ts';
import { AgentCallError, AgentConnection } from './socket/client.ts';
import { defaultSocketPath } from './socket-path.ts';

const help = (): string => `identity-agent: the Identity Agent of this desk.

  identity-agent run [--help]           runs the agent; so does identity-agent with options alone

  identity-agent getTicket '{}'         the ticket of the session; starts a sign-in and waits for it
  identity-agent getTicketNoAuth '{}'   the ticket of the session; never asks
  identity-agent getNewTicket '{}'      asks for the PIN again
  identity-agent destroyTicket '{}'     signs out
  identity-agent vpcd --card gp         puts a virtual card into a slot of vpcd; see identity-agent vpcd --help
  identity-agent METHOD [PARAMS]        any other method of the local socket, such as screenLocked; PARAMS - reads them
                                        from the input, for what others should not see

${commands.map(({ name, summary }) => `  identity-agent ${name.padEnd(22)} ${summary}`).join('\n')}

  --socket PATH   the agent's local socket (ALONGSIDE_AGENT_SOCKET)
  --json          one JSON line
  --help          this text

The result of a method is one JSON line. Exit code 0: done; 1: the agent refused or does not answer; 2: wrong usage.
`;

interface Asked {
  socket: string;
  json: boolean;
  words: string[];
}

function readArguments(argv: readonly string[]): Asked | 'help' {
  const asked: Asked = { socket: defaultSocketPath(), json: false, words: [] };
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--help' || word === '-h') return 'help';
    if (word === '--json') asked.json = true;
    else if (word === '--socket') {
      at += 1;
      asked.socket = argv[at] ?? '';
      if (asked.socket === '') throw new UsageError('--socket needs a path.');
    } else if (word.startsWith('--')) throw new UsageError(`There is no option ${word}. See --help.`);
    else asked.words.push(word);
  }
  if (asked.words.length > 2)
    throw new UsageError('One method and one JSON object are expected. See --help.');
  return asked.words.length === 0 ? 'help' : asked;
}

function readParams(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw new UsageError("The parameters must be one JSON object, such as '{}'.");
}

/** One call of a method; its result is one JSON line. */
async function callMethod({ words, terminal, withAgent }: CommandContext): Promise<number> {
  const [method = '', given = '{}'] = words;
  const params = readParams(given === '-' ? await terminal.askSecret('') : given);
  terminal.out(`${JSON.stringify(await withAgent((agent) => agent.call(method, params)))}\n`);
  return 0;
}

async function carryOut({ socket, json, words }: Asked, terminal: Terminal): Promise<number> {
  async function withAgent<T>(work: (agent: AgentConnection) => Promise<T>): Promise<T> {
    const agent = await AgentConnection.open(socket);
    try {
      return await work(agent);
    } finally {
      agent.close();
    }
  }
  const context = { socket, json, terminal, withAgent };
  const command = commands.find(({ name }) => name === words[0]);
  if (!command) return callMethod({ ...context, words });
  const rest = words.slice(1).filter((word) => word !== '{}');
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is not expected. See --help.`);
  try {
    return await command.run({ ...context, words: [] });
  } catch (error) {
    // A person reads what a command says; a program that calls a method reads JSON.
    if (error instanceof AgentCallError && !json) throw new OperatorError(error.message);
    throw error;
  }
}

/** Runs the command line; resolves with the exit code. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    if (argv[0] === 'vpcd') return await runVpcd(argv.slice(1), terminal);
    const asked = readArguments(argv);
    if (asked !== 'help') return await carryOut(asked, terminal);
    terminal.out(help());
    return 0;
  } catch (error) {
    if (error instanceof AgentCallError) {
      terminal.err(`${JSON.stringify({ code: error.code, message: error.message, data: error.data })}\n`);
      return 1;
    }
    if (!(error instanceof UsageError || error instanceof OperatorError)) throw error;
    terminal.err(`${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** The command line of this process. */
export async function cli(argv: readonly string[]): Promise<void> {
  const write = (stream: NodeJS.WriteStream) => (text: string) => void stream.write(text);
  process.exitCode = await runCli(argv, {
    out: write(process.stdout),
    err: write(process.stderr),
    askSecret: secretAsker(process.stdin, process.stderr),
  });
  // An open input would keep the process.
  process.stdin.unref?.();
}

if (import.meta.main) await cli(process.argv.slice(2));
