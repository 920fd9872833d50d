import { isDeepStrictEqual } from 'node:util';
import { uuid } from '@alongside/kernel/ids';
import { type Address, type HumanName, type Patient, type Period, withoutEmpty } from '../patient.ts';
import { isLimited } from './place-rules.ts';

/** Ids of list entries, as in the published service: eight hexadecimal digits. */
const newId = (): string => uuid().slice(0, 8).toUpperCase();

interface Entry {
  id?: string;
  period?: Period;
}

/** Adds a missing id or start to an entry. Values other than objects are refused later by the shape. */
function complete<T extends Entry>(entry: T, start: string | undefined): T {
  if (typeof entry !== 'object' || entry === null) return entry;
  const period = entry.period ?? (start === undefined ? undefined : { start });
  return { ...entry, id: entry.id ?? newId(), ...(period && { period }) };
}

/** The start of a contact point is optional also in a period that is sent. */
const started = <T extends Entry>(entry: T, start: string): T =>
  typeof entry?.period === 'object' && entry.period !== null
    ? { ...entry, period: { ...entry.period, start: entry.period.start ?? start } }
    : entry;

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

/** Full stops at the end of a title are not stored, nor is a list without entries. */
function tidied(name: HumanName): HumanName {
  if (typeof name !== 'object' || name === null) return name;
  const prefix = Array.isArray(name.prefix)
    ? name.prefix.map((title) => (typeof title === 'string' ? withoutStops(title) : title))
    : name.prefix;
  return withoutEmpty({ ...name, ...(prefix !== undefined && { prefix }) });
}

/** Spreads fewer than five lines so that the last one, the town, is the fourth, and writes the postcode in upper case. */
function placed(address: Address): Address {
  if (typeof address !== 'object' || address === null) return address;
  const { line, postalCode } = address;
  const spread = Array.isArray(line) && line.length > 0 && line.length < 5;
  return {
    ...address,
    ...(spread && { line: spreadLines(line) }),
    ...(typeof postalCode === 'string' && { postalCode: postalCode.toUpperCase() }),
  };
}

function spreadLines(line: readonly string[]): string[] {
  const head = line.slice(0, -1);
  return [...head, ...Array<string>(3 - head.length).fill(''), line.at(-1) ?? '', ''];
}

/** Converts a day to its first midnight. */
const midnight = (at: string | undefined): string | undefined =>
  at !== undefined && /^\d{4}-\d{2}-\d{2}(T00:00:00)?$/.test(at) ? `${at.slice(0, 10)}T00:00:00+00:00` : at;

/** Normalises the changes of a client for storage. Unchanged values are not touched. */
export function normalised<P extends Partial<Patient>>(wanted: P, seen: Partial<Patient>, today: string): P {
  return withoutEmpty({
    ...wanted,
    name: each(wanted.name, seen.name, (name) => tidied(complete(name, today))),
    // A temporary address needs its own start.
    address: each(wanted.address, seen.address, (address) =>
      placed(complete(address, address !== null && isLimited(address) ? undefined : today)),
    ),
    telecom: each(wanted.telecom, seen.telecom, (telecom) => complete(started(telecom, today), today)),
    contact: each(wanted.contact, seen.contact, (contact) => complete(contact, today)),
    generalPractitioner: each(wanted.generalPractitioner, seen.generalPractitioner, (practice) => ({
      ...complete(practice, undefined),
      type: 'Organization',
    })),
    deceasedDateTime: midnight(wanted.deceasedDateTime),
  });
}
