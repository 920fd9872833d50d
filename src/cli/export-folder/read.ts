import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '@alongside/kernel/json';
import { OperatorError } from '@alongside/kernel/operator';
import type { parse } from 'yaml';
import { fileProblem, jsonObject, readText } from '../json-file.ts';
import type { Progress } from '../progress.ts';
import {
  endingOf,
  fileNameOf,
  filesOf,
  isFile,
  type Kind,
  kindNames,
  limits,
  manifestName,
  type State,
  type Thing,
} from './layout.ts';

/** A state with the file of each entry. */
export interface ReadExport {
  state: State;
  files: Readonly<Record<Kind, readonly string[]>>;
}

/** Counts the files and bytes read. */
class Reader {
  readonly #progress: Progress;
  readonly #parse: typeof parse;
  #files = 0;
  #bytes = 0;

  constructor(progress: Progress, parseYaml: typeof parse) {
    this.#progress = progress;
    this.#parse = parseYaml;
  }

  object(path: string, kind?: Kind): Thing {
    if (!isFile(path)) throw new OperatorError(`${path} is missing.`);
    const { size } = lstatSync(path);
    this.#progress.step('Reading files', this.#files);
    this.#files += 1;
    this.#bytes += size;
    if (size > limits.file) throw new OperatorError(`${path} has more than ${limits.file} bytes.`);
    if (this.#files > limits.files || this.#bytes > limits.whole)
      throw new OperatorError(
        `The export has more than ${limits.files} files or ${limits.whole} bytes: that is too much.`,
      );
    const text = readText(path);
    if (kind === undefined || endingOf(kind) === 'json') return jsonObject(text, path);
    const thing: unknown = this.#parse(text, { maxAliasCount: 0 });
    if (!isObject(thing)) throw new OperatorError(`${path} must hold one mapping.`);
    return thing;
  }
}

function readThings(reader: Reader, folder: string, kind: Kind): Map<string, Thing> {
  const things = new Map<string, Thing>();
  for (const name of filesOf(folder, kind)) {
    const path = join(folder, kind, name);
    const thing = reader.object(path, kind);
    const right = fileNameOf(kind, thing);
    if (right !== name)
      throw new OperatorError(`${path} holds what belongs into ${join(folder, kind, right)}.`);
    things.set(join(kind, name), thing);
  }
  return things;
}

/** Sorts cards by the manifest; unlisted cards are last, like new ones. */
function inOrder(things: Map<string, Thing>, serials: readonly unknown[]): Map<string, Thing> {
  const place = ({ serial }: Thing) => (serials.includes(serial) ? serials.indexOf(serial) : serials.length);
  return new Map([...things].sort(([, one], [, other]) => place(one) - place(other)));
}

function readState(folder: string, progress: Progress, parseYaml: typeof parse): ReadExport {
  const reader = new Reader(progress, parseYaml);
  if (!isFile(join(folder, manifestName)))
    throw new OperatorError(`${folder} is not an export: it has no ${manifestName}.`);
  const { version, cards: serials, cardRecords, apis } = reader.object(join(folder, manifestName));
  if (serials !== null && !Array.isArray(serials))
    throw new OperatorError(`"cards" in ${join(folder, manifestName)} must be a list of serials, or null.`);
  const files = {} as Record<Kind, readonly string[]>;
  const state: Partial<State> = { version: version as number };
  for (const kind of kindNames) {
    if (kind === 'cards' && serials === null) continue;
    if (kind === 'cardRecords' && cardRecords !== true) continue;
    if (kind === 'apis' && apis !== true) continue;
    const read = readThings(reader, folder, kind);
    const things = kind === 'cards' ? inOrder(read, serials as unknown[]) : read;
    files[kind] = [...things.keys()];
    state[kind] = [...things.values()];
  }
  return { state: state as State, files };
}

/**
 * Reads an export. Refuses anything that does not belong in one, including links and names that lead elsewhere, in one sentence.
 */
export async function readExport(folder: string, progress: Progress): Promise<ReadExport> {
  try {
    const { parse } = await import('yaml');
    return readState(folder, progress, parse);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`The export ${folder} cannot be read: ${fileProblem(error)}.`);
  }
}

/** Returns the file and member for a path in the whole state, `people.3.roles` -> `people/656005750104.json: roles`. */
export function placeIn({ files }: ReadExport, field: string): string {
  const [kind = '', index = '', ...rest] = field.split('.');
  const file = files[kind as Kind]?.[Number(index)];
  if (file === undefined) return field;
  return rest.length === 0 ? file : `${file}: ${rest.join('.')}`;
}
