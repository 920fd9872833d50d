import { basename, join } from 'node:path';

/** Whether the tests run on Windows, where files have no modes and local sockets are named pipes. */
export const onWindows = process.platform === 'win32';

/** Returns an address for a local socket: a file in a new folder of the test, or a pipe with the name of that folder. */
export function localSocket(folder: string, ...names: readonly string[]): string {
  if (!onWindows) return join(folder, ...names);
  return `\\\\.\\pipe\\${[basename(folder), ...names].join('-')}`;
}
