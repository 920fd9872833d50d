import type { Socket } from 'node:net';
import { connectToAgent, JsonLines } from './agent-socket.ts';
import { defaultAgentSocket } from './environment.ts';
import { ClientError } from './errors.ts';
import { AgentError } from './ticket-errors.ts';

export interface IdentityAgentSettings {
  /** The application's name, which the agent shows when it asks for the PIN. */
  application: string;
  /** Path of the agent's socket or named pipe; this user's agent by default. */
  socketPath?: string | undefined;
  /** Time limit for the connection in milliseconds; 1,000 by default. */
  ackTimeoutMs?: number | undefined;
  /** Time limit for a response without user interaction in milliseconds; 5,000 by default. */
  replyTimeoutMs?: number | undefined;
  /**
   * Time limit in milliseconds for a response that may need a PIN; 125,000 by default, so that an agent that stops after two
   * minutes can still report it.
   */
  userTimeoutMs?: number | undefined;
}

/** Events of the agent with their parameters, which may have more members. */
export interface AgentEvents {
  cardInserted: { serial: string };
  cardRemoved: { serial: string };
  /** Three wrong PINs. */
  cardBlocked: { serial: string };
  signedIn: { uid: string; roleId: string | null };
  /** Hide patient data. `cause` is for example `cardRemoved`, `anotherPerson`, `administrator`. */
  signedOut: { cause: string };
  /** Hide patient data until `sessionUnlocked`. `reason` is `card`, `screen` or `time`. */
  sessionLocked: { reason: string };
  sessionUnlocked: { uid: string };
  /**
   * The agent needs a PIN or role (`question`) and no browser shows the prompt: open `page`, an address of the agent on loopback.
   */
  questionOpened: { question: string; page: string; applications: readonly string[] };
  /** Sent by this client: the connection is lost, and events may be missing. Call `connect` and then `status`. */
  disconnected: object;
}

export type AgentEvent = keyof AgentEvents;

/** State of the agent; it may have more members. */
export interface AgentStatus {
  /** For example `noCard`, `pinRequested`, `signedIn`. */
  state: string;
  [member: string]: unknown;
}

/** Events that the agent sends. */
const EVENTS: readonly string[] = [
  'cardInserted',
  'cardRemoved',
  'cardBlocked',
  'signedIn',
  'signedOut',
  'sessionLocked',
  'sessionUnlocked',
  'questionOpened',
] satisfies Exclude<AgentEvent, 'disconnected'>[];
const LONGEST_LINE = 262_144;
/** JSON-RPC 2.0 section 5.1 */
const INVALID_PARAMS = -32_602;

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * The client of the Identity Agent: JSON-RPC 2.0 over its local socket, one message a line. Connects at the first call. Every
 * method throws `AgentError` if the agent refuses, `agent_unreachable` if it is not running, `agent_untrusted` if the socket
 * belongs to another user, `timeout`, or `agent_closed`.
 */
export class IdentityAgentClient {
  readonly #settings: Required<IdentityAgentSettings>;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, Set<(params: object) => void>>();
  #connection: Promise<Socket> | undefined;
  #socket: Socket | undefined;
  #lastId = 0;
  #nameless = false;

