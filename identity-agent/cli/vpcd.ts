import { parseArgs } from 'node:util';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { CardError } from '../card/card-client.ts';
import { type SlotCard, VpcdConnection } from '../card/vpcd-connection.ts';
import { methods } from '../protocol.ts';
import { AgentCallError, AgentConnection } from '../socket/client.ts';
import { rpcCodes } from '../socket/json-rpc.ts';
import { defaultSocketPath } from '../socket-path.ts';
import type { Terminal } from './command.ts';

const help = `identity-agent vpcd --card CARD [--port 35963] [--socket PATH]

Puts a virtual card of the running agent (development only) into a slot of vpcd, the virtual reader of pcscd, until
Ctrl-C. The card is named by persona, serial or uid. vpcd listens on every address of its machine, so run pcscd in a
separate network namespace, and this command in the same one; the agent's socket is a file, which it can reach there.
`;

const FIRST_SLOT = 35_963;
const GONE = Uint8Array.of(0x6f, 0x00);

interface Powered {
  serial: string;
  atr: string;
}

class AgentCard implements SlotCard {
  readonly atr: Uint8Array;
  readonly serial: string;
  readonly #agent: AgentConnection;
  readonly #name: string;
  #power: Promise<unknown> = Promise.resolve();

  private constructor(agent: AgentConnection, name: string, { serial, atr }: Powered) {
    this.#agent = agent;
    this.#name = name;
    this.serial = serial;
    this.atr = new Uint8Array(Buffer.from(atr, 'hex'));
  }

  static async power(agent: AgentConnection, card: string): Promise<AgentCard> {
    return new AgentCard(agent, card, await agent.call<Powered>(methods.powerCard, { card }));
  }

  /** After power returns, the card has forgotten the PIN. */
  powerOff(): void {
    this.#power = this.#agent.call(methods.powerCard, { card: this.#name }).catch(() => undefined);
  }

  async transmit(command: Uint8Array): Promise<Uint8Array> {
    await this.#power;
    const apdu = Buffer.from(command).toString('hex');
    try {
      const answer = await this.#agent.call<{ apdu: string }>(methods.cardCommand, { apdu });
      return new Uint8Array(Buffer.from(answer.apdu, 'hex'));
    } catch (error) {
      if (error instanceof CardError) throw error;
      return GONE;
    }
  }
}

/** An agent outside development has no such method. */
const sentenceOf = ({ code, message }: AgentCallError): string =>
  code === rpcCodes.noMethod
    ? 'This Identity Agent has no virtual cards: it is not set to development.'
    : message;

function readOptions(argv: readonly string[]) {
  const options = { card: { type: 'string' }, port: { type: 'string' }, socket: { type: 'string' } } as const;
  try {
    const { values } = parseArgs({ args: [...argv], options });
    const port = Number(values.port ?? FIRST_SLOT);
    if (!values.card) throw new Error('--card is needed');
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error('--port must be a port');
    return { card: values.card, port, socket: values.socket ?? defaultSocketPath() };
  } catch (error) {
    throw new UsageError(`${reasonOf(error)}. See identity-agent vpcd --help.`);
  }
}

/**
 * Inserts a virtual card into a slot of vpcd; resolves with the exit code after its removal. @throws UsageError, OperatorError
 */
export async function runVpcd(argv: readonly string[], terminal: Terminal): Promise<number> {
  if (argv.includes('--help')) {
    terminal.out(help);
    return 0;
  }
  const { card: name, port, socket } = readOptions(argv);
  const agent = await AgentConnection.open(socket);
  try {
    const card = await AgentCard.power(agent, name).catch((error: unknown) => {
      throw error instanceof AgentCallError ? new OperatorError(sentenceOf(error)) : error;
    });
    const slot = await VpcdConnection.insert(card, { port }).catch(() => {
      throw new OperatorError(
        `No vpcd listens on port ${port} of this machine: start pcscd with vpcd first.`,
      );
    });
    agent.onClose(() => void slot.remove());
    terminal.out(`Card ${card.serial} is in the slot at port ${port}; Ctrl-C takes it out.\n`);
    return (await slot.closed) === undefined ? 0 : 1;
  } finally {
    agent.close();
  }
}
