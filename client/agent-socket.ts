import { lstat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { WindowsUsers } from '@alongside/kernel/windows-users';
import { ownUid } from './environment.ts';
import { ClientError } from './errors.ts';

/** Connects to the agent's socket or pipe. Throws `agent_unreachable` or `agent_untrusted`. */
export async function connectToAgent(path: string, timeoutMs: number): Promise<Socket> {
  await checkOwner(path);
  return accepted(path, timeoutMs);
}

function accepted(path: string, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const fail = (cause?: unknown): void => {
      socket.destroy();
      reject(new ClientError('agent_unreachable', `The Identity Agent is not running (${path}).`, { cause }));
    };
    const timer = setTimeout(fail, timeoutMs);
    socket.once('error', (error) => {
      clearTimeout(timer);
      fail(error);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

// All users share the temporary folder: a socket there, and its folder, must belong to this user or root. They also share the names of
// pipes. Node.js before 26 cannot see whose a pipe is.
async function checkOwner(path: string): Promise<void> {
  if ((await WindowsUsers.find()?.isOwnPipe(path)) === false)
    throw new ClientError('agent_untrusted', `The pipe ${path} belongs to another user; it is not used.`);
  const uid = ownUid();
  if (uid === undefined) return;
  const folder = await lstat(dirname(path)).catch(() => undefined);
  const socket = await lstat(path).catch(() => undefined);
  if (!folder || !socket)
    throw new ClientError('agent_unreachable', `The Identity Agent is not running (${path}).`);
  const owned = [folder, socket].every((entry) => entry.uid === uid || entry.uid === 0);
  const sticky = (folder.mode & 0o1000) !== 0;
  if (!owned || !socket.isSocket() || ((folder.mode & 0o022) !== 0 && !sticky))
    throw new ClientError('agent_untrusted', `The socket ${path} can be another user's; it is not used.`);
}

/** Splits a byte stream into lines of JSON. A line that is too long or not an object ends the stream. */
export class JsonLines {
  readonly #longest: number;
  #rest = '';
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  /** @param longest maximum length of a line in characters */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Returns the objects that a chunk completes. Throws `SyntaxError` or `TypeError` for malformed input. */
  push(piece: Uint8Array): Record<string, unknown>[] {
    const lines = (this.#rest + this.#decoder.decode(piece, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    if ([...lines, this.#rest].some((line) => line.length > this.#longest))
      throw new SyntaxError('line too long');
    return lines.filter((line) => line.trim() !== '').map(parsedObject);
  }
}

function parsedObject(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError('not an object');
  return value as Record<string, unknown>;
}
