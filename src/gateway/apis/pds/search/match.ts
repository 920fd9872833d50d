import type { Address, ContactPoint, HumanName, PatientRecord } from '../patient.ts';
import { confidentialityOf } from '../redaction.ts';
import type { Criteria, DayBound } from './criteria.ts';

/** Normalises names for comparison: lower case without accents, single spaces. */
export const fold = (value: string): string =>
  value.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();

/** Normalises postcodes and telephone numbers for comparison: no spaces. */
export const dense = (value: string): string => fold(value).replaceAll(' ', '');

/** Returns whether a value matches a pattern, in which `*` means any letters. */
export function fits(asked: string, value: string): boolean {
  const [head = '', ...rest] = asked.split('*');
  if (rest.length === 0) return asked === value;
  if (!value.startsWith(head)) return false;
  let at = head.length;
  const tail = rest.pop() ?? '';
  for (const part of rest) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return value.length - at >= tail.length && value.endsWith(tail);
}

const classes: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ bfpv: '1', cgjkqsxz: '2', dt: '3', l: '4', mn: '5', r: '6' }).flatMap(([letters, digit]) =>
    [...letters].map((letter) => [letter, digit]),
  ),
);

/** Returns the American Soundex of a folded name: a letter and three digits; empty without letters. */
export function soundex(name: string): string {
  const letters = [...name].filter((letter) => letter >= 'a' && letter <= 'z');
  const [first] = letters;
  if (first === undefined) return '';
  let code = '';
  let before = classes[first] ?? '';
  for (const letter of letters.slice(1)) {
    const digit = classes[letter] ?? '';
    if (digit !== '' && digit !== before) code += digit;
    // h and w do not separate two letters of one class; a vowel does.
    if (letter !== 'h' && letter !== 'w') before = digit;
  }
  return (first.toUpperCase() + code).padEnd(4, '0').slice(0, 4);
}

/** Uses of a name that a search considers. */
export const searchedNames: readonly HumanName['use'][] = ['usual', 'nickname', 'temp'];

/**
 * The similarity of two values, from 0 to 1; undefined if they do not match. Spine's formula for the score is not public: this is
 * our own deterministic one.
 */
type Likeness = number | undefined;

const likeness = {
  same: 1,
  folded: 0.98,
  sound: 0.85,
  transposed: 0.8,
  historic: 0.95,
  otherPractice: 0.9,
} as const;

const within = (day: string | undefined, bounds: readonly DayBound[]): boolean =>
  day !== undefined &&
  bounds.every(({ compare, day: bound }) => {
    if (compare === 'eq') return day === bound;
    return compare === 'ge' ? day >= bound : day <= bound;
  });

const words = (values: readonly string[] = []): string[] => values.flatMap((value) => fold(value).split(' '));

/** A wildcard matches the first given name only; whole names match any. */
function givenFits(asked: readonly string[], name: HumanName): boolean {
  const [first = ''] = name.given ?? [];
  const own = words(name.given);
  return asked.every((value) =>
    value.includes('*') ? fits(fold(value), fold(first)) : words([value]).every((word) => own.includes(word)),
  );
}

function wordLikeness(asked: string, own: readonly string[]): Likeness {
  if (own.some((value) => value.toLowerCase() === asked.toLowerCase())) return likeness.same;
  const folded = fold(asked);
  if (own.some((value) => fold(value) === folded)) return likeness.folded;
  const sound = soundex(folded);
  return sound !== '' && own.some((value) => soundex(fold(value)) === sound) ? likeness.sound : undefined;
}

const product = (values: readonly Likeness[]): Likeness =>
  values.some((value) => value === undefined)
    ? undefined
    : values.reduce<number>((all, value) => all * (value ?? 0), 1);

/** Compares a name by sound, also with family and given name swapped. */
function fuzzyName({ family, given }: Criteria, name: HumanName): Likeness {
  const own = name.given ?? [];
  const straight = product([
    ...(family === undefined ? [] : [wordLikeness(family, [name.family])]),
    ...given.map((value) => wordLikeness(value, own)),
  ]);
  if (straight !== undefined || family === undefined || given.length === 0) return straight;
  const turned = product([
    wordLikeness(family, own),
    ...given.map((value) => wordLikeness(value, [name.family])),
  ]);
  return turned === undefined ? undefined : turned * likeness.transposed;
}

