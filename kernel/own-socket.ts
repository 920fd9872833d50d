import { lstat } from 'node:fs/promises';

/**
 * Returns the reason not to use a Unix socket: another user may have created it and would receive PINs and
 * secrets. Returns undefined if it belongs to this user or root, does not exist, or is a Windows pipe.
 */
export async function socketFault(path: string, own = process.getuid?.()): Promise<string | undefined> {
  if (own === undefined || path.startsWith('\\\\')) return undefined;
  const entry = await lstat(path).catch(() => undefined);
  if (!entry || ((entry.uid === own || entry.uid === 0) && entry.isSocket())) return undefined;
  return entry.isSocket()
    ? `the socket ${path} belongs to another user (uid ${entry.uid})`
    : `${path} is not a socket`;
}
