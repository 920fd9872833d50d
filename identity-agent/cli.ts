import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { isObject } from '@alongside/kernel/json';
import { OperatorError, printableLines, UsageError } from '@alongside/kernel/operator';
import type { CommandContext, Terminal } from './cli/command.ts';
import { commands } from './cli/commands.ts';
import { runVpcd } from './cli/vpcd.ts';
import { agentVersion } from './session/status.ts';
import { AgentCallError, AgentConnection } from './socket/client.ts';
import { rpcCodes } from './socket/json-rpc.ts';
import { defaultSocketPath } from './socket-path.ts';

const help = (): string => `identity-agent: the Identity Agent of this workstation.

  identity-agent run [--help]           run the agent; so does identity-agent with options alone

  identity-agent getTicket '{}'         print the ticket of the session; without a session, wait for a sign-in
  identity-agent getTicketNoAuth '{}'   print the ticket of the session; never prompt
  identity-agent getNewTicket '{}'      ask for the PIN again, and print a new ticket
  identity-agent destroyTicket '{}'     sign out
  identity-agent vpcd --card gp         put a virtual card into a slot of vpcd; see identity-agent vpcd --help
  identity-agent METHOD [PARAMS]        call any method of the local socket, such as screenLocked; PARAMS - reads them
                                        from standard input, so that no process list shows them

${commands.map(({ name, summary }) => `  identity-agent ${name.padEnd(22)} ${summary}`).join('\n')}

  --socket PATH   the agent's local socket (ALONGSIDE_AGENT_SOCKET)
  --json          print one JSON line
  --help          print this text
  --version       print the version

The result of a method is one JSON line, and so is its refusal. Exit code 0: success; 1: the agent refused or does not
respond; 2: wrong usage.
`;

interface CommandLine {
  socket: string;
  json: boolean;
  words: string[];
}

function readArguments(argv: readonly string[]): CommandLine | 'help' | 'version' {
  const asked: CommandLine = { socket: defaultSocketPath(), json: false, words: [] };
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--help' || word === '-h') return 'help';
    if (word === '--version') return 'version';
    if (word === '--json') asked.json = true;
    else if (word === '--socket') {
      at += 1;
      asked.socket = argv[at] ?? '';
      if (asked.socket === '') throw new UsageError('--socket needs a path.');
    } else if (word.startsWith('-') && word !== '-')
      throw new UsageError(`There is no option ${word}. See --help.`);
    else asked.words.push(word);
  }
  if (asked.words.length > 2)
    throw new UsageError('One method and one JSON object are expected. See --help.');
  return asked.words.length === 0 ? 'help' : asked;
}

function readParams(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Reported below.
  }
  throw new UsageError("The parameters must be one JSON object, such as '{}'.");
}

/** Calls a method and prints its result as one JSON line. */
async function callMethod({ words, terminal, withAgent }: CommandContext): Promise<number> {
  const [method = '', given = '{}'] = words;
  const params = readParams(given === '-' ? await terminal.askSecret('') : given);
  terminal.out(`${JSON.stringify(await withAgent((agent) => agent.call(method, params)))}\n`);
  return 0;
}

/** Returns whether the agent refused the form of the call. */
const isUsage = ({ code }: AgentCallError): boolean =>
  code === rpcCodes.noMethod || code === rpcCodes.invalidParams;

/** Formats the agent's refusal: a sentence for people, JSON for programs. */
function refusalText(error: AgentCallError, word: string, forPrograms: boolean): string {
  const { code, message, data } = error;
  if (forPrograms) return JSON.stringify({ code, message, data });
  if (code === rpcCodes.noMethod)
    return `The Identity Agent has no command and no method "${word.slice(0, 60)}". See --help.`;
  return message;
}

async function carryOut({ socket, json, words }: CommandLine, terminal: Terminal): Promise<number> {
  async function withAgent<T>(work: (agent: AgentConnection) => Promise<T>): Promise<T> {
    const agent = await AgentConnection.open(socket);
    try {
      return await work(agent);
    } finally {
      agent.close();
    }
  }
  const context = { socket, json, terminal, withAgent };
  const [word = '', ...rest] = words;
  const command = commands.find(({ name }) => name === word);
  const odd = command && rest.find((one) => one !== '{}');
  if (odd !== undefined) throw new UsageError(`"${odd}" is not expected. See --help.`);
  try {
    return await (command ? command.run({ ...context, words: [] }) : callMethod({ ...context, words }));
  } catch (error) {
    if (!(error instanceof AgentCallError)) throw error;
    const usage = isUsage(error);
    terminal.err(`${refusalText(error, word, json || (!command && !usage))}\n`);
    return usage ? 2 : 1;
  }
}

/** Runs the command line; resolves with the exit code. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    if (argv[0] === 'vpcd') return await runVpcd(argv.slice(1), terminal);
    const asked = readArguments(argv);
    if (typeof asked === 'object') return await carryOut(asked, terminal);
    terminal.out(asked === 'help' ? help() : `${agentVersion}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof OperatorError)) throw error;
    terminal.err(`${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** The command line of this process. */
export async function cli(argv: readonly string[]): Promise<void> {
  const write = (stream: NodeJS.WriteStream) => (text: string) => void stream.write(printableLines(text));
  process.exitCode = await runCli(argv, {
    out: write(process.stdout),
    err: write(process.stderr),
    askSecret: secretAsker(process.stdin, process.stderr),
  });
  // An open input would keep the process running.
  process.stdin.unref?.();
}

if (import.meta.main) await cli(process.argv.slice(2));

/**
 * Asks on the terminal without echo. If the input is not a terminal, each question reads its next line, so that a script can
 * answer.
 */
function secretAsker(input: NodeJS.ReadStream, output: NodeJS.WriteStream) {
  let lines: AsyncIterator<string> | undefined;
  return async (question: string): Promise<string> => {
    if (!input.isTTY) {
      lines ??= createInterface({ input })[Symbol.asyncIterator]();
      return ((await lines.next()).value as string | undefined) ?? '';
    }
    output.write(question);
    const nothing = new Writable({ write: (_piece, _encoding, done) => done() });
    const reader = createInterface({ input, output: nothing, terminal: true });
    const answer = await new Promise<string>((resolve) => reader.question('', resolve));
    reader.close();
    output.write('\n');
    return answer;
  };
}