  constructor(settings: IdentityAgentSettings) {
    this.#settings = {
      application: settings.application,
      socketPath: settings.socketPath ?? defaultAgentSocket(),
      ackTimeoutMs: settings.ackTimeoutMs ?? 1000,
      replyTimeoutMs: settings.replyTimeoutMs ?? 5000,
      userTimeoutMs: settings.userTimeoutMs ?? 125_000,
    };
  }

  /** Returns the ticket of the session. Without a session, starts a sign-in with a PIN. */
  getTicket(): Promise<string> {
    return this.#ticket('getTicket', this.#settings.userTimeoutMs);
  }

  /** Returns the ticket of the session without a prompt. Refused with `TCK_API_ERR_TICKET_NOT_AVAILABLE` without a session. */
  getTicketNoAuth(): Promise<string> {
    return this.#ticket('getTicketNoAuth', this.#settings.replyTimeoutMs);
  }

  /** Returns a new ticket after a new sign-in. */
  getNewTicket(): Promise<string> {
    return this.#ticket('getNewTicket', this.#settings.userTimeoutMs);
  }

  /** Signs out, like removing the card. */
  async destroyTicket(): Promise<void> {
    await this.#call('destroyTicket', this.#settings.replyTimeoutMs);
  }

  /** Returns the state of the agent. */
  async status(): Promise<AgentStatus> {
    const result = await this.#call('status', this.#settings.replyTimeoutMs);
    const status = result as Partial<AgentStatus> | null | undefined;
    if (typeof status?.state !== 'string') throw unexpected('status');
    return status as AgentStatus;
  }

  /** Calls the listener for each event while the client is connected. Returns a function that unsubscribes. */
  on<Name extends AgentEvent>(event: Name, listener: (params: AgentEvents[Name]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    const added = listener as (params: object) => void;
    this.#listeners.set(event, listeners.add(added));
    return () => listeners.delete(added);
  }

  /** Connects now, for applications that only wait for events. */
  async connect(): Promise<void> {
    const socket = await this.#connected();
    // Windows sends events only to connections that have written. A request without an id gets no response (JSON-RPC 2.0 section
    // 4.1).
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'status', params: {} })}\n`);
  }

  /** Closes the connection; pending calls fail with `agent_closed`. */
  async close(): Promise<void> {
    const socket = await this.#connection?.catch(() => undefined);
    if (this.#socket === socket) this.#socket = undefined;
    socket?.destroy();
    this.#lost(new ClientError('agent_closed', 'The connection to the Identity Agent was closed.'));
  }

  async #ticket(method: string, timeoutMs: number): Promise<string> {
    const result = (await this.#call(method, timeoutMs)) as { ticket?: unknown } | null | undefined;
    if (typeof result?.ticket !== 'string' || result.ticket === '') throw unexpected(method);
    return result.ticket;
  }

  // A strict agent may not accept the application's name; then the call is repeated without it.
  async #call(method: string, timeoutMs: number): Promise<unknown> {
    if (this.#nameless) return this.#send(method, {}, timeoutMs);
    try {
      return await this.#send(method, { application: this.#settings.application }, timeoutMs);
    } catch (error) {
      if (!(error instanceof AgentError) || error.number !== INVALID_PARAMS) throw error;
      this.#nameless = true;
      return this.#send(method, {}, timeoutMs);
    }
  }

  async #send(method: string, params: object, timeoutMs: number): Promise<unknown> {
    const socket = await this.#connected();
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const late = new ClientError('timeout', `The Identity Agent did not answer ${method} in time.`);
      const timer = setTimeout(() => this.#settle(id)?.reject(late), timeoutMs);
      this.#pending.set(id, {
        resolve: (result) => resolve(ended(timer, result)),
        reject: (error) => reject(ended(timer, error)),
      });
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  }

  #connected(): Promise<Socket> {
    this.#connection ??= this.#open().catch((error: unknown) => {
      this.#connection = undefined;
      throw error;
    });
    return this.#connection;
  }

  async #open(): Promise<Socket> {
    const socket = await connectToAgent(this.#settings.socketPath, this.#settings.ackTimeoutMs);
    const lines = new JsonLines(LONGEST_LINE);
    socket.on('data', (piece: Buffer) => {
      try {
        for (const message of lines.push(piece)) this.#receive(message);
      } catch {
        socket.destroy();
      }
    });
    socket.on('error', () => socket.destroy());
    this.#socket = socket;
    socket.on('close', () => {
      // A socket that was closed here may end after its successor has connected.
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#lost(new ClientError('agent_closed', 'The Identity Agent ended the connection.'));
      this.#tell('disconnected', {});
    });
    return socket;
  }

  #receive(message: Record<string, unknown>): void {
    if (typeof message.id === 'number') this.#answer(message.id, message);
    else if (typeof message.method === 'string' && EVENTS.includes(message.method))
      this.#tell(message.method, (message.params ?? {}) as object);
  }

  /** A listener that throws must not end the connection or keep other listeners from the event. */
  #tell(event: string, params: object): void {
    for (const listener of this.#listeners.get(event) ?? []) queueMicrotask(() => listener(params));
  }

  #answer(id: number, message: Record<string, unknown>): void {
    const pending = this.#settle(id);
    const error = message.error as
      | { code?: unknown; message?: unknown; data?: { name?: unknown } }
      | undefined;
    if (error) pending?.reject(refusalOf(error));
    else pending?.resolve(message.result);
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #lost(error: ClientError): void {
    this.#connection = undefined;
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(error);
  }
}

interface RpcError {
  code?: unknown;
  message?: unknown;
  data?: { name?: unknown };
}

function refusalOf(error: RpcError): AgentError {
  return new AgentError({
    code: typeof error.code === 'number' ? error.code : 0,
    message: typeof error.message === 'string' ? error.message : 'The Identity Agent refused.',
    name: typeof error.data?.name === 'string' ? error.data.name : undefined,
  });
}

function ended<T>(timer: NodeJS.Timeout, value: T): T {
  clearTimeout(timer);
  return value;
}

function unexpected(method: string): ClientError {
  return new ClientError(
    'response_invalid',
    `The Identity Agent answered ${method} with something unexpected.`,
  );
}
