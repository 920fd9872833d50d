import { accessSync, constants, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { type Check, type Finding, ok, wrong } from './check.ts';

/** Returns the folder, or its nearest existing parent. */
const nearest = (folder: string): string =>
  existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));

function probe(folder: string): void {
  if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
  accessSync(folder, constants.W_OK | constants.X_OK);
  // Only a write shows a full or read-only file system.
  const file = join(folder, `.doctor-${process.pid}`);
  writeFileSync(file, '');
  rmSync(file);
}

export function judgeFolder(folder: string): Finding {
  const there = nearest(folder);
  try {
    probe(there);
  } catch (error) {
    return wrong(
      `The data folder ${folder} cannot be written: ${reasonOf(error)}.`,
      `Give this user the right to write to ${there}, or choose another folder with --data.`,
    );
  }
  return ok(there === folder ? `${folder} can be written.` : `${folder} is not there yet and can be made.`);
}

export const dataFolder: Check = { name: 'data-folder', run: (subject) => [judgeFolder(subject.dataFolder)] };
