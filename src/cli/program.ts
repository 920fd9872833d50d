import { realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { isSea } from 'node:sea';
import { environment } from '@alongside/kernel/operator';

/** Quotes a word for a shell, if needed. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./\\-]+$/.test(word)) return word;
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}

const isOnPath = (folder: string): boolean => (environment().PATH ?? '').split(delimiter).includes(folder);

/** Returns how a user types this program, after how it was started: by npm, as an installed program, or by Node. */
export function programWords(): string {
  const { npm_execpath: npm } = environment();
  const script = process.argv[1] ?? '';
  const program = isSea() ? process.execPath : script;
  if (npm !== undefined && !isSea()) return 'npx alongside';
  if (/^alongside(\.exe)?$/.test(basename(program)) && isOnPath(dirname(program))) return 'alongside';
  if (isSea()) return shellWord(program);
  const launcher = script.endsWith('.ts') ? join(dirname(script), '../../scripts/alongside.mjs') : script;
  return `node ${shellWord(launcher)}`;
}

const real = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
};

/** Returns the flags with which another command finds an instance from the folder of the user; none if it is the default one. */
export function selectingFlags(stateFile: string): string {
  // npm start changes to the clone's folder.
  const folder = environment().INIT_CWD ?? '.';
  const isDefault = real(stateFile) === real(join(folder, '.alongside', 'state.json'));
  return isDefault ? '' : ` --state ${shellWord(resolve(stateFile))}`;
}
