import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The account of a service that root starts; empty for other users. */
export interface ServiceUser {
  uid?: number;
  gid?: number;
}

const idOf = (kind: '-u' | '-g', name: string): number =>
  Number(execFileSync('id', [kind, name], { encoding: 'utf8' }));

export const serviceUser = (name: string): ServiceUser =>
  process.getuid?.() === 0 ? { uid: idOf('-u', name), gid: idOf('-g', name) } : {};

export function giveTo({ uid, gid }: ServiceUser, ...paths: string[]): void {
  if (uid !== undefined && gid !== undefined) for (const path of paths) chownSync(path, uid, gid);
}

const isOpenToAll = (folder: string): boolean =>
  (statSync(folder).mode & 0o001) !== 0 && (dirname(folder) === folder || isOpenToAll(dirname(folder)));

/**
 * Creates a temporary folder that the user can access: TMPDIR may be private. Its path is without spaces, which configuration files
 * dislike, and is short enough for the name of a socket (107 bytes).
 */
export function serviceFolder(prefix: string, user: ServiceUser): string {
  const suits = (user.uid === undefined || isOpenToAll(tmpdir())) && /^[^ ]{1,60}$/.test(tmpdir());
  const folder = mkdtempSync(join(suits ? tmpdir() : '/tmp', prefix));
  giveTo(user, folder);
  return folder;
}
