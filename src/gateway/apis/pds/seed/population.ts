import { isNhsNumber } from '../nhs-number.ts';
import type { Address, Gender, HumanName, PatientRecord } from '../patient.ts';
import {
  type Draft,
  deathNotification,
  emergencyContact,
  located,
  named,
  organisation,
  reached,
  recordFrom,
} from './build.ts';
import { accents, areas, familyNames, givenNames, streetKinds, streets } from './names.ts';

/** Chance from a seed: the same sequence in every process (mulberry32). */
class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1);
  }

  /** Returns a number from 0 to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  is(probability: number): boolean {
    return this.next() < probability;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** Returns an entry, the first ones more often: the weight of rank r is 1 / (r + 30), so the first has 0.7 % of 3,600. */
  ranked<T>(list: readonly T[], flatness = 30): T {
    const rank = flatness * ((list.length + flatness) / flatness) ** this.next() - flatness;
    return list[Math.min(Math.floor(rank), list.length - 1)] as T;
  }
}

/** The day on which the population is counted. */
const today = Date.UTC(2026, 0, 1);
const day = 86_400_000;
const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** Ten-digit numbers begin with 999, which no person has; each household has a block of them. */
const firstNine = 999_100_000;
const block = 8;
/** Maximum number of households in the range of numbers. */
const maxHouseholds = Math.floor((999_999_999 - firstNine) / block);

function numbersOf(household: number): string[] {
  const numbers: string[] = [];
  for (let at = 0; at < block; at++)
    for (let digit = 0; digit < 10; digit++) {
      const number = `${firstNine + household * block + at}${digit}`;
      if (isNhsNumber(number)) numbers.push(number);
    }
  return numbers;
}

function birthOf(chance: Chance, youngest: number, oldest: number): string {
  const age = youngest + chance.next() * (oldest - youngest);
  const born = isoDay(today - Math.floor(age * 365.25) * day);
  // Many dates of birth are only known by the year.
  return chance.is(0.02) ? `${born.slice(0, 4)}-01-01` : born;
}

function familyOf(chance: Chance): string {
  const family = chance.ranked(familyNames);
  const form = chance.next();
  if (form < 0.05) return `${family}-${chance.ranked(familyNames)}`;
  if (form > 0.95) return family.replace(/[aeioucn]/, (letter) => accents[letter] ?? letter);
  return family;
}

function givenOf(chance: Chance, gender: 'female' | 'male', born: string): string {
  const [older, younger] = givenNames[gender];
  return chance.ranked((born < '1970' ? older : younger).split(' '), 15);
}

const two = (chance: Chance): string => chance.of([...'CIKMOV']) + chance.of([...'CIKMOV']);

function addressOf(chance: Chance, more: Partial<Address> = {}): Address {
  const [area, town] = chance.of(areas);
  const line = `${1 + chance.below(180)} ${chance.of(streets)} ${chance.of(streetKinds)}`;
  return located(
    [line, '', '', town],
    `${area}${1 + chance.below(20)} ${chance.below(10)}${two(chance)}`,
    more,
  );
}

/** People of one address: each with the least and the greatest age. */
function agesOf(chance: Chance): [number, number][] {
  const form = chance.next();
  if (form < 0.3) return [[chance.is(0.5) ? 66 : 20, 98]];
  if (form < 0.62)
    return [
      [24, 96],
      [24, 96],
    ];
  const children = 1 + chance.below(chance.is(0.15) ? 4 : 2);
  const parents: [number, number][] = chance.is(0.25)
    ? [[20, 55]]
    : [
        [20, 55],
        [20, 55],
      ];
  return [...parents, ...Array.from({ length: children }, (): [number, number] => [0, 19])].slice(0, 6);
}

