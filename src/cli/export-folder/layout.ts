import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isMissing, OperatorError } from '@alongside/kernel/operator';

export type Thing = Record<string, unknown>;

/** The state of an installation, as the console exports and imports it. */
export interface State {
  version: number;
  products: Thing[];
  applications: Thing[];
  people: Thing[];
  /** APIs by definition; undefined in older exports. */
  apis?: Thing[];
  patients: Thing[];
  /** The oldest first; undefined for an export without cards. */
  cards?: Thing[];
  /** CIS's card records; undefined in older exports. */
  cardRecords?: Thing[];
}

export type Kind = Exclude<keyof State, 'version'>;

const member = (name: string) => (thing: Thing) => thing[name];

/** The folders of an export, with a file for each thing, named after its id. */
const kinds: Readonly<Record<Kind, (thing: Thing) => unknown>> = {
  products: member('name'),
  applications: member('id'),
  people: member('uid'),
  apis: member('name'),
  patients: ({ patient }) => (patient as Thing | undefined)?.id,
  cards: member('serial'),
  cardRecords: member('serial'),
};

export const kindNames = Object.keys(kinds) as Kind[];

/** The file that describes the folder: `version`, the `cards` from the oldest, and whether it has `cardRecords`. */
export const manifestName = 'alongside.json';

/** Limits for the files and bytes of an export. */
export const limits = { files: 100_000, file: 1_048_576, whole: 67_108_864 };

/**
 * Returns the file name of an entry. A capital letter is preceded by a plus sign, because some file systems ignore case. Throws
 * for a name that could lead out of the folder.
 */
export function fileNameOf(kind: Kind, thing: Thing): string {
  const name = kinds[kind](thing);
  if (typeof name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name))
    throw new OperatorError(
      `${JSON.stringify(name)?.slice(0, 120)} cannot be the name of a file in ${kind}.`,
    );
  return `${name.replace(/[A-Z]/g, (letter) => `+${letter.toLowerCase()}`)}.${endingOf(kind)}`;
}

/** Returns whether a file exists; refuses a link or anything else in its place, which could lead elsewhere. */
export function isFile(path: string): boolean {
  try {
    if (lstatSync(path).isFile()) return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  throw new OperatorError(`${path} is not a plain file.`);
}

/** Returns whether a folder exists; refuses a link or anything else in its place. */
export function isFolder(path: string): boolean {
  try {
    if (lstatSync(path).isDirectory()) return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  throw new OperatorError(`${path} is not a plain folder.`);
}

/** Definitions are YAML, so that their files stay readable. */
export const endingOf = (kind: Kind): 'json' | 'yaml' => (kind === 'apis' ? 'yaml' : 'json');

/** Returns the files of a kind in order; none without a folder. Ignores hidden system files. */
export function filesOf(whole: string, kind: Kind): string[] {
  const folder = join(whole, kind);
  if (!isFolder(folder)) return [];
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  const foreign = names.find((name) => !name.endsWith(`.${endingOf(kind)}`));
  if (foreign !== undefined) throw new OperatorError(`${join(folder, foreign)} is not part of an export.`);
  return names.sort();
}
