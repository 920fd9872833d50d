import { lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import { type StateFile, stopRequestOf } from '../state-file.ts';

// `alongside stop` asks an instance to stop by a file beside its state file: without signals, which Windows lacks, without a port, and
// with no more rights than those of the folder, which also has the keys.

/** Whether this process's user wrote a file; on Windows, where files have no owner here, the folder decides. */
const isOurs = (file: string): boolean => {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found?.isFile() === true && (process.platform === 'win32' || found.uid === process.getuid?.());
};

/** Asks the instance of a state file to stop. Throws if the request cannot be written. */
export function askToStop({ stateFile, pid }: Pick<StateFile, 'stateFile' | 'pid'>): void {
  const file = stopRequestOf(stateFile);
  try {
    rmSync(file, { force: true });
    writeFileSync(file, `${pid}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new OperatorError(
      `The request ${file} cannot be written: ${reasonOf(error)}. Remove what is there, or stop process ${pid} by a signal.`,
    );
  }
}

/** Takes a request back that was not followed. */
export const withdrawStop = (stateFile: string): void => rmSync(stopRequestOf(stateFile), { force: true });

/** Whether the user asked this instance to stop. The request is removed; one for another process, or by another user, does not count. */
export function isAskedToStop({ stateFile, pid }: Pick<StateFile, 'stateFile' | 'pid'>): boolean {
  const file = stopRequestOf(stateFile);
  try {
    if (!isOurs(file) || readFileSync(file, 'utf8') !== `${pid}\n`) return false;
    rmSync(file, { force: true });
    return true;
  } catch {
    return false; // for example removed meanwhile
  }
}
