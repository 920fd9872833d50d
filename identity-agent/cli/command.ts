import type { AgentConnection } from '../socket/client.ts';

/** Where a command writes, and whom it asks. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Asks for something that nobody else should read: hidden on a terminal, else the next line of the input. */
  askSecret(question: string): Promise<string>;
}

/** What a command works with. */
export interface CommandContext {
  /** Path of the local socket. */
  socket: string;
  json: boolean;
  /** What follows the command's name. */
  words: readonly string[];
  terminal: Terminal;
  /** A connection to the agent for one piece of work. @throws OperatorError when no agent answers */
  withAgent<T>(work: (agent: AgentConnection) => Promise<T>): Promise<T>;
}

/** One command, one file. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Resolves with the exit code. @throws UsageError, OperatorError, AgentCallError */
  run(context: CommandContext): Promise<number>;
}
