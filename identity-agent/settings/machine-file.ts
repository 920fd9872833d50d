import { statSync } from 'node:fs';
import { reasonOf } from '@alongside/kernel/errors';
import { isMissing } from '@alongside/kernel/operator';
import { changeableBy, readAccess } from '@alongside/kernel/windows-access';

// A file of this machine decides the sessions of all users: it names modules that run in them, and the servers that they trust.

const parentOf = (path: string): string => path.replace(/[\\/][^\\/]*$/, '');

/** Returns the mode of a file; undefined if it is missing. */
function modeOf(file: string): number | undefined {
  try {
    return statSync(file).mode;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new Error(`cannot be looked at: ${reasonOf(error)}`);
  }
}

/** Checks the file and both of its folders, which anyone could create below `C:\ProgramData`. */
export function windowsProblem(file: string, read = readAccess): string | undefined {
  const paths = [file, parentOf(file), parentOf(parentOf(file))];
  const accesses = read(paths)?.accesses;
  if (accesses === undefined) return 'is refused: its owner cannot be read';
  const [problem] = accesses.flatMap((access, index) => {
    const reason = changeableBy(access, index === 0 ? 'file' : 'folder');
    return reason === undefined ? [] : [`is refused: ${paths[index]} ${reason}`];
  });
  return problem;
}

/** Returns why other users than administrators could have written a file of this machine; undefined if they could not. */
export function machineFileProblem(file: string): string | undefined {
  const mode = modeOf(file);
  if (mode === undefined) return undefined;
  if (process.platform === 'win32') return windowsProblem(file);
  return (mode & 0o022) === 0 ? undefined : 'can be written by others than its owner';
}
