import { OperatorError, UsageError } from '@alongside/kernel/config';
import { methods } from './protocol.ts';
import { AgentCallError, AgentConnection } from './socket/client.ts';
import { defaultDataFolder, defaultSocketPath } from './socket-path.ts';

const help = `identity-agent: calls the Identity Agent of this desk over its local socket.

  identity-agent getTicket '{}'         the ticket of the session; starts a sign-in and waits for it
  identity-agent getTicketNoAuth '{}'   the ticket of the session; never asks
  identity-agent getNewTicket '{}'      asks for the PIN again
  identity-agent destroyTicket '{}'     signs out
  identity-agent status [--json]        state, person and role
  identity-agent METHOD [PARAMS]        any other method, such as development.insertCard '{"card":"gp"}'

  --socket PATH   the agent's local socket (ALONGSIDE_AGENT_SOCKET)
  --help          this text

The result is one JSON line. Exit code 0: done; 1: the agent refused or does not answer; 2: wrong usage.
`;

/** Where a command writes. */
export interface CliOutput {
  out(text: string): void;
  err(text: string): void;
}

interface Asked {
  socket: string;
  json: boolean;
  words: string[];
}

function readArguments(argv: readonly string[]): Asked | 'help' {
  const asked: Asked = { socket: defaultSocketPath(defaultDataFolder()), json: false, words: [] };
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

function readParams(text = '{}'): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw new UsageError("The parameters must be one JSON object, such as '{}'.");
}

interface Shown {
  state: string;
  person: { displayName: string } | null;
  role: { roleName: string; orgCode: string } | null;
  reason: string | null;
}

const statusInWords = ({ state, person, role, reason }: Shown): string =>
  [
    `state: ${state}`,
    person && `person: ${person.displayName}`,
    role && `role: ${role.roleName} at ${role.orgCode}`,
    reason && `reason: ${reason}`,
  ]
    .filter(Boolean)
    .join('\n');

async function call({ socket, json, words }: Asked, output: CliOutput): Promise<void> {
  const [method = '', text] = words;
  const params = readParams(text);
  const connection = await AgentConnection.open(socket);
  try {
    const result = await connection.call(method, params);
    const inWords = method === methods.status && !json;
    output.out(`${inWords ? statusInWords(result as Shown) : JSON.stringify(result)}\n`);
  } finally {
    connection.close();
  }
}

/** Runs the command line; resolves with the exit code. */
export async function runCli(argv: readonly string[], output: CliOutput): Promise<number> {
  try {
    const asked = readArguments(argv);
    if (asked === 'help') output.out(help);
    else await call(asked, output);
    return 0;
  } catch (error) {
    if (error instanceof AgentCallError) {
      output.err(`${JSON.stringify({ code: error.code, message: error.message, data: error.data })}\n`);
      return 1;
    }
    if (!(error instanceof UsageError || error instanceof OperatorError)) throw error;
    output.err(`${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) {
  const write = (stream: NodeJS.WriteStream) => (text: string) => void stream.write(text);
  process.exitCode = await runCli(process.argv.slice(2), {
    out: write(process.stdout),
    err: write(process.stderr),
  });
}
