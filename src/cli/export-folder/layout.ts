import { OperatorError } from '@alongside/kernel/operator';

export type Thing = Record<string, unknown>;

/** The state of an installation as the console exports and imports it. */
export interface State {
  version: number;
  products: Thing[];
  applications: Thing[];
  people: Thing[];
  patients: Thing[];
  /** The oldest first; undefined when the cards are not part of it. */
  cards?: Thing[];
  /** What CIS knows of cards; undefined in an export of before it was part of it. */
  cardRecords?: Thing[];
}

export type Kind = Exclude<keyof State, 'version'>;

const member = (name: string) => (thing: Thing) => thing[name];

/** The folders of an export: a file for each thing, called by what names it. */
const kinds: Readonly<Record<Kind, (thing: Thing) => unknown>> = {
  products: member('name'),
  applications: member('id'),
  people: member('uid'),
  patients: ({ patient }) => (patient as Thing | undefined)?.id,
  cards: member('serial'),
  cardRecords: member('serial'),
};

export const kindNames = Object.keys(kinds) as Kind[];

/** The file that says what the folder is: `version`, the `cards` from the oldest on, and whether `cardRecords` are part of it. */
export const manifestName = 'alongside.json';

/** Files and bytes of an export. */
export const limits = { files: 100_000, file: 1_048_576, whole: 67_108_864 };

/**
 * The file of a thing. A capital letter gets a plus sign before it, for some file systems do not tell `A` from `a`.
 * Throws for a name that could lead out of the folder.
 */
export function fileNameOf(kind: Kind, thing: Thing): string {
  const name = kinds[kind](thing);
  if (typeof name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name))
    throw new OperatorError(
      `${JSON.stringify(name)?.slice(0, 120)} cannot be the name of a file in ${kind}.`,
    );
  return `${name.replace(/[A-Z]/g, (letter) => `+${letter.toLowerCase()}`)}.json`;
}
