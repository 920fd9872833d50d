import { lstat } from 'node:fs/promises';

/**
 * Returns why a Unix socket must not be used: another user could have put it there first, and would hear PINs and secrets.
 * Undefined for one of this user or root, for one that is not there, and for a pipe of Windows.
 */
export async function socketFault(path: string, own = process.getuid?.()): Promise<string | undefined> {
  if (own === undefined || path.startsWith('\\\\')) return undefined;
  const entry = await lstat(path).catch(() => undefined);
  if (!entry || ((entry.uid === own || entry.uid === 0) && entry.isSocket())) return undefined;
  return entry.isSocket()
    ? `the socket ${path} belongs to another user (uid ${entry.uid})`
    : `${path} is not a socket`;
}
