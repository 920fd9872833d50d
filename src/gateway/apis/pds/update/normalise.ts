import { isDeepStrictEqual } from 'node:util';
import { uuid } from '@alongside/kernel/ids';
import { type Address, type HumanName, type Patient, type Period, withoutEmpty } from '../patient.ts';

/** Ids of list entries, as in the published service: eight hexadecimal digits. */
const newId = (): string => uuid().slice(0, 8).toUpperCase();

interface Entry {
  id?: string;
  period?: Period;
}

/** Adds a missing id or start to an entry. Values other than objects are refused later by the shape. */
function complete<T extends Entry>(entry: T, today: string, needsPeriod: boolean): T {
  if (typeof entry !== 'object' || entry === null) return entry;
  const period = entry.period ?? (needsPeriod ? ({} as Period) : undefined);
  return {
    ...entry,
    id: entry.id ?? newId(),
    ...(period && typeof period === 'object' && { period: { ...period, start: period.start ?? today } }),
  };
}

/** Changes the entries of a list that the client changed. */
const each = <T>(list: T[] | undefined, seen: T[] | undefined, change: (entry: T) => T): T[] | undefined =>
  Array.isArray(list)
    ? list.map((entry) => (seen?.some((before) => isDeepStrictEqual(before, entry)) ? entry : change(entry)))
    : list;

/** Removes full stops at the end of a text. */
function withoutStops(text: string): string {
  let end = text.length;
  while (text[end - 1] === '.') end--;
  return text.slice(0, end);
}

/** Full stops at the end of a title are not stored. */
const title = (name: HumanName): HumanName =>
  Array.isArray(name?.prefix)
    ? {
        ...name,
        prefix: name.prefix.map((prefix) => (typeof prefix === 'string' ? withoutStops(prefix) : prefix)),
      }
    : name;

/** Spreads fewer than five lines so that the last one, the town, is the fourth. */
function lines(address: Address): Address {
  if (!Array.isArray(address?.line) || address.line.length === 0 || address.line.length >= 5) return address;
  const head = address.line.slice(0, -1);
  const town = address.line.at(-1) ?? '';
  return { ...address, line: [...head, ...Array<string>(3 - head.length).fill(''), town, ''] };
}

/** Converts a day to its first midnight. */
const midnight = (at: string | undefined): string | undefined =>
  at !== undefined && /^\d{4}-\d{2}-\d{2}(T00:00:00)?$/.test(at) ? `${at.slice(0, 10)}T00:00:00+00:00` : at;

/** Normalises the changes of a client for storage. Unchanged values are not touched. */
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
