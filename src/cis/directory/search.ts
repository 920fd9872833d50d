import { type Database, type Statement, sql } from '../../storage/database.ts';
import { jobRoleOf, type NameOrder, nameKeyOf, scopeOf, searchKey } from '../../storage/person-keys.ts';
import { row, text } from '../../storage/row.ts';
import type { Person } from '../protocol.ts';
import { invalidField } from '../shapes.ts';

/** Values of a search. Empty ones do not restrict it. */
export interface PeopleFilter {
  /** The beginning of a family or given name, a whole uid, or a persona. */
  q: string;
  /** ODS code. */
  organisation: string;
  /** A job role, `R8001`, or a whole role code. */
  role: string;
  /** ODS codes to which the caller is limited; undefined without a limit. */
  within?: readonly string[] | undefined;
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
const maxTextLength = 200;
const maxWithinLength = 8_000;
/** Comes before the uid of every person. */
export const firstUid = '000000000000';

const positionPattern = /^(family|given) (\d{12}) (.{0,400})$/u;

/** Returns a text of a query without characters that no stored name has, such as NUL, which PostgreSQL refuses. */
export const visibleText = (text: string): string => text.replaceAll(/\p{C}/gu, '').trim();

/** Reads the filter of a request; undefined without one. */
export function readFilter(query: URLSearchParams): PeopleFilter | undefined {
  const names = ['q', 'organisation', 'role'] as const;
  const within = query.get('within')?.slice(0, maxWithinLength).split(',');
  if (!within && names.every((name) => !query.has(name))) return undefined;
  const given = (name: (typeof names)[number]) => {
    const value = visibleText(query.get(name) ?? '');
    if (value.length > maxTextLength)
      throw invalidField(name, `must have at most ${maxTextLength} characters`);
    return value;
  };
  return {
    q: given('q'),
    organisation: given('organisation').toUpperCase(),
    role: jobRoleOf(given('role').toUpperCase()),
    within,
  };
}

export const isEmptyFilter = ({ q, organisation, role, within }: PeopleFilter): boolean =>
  q === '' && organisation === '' && role === '' && within === undefined;

/** Returns the organisations of a filter; undefined for all. */
function organisationsOf({ organisation, within }: Omit<PeopleFilter, 'q'>): readonly string[] | undefined {
  if (organisation === '') return within;
  return within === undefined || within.includes(organisation) ? [organisation] : [];
}

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
export function fits(
  { organisations, roles }: Pick<Person, 'organisations' | 'roles'>,
  filter: Omit<PeopleFilter, 'q'>,
): boolean {
  const codes = organisationsOf(filter);
  const isThere = ({ orgCode }: { orgCode: string }) => codes?.includes(orgCode) ?? true;
  return filter.role === ''
    ? codes === undefined || [...organisations, ...roles].some(isThere)
    : roles.some((held) => jobRoleOf(held.roleCode) === filter.role && isThere(held));
}

/** Whether a person is found by family name, so that the given name need not find them again. */
export const isFoundByFamilyName = (person: Person, prefix: string): boolean =>
  nameKeyOf(person, 'family').startsWith(prefix);

/** Returns the statement for keys of these scopes that begin with the prefix, after this one. Each scope is one range of the index. */
function keysStatement(
  scopes: readonly string[],
  prefix: string,
  { key, uid }: KeyPosition,
  limit: number,
): Statement {
  // The last character of Unicode, which no name has.
  const end = `${prefix}\u{10ffff}`;
  const range = `SELECT key, uid FROM person_key WHERE scope = ? AND (key, uid) > (?, ?) AND key < ?
     ORDER BY key, uid LIMIT ?`;
  const values = scopes.flatMap((scope) => [scope, key, uid, end, limit]);
  if (scopes.length === 1) return sql(range, ...values);
  // UNION joins the keys of a person who is at several organisations.
  const parts = scopes.map((_, index) => `SELECT key, uid FROM (${range}) AS part${index}`);
  return sql(`${parts.join(' UNION ')} ORDER BY key, uid LIMIT ?`, ...values, limit);
}

/**
 * Returns keys of the people whom a filter finds, those by family name before those by given name, and where to continue. Each reads
 * one range of an index. A text without letters and digits has no results.
 */
export async function findKeys(
  database: Database,
  filter: PeopleFilter,
  after: KeyPosition | undefined,
  limit: number,
): Promise<KeyPosition[]> {
  const prefix = searchKey(filter.q);
  if (prefix === '' && filter.q !== '') return [];
  const codes = organisationsOf(filter) ?? [''];
  if (codes.length === 0) return [];
  const found: KeyPosition[] = [];
  // Without a text, every person has a family name that begins so.
  const orders: readonly NameOrder[] = prefix === '' ? ['family'] : ['family', 'given'];
  for (const order of orders.slice(orders.indexOf(after?.order ?? 'family'))) {
    const from = after?.order === order ? after : { order, key: prefix, uid: '' };
    const scopes = codes.map((code) => scopeOf(order, code, filter.role));
    const rows = await database.all(keysStatement(scopes, prefix, from, limit - found.length), keyRow);
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
