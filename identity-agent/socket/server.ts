import { chmod, lstat, rm } from 'node:fs/promises';
import net, { type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { makeFolder, OperatorError } from '@alongside/kernel/operator';
import { WindowsUsers } from '@alongside/kernel/windows-users';
import { maxLineLength } from '../protocol.ts';
import { ticketFailure } from './api-methods.ts';
import {
  errorLine,
  type Id,
  Lines,
  notificationLine,
  RpcError,
  readCall,
  resultLine,
  rpcCodes,
} from './json-rpc.ts';
import type { Caller, SocketMethod } from './method.ts';

const limits = { connections: 64, callsAtOnce: 16, unread: 1_048_576 };
/** Maximum length of a Unix socket path in bytes (`sun_path` of unix(7), without its end). */
const maxPathLength = 107;

export interface SocketServerOptions {
  /** Path of a Unix socket, or `\\.\pipe\NAME` on Windows. */
  path: string;
  methods: Readonly<Record<string, SocketMethod>>;
  log: Log;
  /** Whether every user may open it for reading, as with Windows pipes. Then only clients that have written receive events. */
  readableByAll?: boolean;
  /** Stores the events of a call before its response. */
  flush?: () => Promise<void> | undefined;
}

const isPipe = (path: string): boolean => path.startsWith('\\\\');

/** The agent's socket for programs of the same user: JSON-RPC 2.0, one message a line. */
export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #server: Server;
  readonly #connections = new Map<Socket, Caller>();

  constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#server = net.createServer((socket) => this.#serve(socket));
    this.#server.maxConnections = limits.connections;
  }

  /** @throws OperatorError if another agent listens there, or the folder cannot be made safe */
  async listen(): Promise<void> {
    const { path } = this.#options;
    if (!isPipe(path)) await requireOwnFolder(path);
    try {
      await this.#open(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE')
        throw new OperatorError(`The local socket ${path} cannot be opened: ${reasonOf(error)}`);
      if (isPipe(path) || (await answers(path)))
        throw new OperatorError(`Another Identity Agent already listens at ${path}.`);
      await removeLeftover(path);
      await this.#open(path);
    }
    if (!isPipe(path)) await chmod(path, 0o600);
    else if (WindowsUsers.find()?.protectPipe(path) === false)
      this.#options.log.warn({ path }, 'other users may open the pipe for reading');
  }

  /** Sends a notification to every connection that may receive and has subscribed to it. */
  notify(method: string, params: object): void {
    const line = notificationLine(method, params);
    for (const [socket, { mayListen, events }] of this.#connections)
      if (mayListen && (events === undefined || events.has(method))) send(socket, line);
  }

  async close(): Promise<void> {
    for (const socket of this.#connections.keys()) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #open(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  #serve(socket: Socket): void {
    const lines = new Lines(maxLineLength);
    const gone = new AbortController();
    const caller: Caller = {
      signal: gone.signal,
      events: undefined,
      lastError: 0,
      instances: new Set(),
      mayListen: !(this.#options.readableByAll ?? isPipe(this.#options.path)),
    };
    let running = 0;
    this.#connections.set(socket, caller);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#connections.delete(socket);
      gone.abort();
    });
    socket.on('data', (piece) => {
      let complete: string[];
      try {
        complete = lines.push(piece as Buffer);
      } catch (error) {
        socket.removeAllListeners('data');
        socket.end(errorLine(null, new RpcError(rpcCodes.invalidRequest, reasonOf(error))));
        return;
      }
      for (const line of complete) {
        caller.mayListen = true;
        if (running >= limits.callsAtOnce) {
          send(
            socket,
            errorLine(idOf(line), ticketFailure('SERVER_BUSY', 'Too many calls at once on this connection.')),
          );
          continue;
        }
        running += 1;
        void this.#answer(line, caller).then((answer) => {
          running -= 1;
          if (answer !== undefined) send(socket, answer);
        });
      }
    });
  }

  /** Returns the response to a line. Never rejects. */
  async #answer(line: string, caller: Caller): Promise<string | undefined> {
    const call = readCall(line);
    if ('error' in call) return errorLine(call.id, call.error);
    const { id, method, params } = call;
    const { methods, log, flush } = this.#options;
    try {
      const known = Object.hasOwn(methods, method) ? methods[method] : undefined;
      if (!known) throw new RpcError(rpcCodes.noMethod, 'There is no such method.');
      const result = await known(params, caller);
      await flush?.();
      return id === undefined ? undefined : resultLine(id, result);
    } catch (error) {
      if (!(error instanceof RpcError))
        log.error(
          { method, reason: reasonOf(error), stack: (error as Error)?.stack },
          'a call on the local socket failed',
        );
      await flush?.()?.catch(() => undefined);
      const failure =
        error instanceof RpcError ? error : new RpcError(rpcCodes.internal, 'Something went wrong here.');
      return id === undefined ? undefined : errorLine(id, failure);
    }
  }
}

const idOf = (line: string): Id => {
  const { id } = readCall(line);
  return id ?? null;
};

/** Disconnects a client that does not read. */
function send(socket: Socket, line: string): void {
  if (socket.destroyed || !socket.writable) return;
  if (socket.writableLength > limits.unread) socket.destroy();
  else socket.write(line);
}

/** Removes the socket of an earlier agent, and no other file, because the path is a setting. */
async function removeLeftover(path: string): Promise<void> {
  if (!(await lstat(path)).isSocket())
    throw new OperatorError(`${path} is not a socket. Set another socket path.`);
  await rm(path);
}

/** Creates the folder of the socket if it is missing. @throws OperatorError if others could create a socket there */
async function requireOwnFolder(path: string): Promise<void> {
  if (Buffer.byteLength(path) > maxPathLength)
    throw new OperatorError(
      `The path of the local socket is too long for this system (${maxPathLength} bytes at most): ${path}`,
    );
  const folder = dirname(path);
  try {
    makeFolder(folder, 0o700);
  } catch (error) {
    throw new OperatorError(`The folder ${folder} of the local socket cannot be made: ${reasonOf(error)}`);
  }
  // An existing folder may be any that a setting names, so it is checked but not changed.
  const entry = await lstat(folder);
  const { mode, uid } = entry;
  if (!entry.isDirectory() || (mode & 0o1022) !== 0 || uid !== process.getuid?.())
    throw new OperatorError(
      `The local socket needs a folder that this user alone can write to; ${folder} is shared, a link, or belongs to another user.`,
    );
}

/** Returns whether a process listens at a socket. */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
