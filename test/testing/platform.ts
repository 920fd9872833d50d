import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { onWindows } from '../../client/testing/windows.ts';

export { localSocket, onWindows } from '../../client/testing/windows.ts';

/** Asserts the mode of a file or folder. On Windows they inherit the access rights of their folder. */
export function assertMode(path: string, mode: number): void {
  if (!onWindows) assert.equal(statSync(path).mode & 0o7777, mode, path);
}
