import { isDeepStrictEqual } from 'node:util';
import { uuid } from '@alongside/kernel/ids';
import type { Address, HumanName, Patient, Period } from '../patient.ts';

/** Ids of list entries as the service gives them out: eight hexadecimal digits. */
const newId = (): string => uuid().slice(0, 8).toUpperCase();

interface Entry {
  id?: string;
  period?: Period;
}

/** An entry that has no id or start yet gets them. What is no object is left for the shape to refuse. */
function complete<T extends Entry>(entry: T, today: string, needsPeriod: boolean): T {
  if (typeof entry !== 'object' || entry === null) return entry;
  const period = entry.period ?? (needsPeriod ? ({} as Period) : undefined);
  return {
    ...entry,
    id: entry.id ?? newId(),
    ...(period && typeof period === 'object' && { period: { ...period, start: period.start ?? today } }),
  };
}

/** Changes the entries of a list that the client did not leave as they were. */
const each = <T>(list: T[] | undefined, seen: T[] | undefined, change: (entry: T) => T): T[] | undefined =>
  Array.isArray(list)
    ? list.map((entry) => (seen?.some((before) => isDeepStrictEqual(before, entry)) ? entry : change(entry)))
    : list;

/** The text without the full stops at its end. */
function withoutStops(text: string): string {
  let end = text.length;
  while (text[end - 1] === '.') end--;
  return text.slice(0, end);
}

/** Full stops at the end of a title are not kept. */
const title = (name: HumanName): HumanName =>
  Array.isArray(name?.prefix)
    ? {
        ...name,
        prefix: name.prefix.map((prefix) => (typeof prefix === 'string' ? withoutStops(prefix) : prefix)),
      }
    : name;

/** Fewer than five lines are spread so that the last one, the town, is the fourth. */
function lines(address: Address): Address {
  if (!Array.isArray(address?.line) || address.line.length === 0 || address.line.length >= 5) return address;
  const head = address.line.slice(0, -1);
  const town = address.line.at(-1) ?? '';
  return { ...address, line: [...head, ...Array<string>(3 - head.length).fill(''), town, ''] };
}

/** A day becomes the midnight that begins it. */
const midnight = (at: string | undefined): string | undefined =>
  at !== undefined && /^\d{4}-\d{2}-\d{2}(T00:00:00)?$/.test(at) ? `${at.slice(0, 10)}T00:00:00+00:00` : at;

/** A list that was emptied is no member any more. */
const withoutEmpty = (patient: Patient): Patient =>
  Object.fromEntries(
    Object.entries(patient).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  ) as unknown as Patient;

/** What a client wants, in the form in which it is kept. What was left as it was seen is not touched. */
export function normalised(wanted: Patient, seen: Patient, today: string): Patient {
  return withoutEmpty({
    ...wanted,
    name: each(wanted.name, seen.name, (name) => title(complete(name, today, true))),
    address: each(wanted.address, seen.address, (address) => lines(complete(address, today, true))),
    telecom: each(wanted.telecom, seen.telecom, (telecom) => complete(telecom, today, true)),
    contact: each(wanted.contact, seen.contact, (contact) => complete(contact, today, true)),
    generalPractitioner: each(wanted.generalPractitioner, seen.generalPractitioner, (practice) => ({
      ...complete(practice, today, false),
      type: 'Organization',
    })),
    deceasedDateTime: midnight(wanted.deceasedDateTime),
  });
}