const exactName = ({ family, given }: Criteria, name: HumanName): Likeness =>
  family !== undefined && fits(fold(family), fold(name.family)) && givenFits(given, name)
    ? likeness.same
    : undefined;

/** Returns the best match; in a fuzzy search, a match in the history only counts a little less. */
function best<T>(
  now: readonly T[],
  before: readonly T[],
  criteria: Criteria,
  like: (value: T) => Likeness,
): Likeness {
  const past = criteria.fuzzy || criteria.history ? before : [];
  const weight = criteria.fuzzy ? likeness.historic : likeness.same;
  const all = [...now.map(like), ...past.map((value) => product([like(value), weight]))];
  return all.reduce(
    (highest, value) => (value !== undefined && value > (highest ?? 0) ? value : highest),
    undefined,
  );
}

const when = (met: boolean): Likeness => (met ? likeness.same : undefined);

function contactLikeness(
  record: PatientRecord,
  criteria: Criteria,
  system: ContactPoint['system'],
  asked?: string,
): Likeness {
  if (asked === undefined) return likeness.same;
  const like = (point: ContactPoint) => when(point.system === system && dense(point.value) === dense(asked));
  return best(record.patient.telecom ?? [], record.history.telecom, criteria, like);
}

function postcodeLikeness(record: PatientRecord, criteria: Criteria): Likeness {
  const { postcode } = criteria;
  if (postcode === undefined) return likeness.same;
  const like = ({ postalCode }: Address) => when(fits(dense(postcode), dense(postalCode ?? '')));
  return best(record.patient.address ?? [], record.history.address, criteria, like);
}

function genderLikeness({ patient, history }: PatientRecord, criteria: Criteria): Likeness {
  const { gender, fuzzy } = criteria;
  if (gender === undefined || patient.gender === gender) return likeness.same;
  return fuzzy && history.gender.includes(gender) ? likeness.historic : undefined;
}

/** In a fuzzy search, practice and date of death only lower the score. */
function soft(met: boolean, { fuzzy }: Criteria): Likeness {
  if (met) return likeness.same;
  return fuzzy ? likeness.otherPractice : undefined;
}

function practiceLikeness({ patient }: PatientRecord, criteria: Criteria): Likeness {
  const { practice } = criteria;
  if (practice === undefined) return likeness.same;
  const own = patient.generalPractitioner?.some(
    ({ identifier }) => dense(identifier.value) === dense(practice),
  );
  return soft(own === true, criteria);
}

function deathLikeness({ patient }: PatientRecord, criteria: Criteria): Likeness {
  if (criteria.deathDate.length === 0) return likeness.same;
  return soft(within(patient.deceasedDateTime?.slice(0, 10), criteria.deathDate), criteria);
}

/** Returns whether a search with these criteria may return the record at all. */
function mayBeFound({ patient }: PatientRecord, criteria: Criteria): boolean {
  const code = confidentialityOf(patient);
  if (code === 'V') return false;
  // Hidden data must not confirm a patient.
  const { postcode, practice, email, phone } = criteria;
  return code === 'U' || [postcode, practice, email, phone].every((value) => value === undefined);
}

/** Returns the score of a record for a search, from 0 to 1 with four decimals; undefined if it does not match. */
export function scoreOf(record: PatientRecord, criteria: Criteria): number | undefined {
  const { patient, history } = record;
  if (!mayBeFound(record, criteria) || !within(patient.birthDate, criteria.birthDate)) return undefined;
  const names = (patient.name ?? []).filter(({ use }) => searchedNames.includes(use));
  const name = (value: HumanName) => (criteria.fuzzy ? fuzzyName : exactName)(criteria, value);
  const score = product([
    best(names, history.name, criteria, name),
    genderLikeness(record, criteria),
    postcodeLikeness(record, criteria),
    practiceLikeness(record, criteria),
    deathLikeness(record, criteria),
    contactLikeness(record, criteria, 'email', criteria.email),
    contactLikeness(record, criteria, 'phone', criteria.phone),
  ]);
  return score === undefined ? undefined : Math.round(score * 10_000) / 10_000;
}
