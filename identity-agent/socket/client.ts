import net, { type Socket } from 'node:net';
import { parseOwnJson } from '@alongside/kernel/json';
import { OperatorError } from '@alongside/kernel/operator';
import { socketFault } from '@alongside/kernel/peer-user';
import type { SocketErrorData } from '../protocol.ts';
import { Lines } from './json-rpc.ts';

/** The agent's error response to a call. */
export class AgentCallError extends Error {
  override name = 'AgentCallError';
  readonly code: number;
  readonly data: SocketErrorData | undefined;

  constructor({ code, message, data }: { code: number; message: string; data?: SocketErrorData }) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A response, or a notification. */
interface Message {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: AgentCallError;
}

/** Responses may be much longer than calls, for example an export of all cards. */
const maxAnswerLength = 32 * 1024 * 1024;

/** A connection to an agent's local socket. */
export class AgentConnection {
  readonly #socket: Socket;
  readonly #lines = new Lines(maxAnswerLength);
  readonly #waiting = new Map<number, Waiting>();
  readonly #onNotification: (method: string, params: unknown) => void;
  #last = 0;

  private constructor(socket: Socket, onNotification: (method: string, params: unknown) => void) {
    this.#socket = socket;
    this.#onNotification = onNotification;
    socket.on('data', (piece) => {
      for (const line of this.#lines.push(piece as Buffer)) this.#read(line);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#rejectAll(new OperatorError('The Identity Agent closed the connection.')));
  }

  /** @throws OperatorError if no agent listens there, or another user's */
  static async open(
    path: string,
    onNotification: (method: string, params: unknown) => void = () => undefined,
  ): Promise<AgentConnection> {
    const fault = await socketFault(path);
    if (fault !== undefined) throw new OperatorError(`The Identity Agent is not called: ${fault}.`);
    return new Promise((resolve, reject) => {
      const socket = net.connect(path, () => {
        socket.removeAllListeners('error');
        resolve(new AgentConnection(socket, onNotification));
      });
      socket.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          new OperatorError(
            `No Identity Agent answers at ${path} (${error.code ?? error.message}). Is it running?`,
          ),
        ),
      );
    });
  }

  /** @throws AgentCallError with the agent's error */
  call<T = unknown>(method: string, params: object = {}): Promise<T> {
    this.#last += 1;
    const id = this.#last;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (result) => resolve(result as T), reject });
      this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  }

  /** Calls the listener when the connection has ended. */
  onClose(listener: () => void): void {
    if (this.#socket.destroyed) listener();
    else this.#socket.once('close', listener);
  }

  close(): void {
    this.#socket.end();
    this.#socket.destroy();
  }

  #rejectAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #read(line: string): void {
    const message = parseOwnJson<Message>(line);
    if (message.method !== undefined) {
      this.#onNotification(message.method, message.params);
      return;
    }
    // An error without an id may belong to any pending call (JSON-RPC 2.0 section 5).
    if (message.error && (message.id ?? null) === null) {
      this.#rejectAll(new AgentCallError(message.error));
      return;
    }
    const waiting = this.#waiting.get(message.id ?? -1);
    this.#waiting.delete(message.id ?? -1);
    if (message.error) waiting?.reject(new AgentCallError(message.error));
    else waiting?.resolve(message.result);
  }
}
