import type { AgentConnection } from '../socket/client.ts';

/** Input and output of a command. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Asks for a secret: without echo on a terminal, else the next line of the input. */
  askSecret(question: string): Promise<string>;
}

export interface CommandContext {
  /** Path of the local socket. */
  socket: string;
  json: boolean;
  /** The command's arguments. */
  words: readonly string[];
  terminal: Terminal;
  /** Runs a task with a connection to the agent. @throws OperatorError if no agent responds */
  withAgent<T>(work: (agent: AgentConnection) => Promise<T>): Promise<T>;
}

/** One command, one file. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Resolves with the exit code. @throws UsageError, OperatorError, AgentCallError */
  run(context: CommandContext): Promise<number>;
}
