import { spawnSync } from 'node:child_process';
import { win32 } from 'node:path';
import { environment } from './operator.ts';
import { WindowsUsers } from './windows-users.ts';

/** Returns this user's identifier on Windows, or `user`: from the system or, in Node.js before 26, from its program. */
export function ownSid(): string {
  const found = WindowsUsers.find()?.own;
  if (found !== undefined) return found;
  const program = win32.join(environment().SystemRoot ?? 'C:\\Windows', 'System32', 'whoami.exe');
  const { stdout } = spawnSync(program, ['/user', '/fo', 'csv', '/nh'], {
    encoding: 'utf8',
    windowsHide: true,
  });
  return /S-1-[\d-]+/.exec(stdout ?? '')?.[0] ?? 'user';
}

/** Returns the path of this user's pipe. All users of a machine share the names of pipes, so it ends with the user's identifier. */
export const ownPipe = (name: string): string => `\\\\.\\pipe\\${name}-${ownSid()}`;
