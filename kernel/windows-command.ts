import { statSync } from 'node:fs';
import { join } from 'node:path';
import { environment, OperatorError } from './operator.ts';

// How to start a program on Windows. CreateProcess starts only .com and .exe files. Batch files, such as npm.cmd, are run by cmd.exe,
// which would execute parts of unquoted words (CVE-2024-27980).

/** Arguments of `spawn`. */
export interface Start {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: { readonly windowsVerbatimArguments: boolean };
}

/** File types that can be started without the Windows shell. */
const startable: ReadonlySet<string> = new Set(['.com', '.exe', '.bat', '.cmd']);

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/**
 * Returns the path of a program on the PATH, or of one that is named with a folder; undefined if there is none. As PowerShell does,
 * and cmd.exe does not, it ignores the current folder: a file there could replace a program.
 */
function resolveProgram(name: string): string | undefined {
  const { PATH = '', PATHEXT = '.COM;.EXE;.BAT;.CMD' } = environment();
  const types = PATHEXT.toLowerCase()
    .split(';')
    .filter((type) => startable.has(type));
  const hasType = startable.has(/\.[^.\\/]*$/.exec(name)?.[0].toLowerCase() ?? '');
  const names = [...(hasType ? [name] : []), ...types.map((type) => `${name}${type}`)];
  const folders = /[\\/:]/.test(name) ? [''] : PATH.split(';').filter((folder) => folder !== '');
  for (const folder of folders)
    for (const file of names) {
      const path = join(folder.replaceAll('"', ''), file);
      if (isFile(path)) return path;
    }
  return undefined;
}

/** Returns the backslashes at the end of a text. */
function endSlashes(text: string): string {
  let start = text.length;
  while (text[start - 1] === '\\') start -= 1;
  return text.slice(start);
}

/**
 * Quotes a word for cmd.exe and for the program that the batch file passes it to, as the standard library of Rust does. A doubled
 * quotation mark keeps what follows inside quotation marks. cmd.exe expands `%` also there: `%cd:~,%` is empty and separates it from
 * a name.
 */
export function quoteForBatchFile(word: string): string {
  const parts = word.split('"').map((part) => part + endSlashes(part));
  return `"${parts.join('""').replaceAll('%', '%%cd:~,%')}"`;
}

/** Returns how to start a batch file. cmd.exe removes the outer quotation marks. @throws OperatorError for a line break */
export function batchStart(file: string, args: readonly string[]): Start {
  if (args.some((word) => /[\r\n\0]/.test(word)))
    throw new OperatorError(`${file} is a batch file, which cannot receive a word with a line break.`);
  return {
    file: environment().ComSpec ?? 'cmd.exe',
    args: ['/d', '/e:on', '/v:off', '/s', '/c', `"${[file, ...args].map(quoteForBatchFile).join(' ')}"`],
    options: { windowsVerbatimArguments: true },
  };
}

/** Returns how to start a program on this system so that each word arrives unchanged; undefined if Windows has no such program. */
export function startOf(program: string, args: readonly string[]): Start | undefined {
  const plain = { args, options: { windowsVerbatimArguments: false } };
  if (process.platform !== 'win32') return { file: program, ...plain };
  const file = resolveProgram(program);
  if (file === undefined) return undefined;
  return /\.(?:bat|cmd)$/i.test(file) ? batchStart(file, args) : { file, ...plain };
}
