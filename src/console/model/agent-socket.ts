import { connect, type Socket } from 'node:net';
import { reasonOf } from '@alongside/kernel/errors';
import { parseOwnJson } from '@alongside/kernel/json';
import { socketFault } from '@alongside/kernel/peer-user';
import { maxLineLength, type SocketErrorData } from '../../../identity-agent/protocol.ts';

/** The agent does not respond at all or in time. */
export class AgentUnreachable extends Error {
  override name = 'AgentUnreachable';
}

export class AgentRefusal extends Error {
  override name = 'AgentRefusal';
  /** Machine-readable error; undefined for errors of JSON-RPC itself. */
  readonly data: SocketErrorData | undefined;

  constructor(message: string, data: SocketErrorData | undefined) {
    super(message);
    this.data = data;
  }
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

interface Reply {
  id?: unknown;
  result?: unknown;
  error?: { message?: unknown; data?: SocketErrorData };
}

/** Maximum length of a response in characters. An export of all cards is longer than any call. */
const maxReplyLength = 512 * maxLineLength;

/** Calls the agent with JSON-RPC 2.0 over its local socket, one message a line. Reopens a lost connection. */
export class AgentSocket {
  readonly #path: string;
  readonly #timeout: number;
  readonly #waiting = new Map<number, Waiting>();
  #connection: Promise<Socket> | undefined;
  #last = 0;

  /** @param timeout milliseconds to wait for a response */
  constructor(path: string, timeout = 5_000) {
    this.#path = path;
    this.#timeout = timeout;
  }

  /** @throws AgentUnreachable, AgentRefusal */
  async call<T>(method: string, params: object = {}): Promise<T> {
    this.#connection ??= this.#open();
    const socket = await this.#connection;
    const id = ++this.#last;
    return new Promise<T>((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        settle();
      };
      const timer = setTimeout(
        () => end(() => reject(new AgentUnreachable(`${method} had no answer within ${this.#timeout} ms`))),
        this.#timeout,
      );
      this.#waiting.set(id, {
        resolve: (result) => end(() => resolve(result as T)),
        reject: (error) => end(() => reject(error)),
      });
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  }

  close(): void {
    this.#connection?.then((socket) => socket.destroy()).catch(() => undefined);
  }

  async #open(): Promise<Socket> {
    const fault = await socketFault(this.#path);
    if (fault !== undefined) {
      this.#connection = undefined;
      throw new AgentUnreachable(fault);
    }
    return new Promise((resolve, reject) => {
      const socket = connect(this.#path);
      const timer = setTimeout(
        () => socket.destroy(new Error('the connection was not taken')),
        this.#timeout,
      );
      let pending = '';
      socket.setEncoding('utf8');
      socket.on('connect', () => {
        clearTimeout(timer);
        // A kept connection must not keep a process alive.
        socket.unref();
        resolve(socket);
      });
      socket.on('data', (piece: string) => {
        const lines = (pending + piece).split('\n');
        pending = lines.pop() ?? '';
        for (const line of lines) this.#answer(line);
        if (pending.length > maxReplyLength) socket.destroy(new Error('a line is too long'));
      });
      let reason = 'the connection was closed';
      socket.on('error', (error) => {
        reason = reasonOf(error);
      });
      socket.on('close', () => {
        clearTimeout(timer);
        this.#connection = undefined;
        const error = new AgentUnreachable(reason);
        reject(error);
        for (const waiting of this.#waiting.values()) waiting.reject(error);
      });
    });
  }

  #answer(line: string): void {
    let reply: Reply | null;
    try {
      reply = parseOwnJson<Reply | null>(line);
    } catch {
      return;
    }
    // Ignores notifications and late responses.
    const waiting = typeof reply?.id === 'number' ? this.#waiting.get(reply.id) : undefined;
    if (!waiting || !reply) return;
    if (reply.error)
      waiting.reject(new AgentRefusal(String(reply.error.message ?? 'no reason given'), reply.error.data));
    else waiting.resolve(reply.result);
  }
}
