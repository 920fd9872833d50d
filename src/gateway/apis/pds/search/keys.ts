import { type Statement, sql } from '../../../../storage/database.ts';
import type { HumanName, PatientRecord } from '../patient.ts';
import { bornWithin, type Criteria } from './criteria.ts';
import { fold, searchedNames, soundex } from './match.ts';

/** Kinds of a key: a family name, and the sound of a family or a given name; of a former name in upper case. */
type KeyKind = 'f' | 's' | 'g' | 'F' | 'S' | 'G';

/** A key by which a search finds a record, besides its date of birth. */
export interface SearchKey {
  readonly kind: KeyKind;
  readonly key: string;
}

/** A name without letters sounds like itself. */
export const soundOf = (name: string): string => soundex(fold(name)) || `=${fold(name)}`;

function nameKeys(names: readonly HumanName[], isFormer: boolean): SearchKey[] {
  const kind = (name: 'f' | 's' | 'g') => (isFormer ? (name.toUpperCase() as KeyKind) : name);
  return names.flatMap(({ family, given = [] }) => [
    { kind: kind('f'), key: fold(family) },
    { kind: kind('s'), key: soundOf(family) },
    ...given.map((one) => ({ kind: kind('g'), key: soundOf(one) })),
  ]);
}

interface StoredKey extends SearchKey {
  readonly birthDate: string;
  readonly nhsNumber: string;
}

const textOf = ({ kind, key, birthDate }: StoredKey): string => JSON.stringify([kind, key, birthDate]);

/** Returns the keys of a record, by their text. A record without date of birth is never found. */
function keysOf({ patient, history }: PatientRecord): Map<string, StoredKey> {
  const { id: nhsNumber, birthDate, name = [] } = patient;
  if (birthDate === undefined) return new Map();
  const current = name.filter(({ use }) => searchedNames.includes(use));
  const keys = [...nameKeys(current, false), ...nameKeys(history.name, true)];
  return new Map(
    keys.map((key) => ({ ...key, birthDate, nhsNumber })).map((stored) => [textOf(stored), stored]),
  );
}

function addStatement(keys: readonly StoredKey[]): Statement {
  const rows = keys.map(() => '(?, ?, ?, ?)').join(', ');
  return sql(
    `INSERT INTO patient_key (kind, key, birth_date, nhs_number) VALUES ${rows} ON CONFLICT DO NOTHING`,
    ...keys.flatMap(({ kind, key, birthDate, nhsNumber }) => [kind, key, birthDate, nhsNumber]),
  );
}

/** Returns the statements for the keys that a change adds and removes: none for most changes. */
export function keyStatements(before: PatientRecord | undefined, after: PatientRecord): Statement[] {
  const old = before ? keysOf(before) : new Map<string, StoredKey>();
  const now = keysOf(after);
  const removed = [...old].filter(([text]) => !now.has(text));
  const added = [...now].filter(([text]) => !old.has(text)).map(([, key]) => key);
  return [
    ...removed.map(([, { kind, key, birthDate, nhsNumber }]) =>
      sql(
        'DELETE FROM patient_key WHERE kind = ? AND key = ? AND birth_date = ? AND nhs_number = ?',
        kind,
        key,
        birthDate,
        nhsNumber,
      ),
    ),
    ...(added.length > 0 ? [addStatement(added)] : []),
  ];
}

/** The largest code point, which ends every range of keys with one beginning. */
export const lastKey = '\u{10ffff}';

const former = (kind: 'f' | 's' | 'g', isSearched: boolean): string[] =>
  isSearched ? [kind, kind.toUpperCase()] : [kind];

function rangeStatement(
  kinds: readonly string[],
  [from, to]: readonly [string, string],
  criteria: Criteria,
  most: number,
): Statement {
  const { from: first, to: lastDay } = bornWithin(criteria);
  const parts = kinds.map(
    () =>
      `SELECT nhs_number FROM patient_key WHERE kind = ? AND ${from === to ? 'key = ?' : 'key >= ? AND key < ?'} AND birth_date >= ? AND birth_date <= ?`,
  );
  const bounds = from === to ? [from] : [from, to];
  return sql(
    `SELECT DISTINCT nhs_number FROM (${parts.join(' UNION ALL ')}) AS found LIMIT ?`,
    ...kinds.flatMap((kind) => [kind, ...bounds, first, lastDay]),
    most,
  );
}

/** Returns the statements that find the numbers of all records that may match, and some that do not. */
export function candidateStatements(criteria: Criteria, most: number): Statement[] {
  const { fuzzy, history, family, given } = criteria;
  const equal = (kind: 'f' | 's' | 'g', key: string) =>
    rangeStatement(former(kind, fuzzy || history), [key, key], criteria, most);
  if (!fuzzy) {
    const [head = '', ...rest] = fold(family ?? '').split('*');
    return rest.length === 0
      ? [equal('f', head)]
      : [rangeStatement(former('f', history), [head, head + lastKey], criteria, most)];
  }
  if (family === undefined) return [equal('g', soundOf(given[0] ?? ''))];
  // Also with family and given name swapped.
  return [equal('s', soundOf(family)), ...(given.length > 0 ? [equal('g', soundOf(family))] : [])];
}
