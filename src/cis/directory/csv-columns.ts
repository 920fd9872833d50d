import type { Person, RoleProfile } from '../protocol.ts';

const formula = /^[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\t\r']/;

/** Prefixes a formula with an apostrophe, so that no spreadsheet runs it. */
const escapeFormula = (value: string): string => (formula.test(value) ? `'${value}` : value);

/** Removes the apostrophe before a formula. */
export const unescapeFormula = (cell: string): string =>
  /^'[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\t\r']/.test(cell) ? cell.slice(1) : cell;

/** Writes a cell, quoted if necessary (RFC 4180). */
export function writeCell(value: string): string {
  const cell = escapeFormula(value);
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

const escapePart = (part: string): string => part.replace(/[\\|]/g, (character) => `\\${character}`);

/** Writes a list in one cell, separated by `|`. */
export const joinList = (entries: readonly string[]): string => entries.map(escapePart).join('|');

export function splitList(cell: string): string[] {
  if (cell.trim() === '') return [];
  const entries = [''];
  for (let at = 0; at < cell.length; at++) {
    const character = cell[at] ?? '';
    if (character === '|') entries.push('');
    else if (character === '\\') entries[entries.length - 1] += cell[++at] ?? '';
    else entries[entries.length - 1] += character;
  }
  return entries;
}

// A file has one line for each role profile, for each organisation without a role, and for each person without either.

/** A column: writes a member to a cell and reads it back. */
interface Column<T> {
  name: string;
  write(of: T): string;
  /** Returns the member for the shape of a person; undefined for an empty cell. */
  read(cell: string): unknown;
}

const text = (cell: string): string | undefined => (cell === '' ? undefined : cell);
const list = (cell: string): string[] => splitList(cell).map((entry) => entry.trim());

const textColumn = <T>(name: keyof T & string): Column<T> => ({
  name,
  write: (of) => String(of[name] ?? ''),
  read: text,
});

/** A code, a space and a name: `B0825 Amend Patient Demographics`. */
const coded = (name: 'activities' | 'workgroups' | 'areasOfWork'): Column<Partial<RoleProfile>> => ({
  name,
  write: (of) => joinList((of[name] ?? []).map((entry) => `${entry.code} ${entry.name}`)),
  read: (cell) =>
    list(cell).map((entry) => {
      const [code = '', ...rest] = entry.split(' ');
      return { code, name: rest.join(' ') };
    }),
});

const flags: Readonly<Record<string, boolean | undefined>> = { '': undefined, true: true, false: false };
const flag = (cell: string): unknown => {
  const word = cell.toLowerCase();
  return Object.hasOwn(flags, word) ? flags[word] : cell;
};

/** Columns of the person: equal on each of their lines, or empty after the first. */
export const personColumns: readonly Column<Person>[] = [
  textColumn('uid'),
  textColumn('persona'),
  textColumn('title'),
  textColumn('givenName'),
  textColumn('middleNames'),
  textColumn('familyName'),
  textColumn('initials'),
  textColumn('displayName'),
  textColumn('email'),
  textColumn('idAssuranceLevel'),
  {
    name: 'authenticators',
    write: ({ authenticators }) => joinList(authenticators),
    read(cell) {
      if (cell === '') return undefined;
      return cell === '-' ? [] : list(cell);
    },
  },
  {
    // `gmc=GMC123|nmc=NMC123`
    name: 'professionalIds',
    write: ({ professionalIds }) =>
      joinList(Object.entries(professionalIds).map(([kind, id]) => `${kind}=${id}`)),
    read: (cell) =>
      cell === ''
        ? undefined
        : Object.fromEntries(
            list(cell).map((entry) => {
              const [kind = '', ...id] = entry.split('=');
              return [kind, id.join('=')];
            }),
          ),
  },
  { name: 'disabled', write: ({ disabled }) => String(disabled), read: flag },
];

export const organisationColumns: readonly Column<Person['organisations'][number]>[] = [
  textColumn('orgCode'),
  textColumn('orgName'),
  textColumn('personOrgId'),
  { name: 'member', write: ({ member }) => String(member), read: flag },
  textColumn('gnc'),
];

export const roleColumns: readonly Column<Partial<RoleProfile>>[] = [
  textColumn('roleId'),
  textColumn('roleCode'),
  textColumn('roleName'),
  textColumn('orgId'),
  coded('activities'),
  coded('workgroups'),
  coded('areasOfWork'),
];

export const columnNames: readonly string[] = [...personColumns, ...organisationColumns, ...roleColumns].map(
  ({ name }) => name,
);

/** Reads the members of these columns, without empty ones. */
export function readColumns(
  columns: readonly Column<never>[],
  cells: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const { name, read } of columns) {
    const value = read((cells[name] ?? '').trim());
    if (value !== undefined) members[name] = value;
  }
  return members;
}
