import { existsSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import { makeFolder, OperatorError } from '@alongside/kernel/operator';
import { Source } from '../gateway/definitions/source.ts';
import { sourceLimits } from '../gateway/protocol.ts';
import type { CallBody } from '../kit/console-api.ts';
import { fileProblem, jsonObject, readText } from './json-file.ts';

export interface GatheredFiles {
  entry: string;
  files: Record<string, string>;
  extension?: string;
}

const inPosix = (path: string): string => path.split(sep).join(posix.sep);

/** Returns whether a path is not below a folder. Paths on two drives of Windows have no relative one. */
function isOutside(folder: string, path: string): boolean {
  const name = relative(folder, path);
  return name === '' || name === '..' || name.startsWith(`..${sep}`) || isAbsolute(name);
}

/** Reads files below one folder, and refuses those that a link leads out of it. */
class Folder {
  readonly #root: string;
  readonly #real: string;
  readonly files: Record<string, string> = {};
  #bytes = 0;

  constructor(root: string) {
    if (!statSync(root, { throwIfNoEntry: false })?.isDirectory())
      throw new OperatorError(`${root} is not a folder. Name another with --root.`);
    this.#root = root;
    this.#real = realpathSync(root);
  }

  /** Returns the path of a file as references name it. */
  nameOf(file: string): string {
    if (isOutside(this.#root, resolve(file)))
      throw new OperatorError(`${file} is not in ${this.#root}. Name a folder above it with --root.`);
    return inPosix(relative(this.#root, resolve(file)));
  }

  /** Reads a file unless it is missing. */
  read(name: string): boolean {
    const path = join(this.#root, name);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
    const real = realpathSync(path);
    if (isOutside(this.#real, real))
      throw new OperatorError(
        `${path} is a link that leads out of ${this.#root}. Name a folder above both with --root.`,
      );
    const { size } = statSync(real);
    this.#bytes += size;
    if (this.#bytes > sourceLimits.bytes)
      throw new OperatorError(`The definition has more than ${sourceLimits.bytes} bytes with ${path}.`);
    this.files[name] = readFileSync(real, 'utf8');
    return true;
  }
}

/**
 * Reads a definition and the files that it refers to. References outside of the folder are refused, also by a link. Missing files are
 * left out: the definition is read with a warning for each.
 */
export async function gatherFiles(
  file: string,
  options: { root?: string | undefined; extension?: string | undefined },
): Promise<GatheredFiles> {
  try {
    if (!statSync(file).isFile()) throw new Error('it is not a file');
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: ${fileProblem(error)}.`);
  }
  const folder = new Folder(resolve(options.root ?? dirname(file)));
  const entry = folder.nameOf(file);
  const open = [entry];
  const extension = options.extension === undefined ? undefined : folder.nameOf(options.extension);
  if (extension !== undefined) open.push(extension);
  for (let at = 0; at < open.length; at++) {
    const name = open[at] ?? '';
    const isThere = folder.read(name);
    if (!isThere && (name === entry || name === extension))
      throw new OperatorError(`There is no file ${name}.`);
    if (!isThere) continue;
    const source = await Source.read({ entry: name, files: { [name]: folder.files[name] ?? '' } });
    for (const other of source.filesNamedIn(name)) if (!open.includes(other)) open.push(other);
  }
  return { entry, files: folder.files, ...(extension === undefined ? {} : { extension }) };
}

/** Writes the files of a definition into a folder, without replacing others. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(files)) {
    const path = join(folder, name);
    if (!resolve(path).startsWith(resolve(folder) + sep))
      throw new OperatorError(`${name} leads out of the folder.`);
    if (existsSync(path) && readFileSync(path, 'utf8') !== files[name])
      throw new OperatorError(`${path} exists with other content. Choose another folder.`);
  }
  for (const [name, text] of Object.entries(files)) {
    makeFolder(dirname(join(folder, name)));
    writeFileSync(join(folder, name), text);
  }
}

export const recordedFile = (folder: string): string => join(folder, 'recorded.json');

export const writeRecorded = (folder: string, examples: readonly object[]): void => {
  makeFolder(folder);
  writeFileSync(recordedFile(folder), `${JSON.stringify({ examples }, null, 2)}\n`);
};

/** Returns the recorded responses of a folder, which the console checks. */
export const readRecorded = (folder: string): CallBody<'POST', '/apis'>['examples'] =>
  jsonObject<{ examples: CallBody<'POST', '/apis'>['examples'] }>(
    readText(recordedFile(folder), 16_777_216),
    recordedFile(folder),
  ).examples;
