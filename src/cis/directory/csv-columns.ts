import type { Person, RoleProfile } from '../protocol.ts';
import { joinList, splitList } from './csv-cells.ts';

// One line for each role profile of a person; one for an organisation without a role; one for a person without either.

type Written = Record<string, unknown>;

/** How a member stands in a cell, and how it is read back. */
interface Column<T> {
  name: string;
  write(of: T): string;
  /** The member as the person's shape takes it; undefined for an empty cell. */
  read(cell: string): unknown;
}

const text = (cell: string): string | undefined => (cell === '' ? undefined : cell);
const list = (cell: string): string[] => splitList(cell).map((entry) => entry.trim());

const words = <T>(name: keyof T & string, empty?: string): Column<T> => ({
  name,
  write: (of) => String(of[name] ?? ''),
  read: (cell) => text(cell) ?? empty,
});

/** `B0825 Amend Patient Demographics`: a code, a blank and a name. */
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

/** Of the person: the same on each of their lines, or empty on all but the first. */
export const personColumns: readonly Column<Person>[] = [
  words('uid'),
  words('persona'),
  words('title'),
  words('givenName'),
  words('middleNames'),
  words('familyName'),
  words('initials'),
  words('displayName'),
  words('email'),
  words('idAssuranceLevel'),
  {
    name: 'authenticators',
    write: ({ authenticators }) => joinList(authenticators),
    read: (cell) => (cell === '' ? undefined : cell === '-' ? [] : list(cell)),
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

/** Of an organisation of the person. */
export const organisationColumns: readonly Column<Person['organisations'][number]>[] = [
  words('orgCode'),
  words('orgName'),
  words('personOrgId'),
  { name: 'member', write: ({ member }) => String(member), read: flag },
  words('gnc'),
];

/** Of a role at that organisation. */
export const roleColumns: readonly Column<Partial<RoleProfile>>[] = [
  words('roleId'),
  words('roleCode'),
  words('roleName'),
  words('orgId'),
  coded('activities'),
  coded('workgroups'),
  coded('areasOfWork'),
];

export const columnNames: readonly string[] = [...personColumns, ...organisationColumns, ...roleColumns].map(
  ({ name }) => name,
);

/** The members that these columns give, without the empty ones. */
export function readColumns(
  columns: readonly Column<never>[],
  cells: Readonly<Record<string, string>>,
): Written {
  const members: Written = {};
  for (const { name, read } of columns) {
    const value = read((cells[name] ?? '').trim());
    if (value !== undefined) members[name] = value;
  }
  return members;
}
