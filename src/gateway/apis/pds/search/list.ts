import { type Database, sql } from '../../../../storage/database.ts';
import { integer, row, text } from '../../../../storage/row.ts';
import type { PatientRecord } from '../patient.ts';
import { confidentialityOf } from '../redaction.ts';
import { isDay } from '../shape.ts';
import { recordOf } from '../store.ts';
import { lastKey, soundOf } from './keys.ts';
import { fold, searchedNames } from './match.ts';

const patientColumns = { nhs_number: text, version: integer, body: text, birth_date: text };
const patientRow = row('patient', patientColumns);
const keyedRow = row('patient patient_key', { ...patientColumns, key: text });
const columns = 'p.nhs_number, p.version, p.body, p.birth_date';

/** Number of records read at a time, and maximum number for one page. */
const atOnce = 100;
const maxRead = 1_000;

/** A page of a list. `next` is the position behind it, null at the end. */
interface PatientPage {
  records: PatientRecord[];
  next: string | null;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Returns a text without the characters that a database may refuse. */
const storable = (text: string): string => text.replace(/[\p{Cc}\p{Cs}]/gu, ' ');

/** Returns the day of `1968-02-12`, `12/02/1968` or `12-Feb-1968`; undefined for other text. */
function dayOf(word: string): string | undefined {
  const [, day = '', month = '', year] = /^(\d{1,2})[/.-](\d{1,2}|[a-z]{3})[/.-](\d{4})$/i.exec(word) ?? [];
  const number = months.indexOf(month.toLowerCase()) + 1 || month;
  const iso = year ? `${year}-${String(number).padStart(2, '0')}-${day.padStart(2, '0')}` : word;
  return isDay(iso) ? iso : undefined;
}

/** The names that a list shows and finds, folded. */
const namesOf = ({ patient: { name = [] } }: PatientRecord) =>
  name
    .filter(({ use }) => searchedNames.includes(use))
    .map(({ family, given = [] }) => ({ family: fold(family), given: given.map(fold) }));

/** The family names that begin with a word, in the order of their keys. */
const familiesWith = (record: PatientRecord, word: string): string[] =>
  namesOf(record)
    .map(({ family }) => family)
    .filter((family) => family.startsWith(word))
    .sort();

/** One range of keys. Ranges are read one after the other, and each record is in one of them once. */
interface KeyRange {
  kind: 'f' | 'g';
  from: string;
  to: string;
  has(record: PatientRecord, key: string): boolean;
}

/** Returns the ranges of a search: family names that begin with a word, then given names that sound like the longest and begin with it. */
function rangesOf(words: readonly string[]): KeyRange[] {
  const families = words.map(
    (word, place): KeyRange => ({
      kind: 'f',
      from: word,
      to: word + lastKey,
      has: (record, key) =>
        familiesWith(record, word)[0] === key &&
        words.slice(0, place).every((earlier) => familiesWith(record, earlier).length === 0),
    }),
  );
  const [word = ''] = words;
  const sound = soundOf(word);
  return [
    ...families,
    {
      kind: 'g',
      from: sound,
      to: `${sound}\u0001`,
      has: (record) =>
        namesOf(record).some(({ given }) => given.some((one) => one.startsWith(word))) &&
        words.every((earlier) => familiesWith(record, earlier).length === 0),
    },
  ];
}

/** Returns whether each word begins a part of a name. */
function hasWords(record: PatientRecord, words: readonly string[]): boolean {
  const parts = namesOf(record).flatMap(({ family, given }) => [family, ...family.split(/[ -]/), ...given]);
  return words.every((word) => parts.some((part) => part.startsWith(word)));
}

/** Returns the parts of a position in a search by name: the range, then the last key with its row. */
function positionOf(after: string) {
  const [, range = '0', birthDate = '', nhsNumber = '', key = ''] =
    /^(\d) (\S*) (\d*) (.*)$/s.exec(storable(after)) ?? [];
  return { range: Number(range), row: [key, birthDate, nhsNumber] };
}

async function byName(
  database: Database,
  {
    words,
    day,
    after,
    limit,
  }: { words: readonly string[]; day: string | undefined; after: string; limit: number },
): Promise<PatientPage> {
  const records: PatientRecord[] = [];
  const start = positionOf(after);
  let row = start.row;
  let read = 0;
  for (const [place, { kind, from, to, has }] of rangesOf(words).entries()) {
    if (place < start.range) continue;
    for (;;) {
      const rows = await database.all(
        sql(
          `SELECT ${columns}, k.key FROM patient_key k JOIN patient p ON p.nhs_number = k.nhs_number
           WHERE k.kind = ? AND k.key >= ? AND k.key < ? AND (k.key, k.birth_date, k.nhs_number) > (?, ?, ?)
           ORDER BY k.key, k.birth_date, k.nhs_number LIMIT ${atOnce}`,
          kind,
          from,
          to,
          ...row,
        ),
        keyedRow,
      );
      for (const stored of rows) {
        // There is at least one more row: the place of the one before is the end of this page.
        if (records.length === limit || read === maxRead)
          return { records, next: `${place} ${row[1]} ${row[2]} ${row[0]}` };
        read += 1;
        row = [stored.key, stored.birth_date, stored.nhs_number];
        const record = recordOf(stored);
        const isBorn = day === undefined || record.patient.birthDate === day;
        if (isBorn && has(record, stored.key) && hasWords(record, words)) records.push(record);
      }
      if (rows.length < atOnce) break;
    }
    row = ['', '', ''];
  }
  return { records, next: null };
}

/**
 * Returns a page of the patients by NHS number, or of those that a search finds: the beginning of an NHS number, a date of birth,
 * the beginning of a family name, a given name, or several of these. Like every search of the PDS, one by name finds only records
 * with a date of birth.
 */
export async function listPatients(
  database: Database,
  { search, after, limit }: { search: string; after: string; limit: number },
): Promise<PatientPage> {
  const parts = storable(search).trim().split(/\s+/).filter(Boolean).slice(0, 5);
  const digits = parts.join('');
  const isNumber = /^\d{1,10}$/.test(digits);
  const day = parts.map(dayOf).find((found) => found !== undefined);
  const words = isNumber ? [] : parts.filter((part) => dayOf(part) === undefined).map(fold);
  // The longest word first, because it finds the fewest.
  if (words.length > 0)
    return byName(database, { words: words.sort((a, b) => b.length - a.length), day, after, limit });
  const last = /^\d{10}$/.test(after) ? after : '';
  let [condition, values]: [string, string[]] = ['', []];
  if (day !== undefined) [condition, values] = ['p.birth_date = ? AND', [day]];
  else if (isNumber)
    [condition, values] = [
      'p.nhs_number BETWEEN ? AND ? AND',
      [digits.padEnd(10, '0'), digits.padEnd(10, '9')],
    ];
  const rows = await database.all(
    sql(
      `SELECT ${columns} FROM patient p WHERE ${condition} p.nhs_number > ? ORDER BY p.nhs_number LIMIT ?`,
      ...values,
      last,
      limit + 1,
    ),
    patientRow,
  );
  const records = rows.slice(0, limit).map(recordOf);
  return { records, next: rows.length > limit ? (records.at(-1)?.patient.id ?? null) : null };
}

/** The values of a listed patient that a tester copies or needs to know. */
export function summaryOf(record: PatientRecord) {
  const { patient, supersededBy, invalidated } = record;
  const { id, name = [], gender, birthDate, deceasedDateTime, address = [] } = patient;
  const shown = name.find(({ use }) => use === 'usual') ?? name[0];
  return {
    nhsNumber: id,
    name: shown ? [...(shown.prefix ?? []), ...(shown.given ?? []), shown.family].join(' ') : null,
    birthDate: birthDate ?? null,
    gender: gender ?? null,
    postalCode: (address.find(({ use }) => use === 'home') ?? address[0])?.postalCode ?? null,
    confidentiality: confidentialityOf(patient),
    deceased: deceasedDateTime?.slice(0, 10) ?? null,
    supersededBy,
    invalidated,
  };
}
