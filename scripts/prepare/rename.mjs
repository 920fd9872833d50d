import { renameSync } from 'node:fs';

/** Does the same as `kernel/rename.ts`, also with a Node.js that runs no TypeScript. */
export function renameSafely(from, to) {
  for (let attempt = 0; ; attempt += 1)
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      const mayPass = process.platform === 'win32' && /EPERM|EACCES|EBUSY/.test(error.code);
      if (!mayPass || attempt === 10) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
}