/** Returns a person of a household. */
function memberOf(chance: Chance, id: string, family: string, home: Address, born: string): Draft {
  const gender: Gender = chance.is(0.5) ? 'female' : 'male';
  const given = [givenOf(chance, gender, born), ...(chance.is(0.6) ? [givenOf(chance, gender, born)] : [])];
  const former: HumanName[] = chance.is(0.08)
    ? [named(familyOf(chance), given.slice(0, 1), { id: 'old1', use: 'maiden' })]
    : [];
  const age = (today - Date.parse(born)) / day / 365.25;
  const isDead = chance.is(age > 65 ? 0.42 : 0.02);
  const died = isoDay(Math.min(today - day, Date.parse(born) + Math.floor((age * 0.9 + 0.1) * 365) * day));
  const code = chance.next();
  return {
    id,
    version: 1 + chance.below(12),
    ...(code < 0.003 && { confidentiality: 'R' as const }),
    ...(code > 0.9995 && { confidentiality: 'V' as const }),
    ...(code > 0.5 && code < 0.501 && { invalidated: true }),
    name: [named(family, given, { period: { start: born } })],
    gender,
    birthDate: born,
    ...(isDead && {
      deceased: `${died}T00:00:00+00:00`,
      extension: [deathNotification(2, `${died}T00:00:00+00:00`)],
    }),
    practice: organisation(`A${81_000 + chance.below(4_000)}`, { id: 'G1' }),
    telecom: [
      reached('phone', `07700900${String(chance.below(1_000)).padStart(3, '0')}`, 'mobile'),
      ...(chance.is(0.4)
        ? [reached('email', `${given[0]?.toLowerCase()}.${id.slice(3)}@example.com`, 'home', { id: '790' })]
        : []),
    ],
    ...(chance.is(0.1) && { contact: [emergencyContact('C1', { start: '2020-01-01' }, '01632960100')] }),
    address: [
      home,
      ...(chance.is(0.01)
        ? [
            addressOf(chance, {
              id: 'T456',
              use: 'temp' as const,
              text: 'Holiday Home',
              period: { start: '2025-12-01', end: '2026-02-01' },
            }),
          ]
        : []),
    ],
    history: {
      name: former,
      address: chance.is(0.25) ? [addressOf(chance, { id: 'old2' })] : [],
    },
  };
}

/** Returns the same person once more with a slip of the pen. */
const duplicateOf = (person: Draft, id: string): Draft => ({
  ...person,
  id,
  name: person.name?.map((name) => ({ ...name, family: name.family.replace(/(.)(.)$/, '$2$1') })) ?? [],
});

/** Returns the people of a household, always the same: their records share a family name and an address. */
function householdOf(household: number): Draft[] {
  const chance = new Chance(household);
  const numbers = numbersOf(household)[Symbol.iterator]();
  const next = (): string | undefined => numbers.next().value;
  const family = familyOf(chance);
  const home = addressOf(chance);
  const people: Draft[] = [];
  let twin: string | undefined;
  for (const [youngest, oldest] of agesOf(chance)) {
    const id = next();
    if (id === undefined) return people;
    const born = twin ?? birthOf(chance, youngest, oldest);
    twin = twin === undefined && oldest === 19 && chance.is(0.03) ? born : undefined;
    const own = chance.is(0.15) ? familyOf(chance) : family;
    const person = memberOf(chance, id, own, home, born);
    people.push(person);
    if (chance.is(0.01)) {
      const other = next();
      if (other !== undefined) people.push(duplicateOf(person, other));
    } else if (chance.is(0.005)) {
      const other = next();
      if (other !== undefined) people.push({ ...duplicateOf(person, other), supersededBy: id });
    }
  }
  return people;
}

/** A part of the population, and the household that follows it. */
export interface PopulationPart {
  readonly records: PatientRecord[];
  readonly nextHousehold: number;
}

/**
 * Returns the same fictitious people each time, up to this number, in whole households, with the ages, names, former
 * values, duplicates, merges and restrictions of a population. A first household with more people is cut, so that repeated calls
 * return an exact number.
 */
export function populationFrom(household: number, most: number): PopulationPart {
  const records: PatientRecord[] = [];
  let at = household;
  for (; at < maxHouseholds; at++) {
    const people = householdOf(at);
    if (records.length > 0 && records.length + people.length > most) break;
    records.push(...people.slice(0, most).map(recordFrom));
  }
  return { records, nextHousehold: at };
}

/** Returns the first people of the population. */
export function* generatePatients(count: number): Generator<PatientRecord> {
  let left = count;
  for (let at = 0; left > 0 && at < maxHouseholds; at++)
    for (const person of householdOf(at)) if (left-- > 0) yield recordFrom(person);
}
