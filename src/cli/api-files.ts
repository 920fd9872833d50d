import { existsSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
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

/** Creates an error at the place that led to a file. */
type Fail = (sentence: string) => Error;

const failed: Fail = (sentence) => new OperatorError(sentence);

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

  has(name: string): boolean {
    return existsSync(join(this.#root, name));
  }

  /** Returns the path of a file as references name it; undefined for one outside. */
  nameOf(file: string): string | undefined {
    return isOutside(this.#root, resolve(file)) ? undefined : inPosix(relative(this.#root, resolve(file)));
  }

  /** Reads a file unless it is missing. */
  read(name: string, fail: Fail): boolean {
    const path = join(this.#root, name);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
    const real = realpathSync(path);
    if (isOutside(this.#real, real))
      throw fail(`${path} is a link that leads out of ${this.#root}. Name a folder above both with --root.`);
    this.take(name, real, fail);
    return true;
  }

  /** Reads a file from anywhere under a name. */
  take(name: string, path: string, fail: Fail): void {
    this.#bytes += statSync(path).size;
    if (this.#bytes > sourceLimits.bytes)
      throw fail(`The definition has more than ${sourceLimits.bytes} bytes with ${path}.`);
    this.files[name] = readText(path);
  }
}

function checkFile(file: string): void {
  try {
    if (!statSync(file).isFile()) throw new Error('it is not a file');
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: ${fileProblem(error)}.`);
  }
}

/**
 * Reads an extension from outside the folder, under a name that no file of the folder has. That name has another folder than the file,
 * so its references may lead only into itself.
 */
async function takeOutside(folder: Folder, file: string): Promise<string> {
  let name = `extension/${basename(file)}`;
  while (folder.has(name)) name = `extension-${name}`;
  folder.take(name, file, failed);
  const source = await Source.read({ entry: name, files: { [name]: folder.files[name] ?? '' } });
  for (const at of source.filesNamedIn(name).values())
    throw source.fail(
      `A reference of ${file} leads to another file, and ${file} is not in the folder of the definition. Name a folder above both with --root.`,
      at,
      '$ref',
    );
  return name;
}

/**
 * Reads a definition and the files that it refers to. References outside of the folder are refused, also by a link; only the extension
 * itself may be anywhere, because the caller names it. Missing files are left out: the definition is read with a warning for each.
 */
export async function gatherFiles(
  file: string,
  options: { root?: string | undefined; extension?: string | undefined },
): Promise<GatheredFiles> {
  checkFile(file);
  const root = resolve(options.root ?? dirname(file));
  const folder = new Folder(root);
  const entry = folder.nameOf(file);
  if (entry === undefined)
    throw new OperatorError(`${file} is not in ${root}. Name a folder above it with --root.`);
  const open = new Map<string, Fail>([[entry, failed]]);
  let extension: string | undefined;
  if (options.extension !== undefined) {
    checkFile(options.extension);
    extension = folder.nameOf(options.extension);
    if (extension === undefined) extension = await takeOutside(folder, options.extension);
    else open.set(extension, failed);
  }
  for (const [name, fail] of open) {
    if (!folder.read(name, fail)) continue;
    const source = await Source.read({ entry: name, files: { [name]: folder.files[name] ?? '' } });
    for (const [other, at] of source.filesNamedIn(name))
      if (!open.has(other)) open.set(other, (sentence) => source.fail(sentence, at, '$ref'));
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
