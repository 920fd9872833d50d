import { type Database, type Statement, sql } from '../../storage/database.ts';
import { jobRoleOf, type NameOrder, nameKeyOf, scopeOf, searchKey } from '../../storage/person-keys.ts';
import { row, text } from '../../storage/row.ts';
import { invalidField } from '../json-body.ts';
import type { Person } from '../protocol.ts';

/** Values of a search. Empty ones do not restrict it. */
export interface PeopleFilter {
  /** The beginning of a family or given name, a whole uid, or a persona. */
  q: string;
  /** ODS code. */
  organisation: string;
  /** A job role, `R8001`, or a whole role code. */
  role: string;
}

/** A row of `person_key`, and where a page continues. */
export interface KeyPosition {
  order: NameOrder;
  key: string;
  uid: string;
}

const keyRow = row('person_key', { key: text, uid: text });
const latestRow = row('person_latest', { uid: text });

/** Longer texts are in no name. */
const longestText = 200;
/** Comes before the uid of every person. */
export const firstUid = '000000000000';

const positionPattern = /^(family|given) (\d{12}) (.{0,400})$/u;

/** Returns a text of a query without characters that no stored name has, such as NUL, which PostgreSQL refuses. */
export const visibleText = (text: string): string => text.replaceAll(/\p{C}/gu, '').trim();

/** Reads the filter of a request; undefined without one. */
export function readFilter(query: URLSearchParams): PeopleFilter | undefined {
  const names = ['q', 'organisation', 'role'] as const;
  if (names.every((name) => !query.has(name))) return undefined;
  const given = (name: (typeof names)[number]) => {
    const value = visibleText(query.get(name) ?? '');
    if (value.length > longestText) throw invalidField(name, `must have at most ${longestText} characters`);
    return value;
  };
  return {
    q: given('q'),
    organisation: given('organisation').toUpperCase(),
    role: jobRoleOf(given('role').toUpperCase()),
  };
}

export const isEmptyFilter = ({ q, organisation, role }: PeopleFilter): boolean =>
  q === '' && organisation === '' && role === '';

export const isUid = (q: string): boolean => /^\d{12}$/.test(q);

export const textOfPosition = ({ order, uid, key }: KeyPosition): string => `${order} ${uid} ${key}`;

/** Reads where a page continues; undefined for the first page. */
export function readPosition(after: string): KeyPosition | undefined {
  if (after === '') return undefined;
  const [, order, uid, key] = positionPattern.exec(after) ?? [];
  if (order === undefined || uid === undefined || key === undefined)
    throw invalidField('after', 'must be "next" of the previous page');
  return { order: order as NameOrder, uid, key };
}

/** Returns whether a person is at this organisation in this role. */
export const fits = (
  { organisations, roles }: Pick<Person, 'organisations' | 'roles'>,
  { organisation, role }: Pick<PeopleFilter, 'organisation' | 'role'>,
): boolean =>
  role === ''
    ? organisation === '' || [...organisations, ...roles].some(({ orgCode }) => orgCode === organisation)
    : roles.some(
        ({ orgCode, roleCode }) =>
          jobRoleOf(roleCode) === role && (organisation === '' || orgCode === organisation),
      );

/** Whether a person is found by family name, so that the given name need not find them again. */
export const isFoundByFamilyName = (person: Person, prefix: string): boolean =>
  nameKeyOf(person, 'family').startsWith(prefix);

/** Returns the statement for keys of a scope that begin with the prefix, after this one. */
function keysStatement(
  { organisation, role }: PeopleFilter,
  prefix: string,
  { order, key, uid }: KeyPosition,
  limit: number,
): Statement {
  return sql(
    `SELECT key, uid FROM person_key WHERE scope = ? AND (key, uid) > (?, ?) AND key < ?
     ORDER BY key, uid LIMIT ?`,
    scopeOf(order, organisation, role),
    key,
    uid,
    // The last character of Unicode, which no name has.
    `${prefix}\u{10ffff}`,
    limit,
  );
}

/**
 * Returns keys of the people whom a filter finds, those by family name before those by given name, and where to continue. Each reads
 * one range of an index. A text without letters and digits finds nobody.
 */
export async function findKeys(
  database: Database,
  filter: PeopleFilter,
  after: KeyPosition | undefined,
  limit: number,
): Promise<KeyPosition[]> {
  const prefix = searchKey(filter.q);
  if (prefix === '' && filter.q !== '') return [];
  const found: KeyPosition[] = [];
  // Without a text, every person has a family name that begins so.
  const orders: readonly NameOrder[] = prefix === '' ? ['family'] : ['family', 'given'];
  for (const order of orders.slice(orders.indexOf(after?.order ?? 'family'))) {
    const from = after?.order === order ? after : { order, key: prefix, uid: '' };
    const rows = await database.all(keysStatement(filter, prefix, from, limit - found.length), keyRow);
    found.push(...rows.map(({ key, uid }) => ({ order, key, uid })));
    if (found.length >= limit) break;
  }
  return found;
}

/** Returns the uids of people who were added or changed last, newest first. Some may have been removed since. */
export async function lastChanged(database: Database): Promise<string[]> {
  const rows = await database.all(sql('SELECT uid FROM person_latest ORDER BY seq DESC'), latestRow);
  return [...new Set(rows.map(({ uid }) => uid))];
}
