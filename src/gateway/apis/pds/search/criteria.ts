import { type Parameters, parseParameters } from '../../../../oauth/parameters.ts';
import { outcomes } from '../outcomes.ts';
import type { Gender } from '../patient.ts';
import { pythonOf } from '../python.ts';
import { isDay } from '../shape.ts';
import { checkTexts } from '../values.ts';

/** A limit on a day; ISO dates compare as text. */
export interface DayBound {
  compare: 'eq' | 'ge' | 'le';
  day: string;
}

/** An inclusive range of days of birth, as ISO dates. */
export interface BirthRange {
  from: string;
  to: string;
}

/** A search. Undefined and empty members are not criteria. */
export interface Criteria {
  fuzzy: boolean;
  exact: boolean;
  history: boolean;
  maxResults: number;
  family: string | undefined;
  given: readonly string[];
  gender: Gender | undefined;
  birthDate: readonly DayBound[];
  deathDate: readonly DayBound[];
  postcode: string | undefined;
  practice: string | undefined;
  email: string | undefined;
  phone: string | undefined;
}

const known = new Set([
  '_fuzzy-match',
  '_exact-match',
  '_history',
  '_max-results',
  'family',
  'given',
  'gender',
  'birthdate',
  'death-date',
  'address-postalcode',
  'address-postcode',
  'general-practitioner',
  'email',
  'phone',
]);

/** Parameters that may be repeated. A second value of another would have to be ignored. */
const repeatable = ['given', 'birthdate', 'death-date'];

const genders: readonly string[] = ['male', 'female', 'other', 'unknown'];
const [firstDay, lastDay] = ['0000-01-01', '9999-12-31'];
/** Maximum length of a name in a record. */
const maxNameLength = 35;

const tooLittle = 'No searches were performed as the search criteria did not meet the minimum requirements';
const tooLittleForFuzzy =
  'A fuzzy search was requested however the data given did not meet the fuzzy search criteria';

const invalidField = (field: string, value: string) =>
  outcomes.invalidField(`${field} is malformed`, { field, value });

/** Returns the pairs; one of an empty name and an empty value is nothing. */
const pairsOf = (parameters: Parameters) =>
  parameters.entries().filter(([name, value]) => name !== '' || value !== '');

function refuseUnknown(parameters: Parameters): void {
  const strange = [...new Set(pairsOf(parameters).map(([name]) => name))].filter((name) => !known.has(name));
  if (strange.length === 0) return;
  const verb = strange.length === 1 ? 'was' : 'were';
  throw outcomes.additionalProperties(`${strange.length} unknown parameters`, {
    names: `${strange.map((name) => `'${name}'`).join(', ')} ${verb} unexpected`,
  });
}

function refuseRepeated(parameters: Parameters): void {
  const field = parameters.repeated(repeatable);
  if (field === undefined) return;
  const values = parameters.all(field);
  throw outcomes.tooManyValues(`${values.length} values of ${field}`, { field, values: pythonOf(values) });
}

function readDays(parameters: Parameters, field: string): DayBound[] {
  return parameters.all(field).map((value) => {
    const [, compare = 'eq', day] = /^(eq|ge|le)?(\d{4}-\d{2}-\d{2})$/.exec(value) ?? [];
    if (day === undefined || !isDay(day)) throw invalidField(field, value);
    return { compare: compare as DayBound['compare'], day };
  });
}

function readFlag(parameters: Parameters, field: string): boolean {
  const value = parameters.get(field) ?? 'false';
  if (value !== 'true' && value !== 'false') throw invalidField(field, value);
  return value === 'true';
}

function readMaxResults(parameters: Parameters): number {
  const value = parameters.get('_max-results') ?? '50';
  const count = /^[0-9]{1,2}$/.test(value) ? Number(value) : 0;
  if (count < 1 || count > 50) throw invalidField('_max-results', value);
  return count;
}

function readGender(parameters: Parameters): Gender | undefined {
  const value = parameters.get('gender');
  if (value !== undefined && !genders.includes(value)) throw invalidField('gender', value);
  return value as Gender | undefined;
}

function readNames(parameters: Parameters, field: string): string[] {
  const values = parameters.all(field).filter((value) => value !== '');
  const long = values.find((value) => value.length > maxNameLength);
  if (long !== undefined) throw invalidField(field, long);
  return values;
}

function readPostcode(parameters: Parameters): string | undefined {
  const value = parameters.get('address-postalcode');
  const old = parameters.get('address-postcode');
  if (value !== undefined && old !== undefined)
    throw outcomes.invalidSearch('both names of the postcode', {
      reason: 'address-postcode and address-postalcode cannot be searched for together',
    });
  return value ?? old;
}

/** Allows `*` in family name, given names and postcode, after the first two characters. */
function refuseWildcards({ fuzzy, family, given, postcode }: Criteria): void {
  for (const value of [family, ...given, postcode]) {
    const at = value?.indexOf('*') ?? -1;
    if (at >= 0 && fuzzy)
      throw outcomes.invalidSearch('a wildcard in a fuzzy search', { reason: tooLittleForFuzzy });
    if (at >= 0 && at < 2) throw outcomes.invalidSearch('a wildcard too early', { reason: tooLittle });
  }
}

function refuseTooLittle(criteria: Criteria): void {
  const { fuzzy, family, given, gender, postcode } = criteria;
  if (criteria.birthDate.length === 0)
    throw outcomes.missingField('no birthdate', {
      field: 'birth_date/birth_date_range_start/birth_date_range_end',
    });
  if (!fuzzy && family === undefined) throw outcomes.invalidSearch('no family name', { reason: tooLittle });
  const located = gender !== undefined && postcode !== undefined;
  const enough = family !== undefined ? given.length > 0 || located : given.length > 0 && located;
  if (fuzzy && !enough)
    throw outcomes.invalidSearch('too little for a fuzzy search', { reason: tooLittleForFuzzy });
}

/** Returns the days of birth that satisfy all bounds; an empty range if the first is after the last. */
export function bornWithin({ birthDate }: Pick<Criteria, 'birthDate'>): BirthRange {
  const days = (besides: DayBound['compare']) =>
    birthDate.filter(({ compare }) => compare !== besides).map(({ day }) => day);
  const [from = firstDay] = days('le').sort().reverse();
  const [to = lastDay] = days('ge').sort();
  return { from, to };
}

/** Parses a search in the published order of errors: no criteria, unknown names, repeated names, dates, birth date, the rest. */
export function readCriteria(query: string): Criteria {
  const parameters = parseParameters(query, 8_192);
  if (parameters === undefined || pairsOf(parameters).length === 0)
    throw outcomes.unsupportedService('no parameters');
  refuseUnknown(parameters);
  refuseRepeated(parameters);
  for (const [field, value] of parameters.entries()) checkTexts(value, [field]);
  const birthDate = readDays(parameters, 'birthdate');
  const deathDate = readDays(parameters, 'death-date');
  const criteria: Criteria = {
    birthDate,
    deathDate,
    fuzzy: readFlag(parameters, '_fuzzy-match'),
    exact: readFlag(parameters, '_exact-match'),
    history: readFlag(parameters, '_history'),
    maxResults: readMaxResults(parameters),
    gender: readGender(parameters),
    family: readNames(parameters, 'family')[0],
    given: readNames(parameters, 'given'),
    postcode: readPostcode(parameters),
    practice: parameters.get('general-practitioner'),
    email: parameters.get('email'),
    phone: parameters.get('phone'),
  };
  refuseTooLittle(criteria);
  refuseWildcards(criteria);
  return criteria;
}
