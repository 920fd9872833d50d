import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

/** A name that can also be the name of a file. */
export const plainName = z
  .string('must be text')
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be letters, digits, dots, underscores and hyphens');

export const digits12 = z.string('must be text').regex(/^\d{12}$/, 'must be 12 digits');

/** Validates a value without changing it, not even the order of its members. */
export const unchanged = <Value>(shape: z.ZodType): z.ZodType<Value> =>
  z.custom<Value>().check(({ value, issues }) => {
    const { error } = shape.safeParse(value);
    for (const { message, path } of error?.issues ?? [])
      issues.push({ code: 'custom', message, path: [...path], input: value });
  });

/** A value that must be unique, and its path in its list. */
export interface UniqueValue {
  at: (string | number)[];
  value: string;
}

/** Returns the first value that occurs a second time. */
export function findRepeated(values: readonly UniqueValue[]): UniqueValue | undefined {
  const seen = new Set<string>();
  return values.find(({ value }) => seen.size === seen.add(value).size);
}

/** The change of one list by an import, in numbers of entries. */
export const listPreview = z.strictObject({
  now: z.number(),
  afterwards: z.number(),
  added: z.number(),
  changed: z.number(),
  removed: z.number(),
});
type ListPreview = z.output<typeof listPreview>;

type Entries = readonly object[] | undefined;

/** The member by which an entry of each list is the same one; a path for nested ones. */
const keys = {
  products: 'name',
  applications: 'id',
  people: 'uid',
  apis: 'entry',
  patients: 'patient.id',
  cards: 'serial',
  cardRecords: 'serial',
} as const;

const member = (entry: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => Object(value)[name], entry);

function previewList(key: string, before: readonly object[], after: readonly object[]): ListPreview {
  const byKey = (entries: readonly object[]) => new Map(entries.map((entry) => [member(entry, key), entry]));
  const [old, fresh] = [byKey(before), byKey(after)];
  const shared = [...fresh].filter(([name]) => old.has(name));
  return {
    now: before.length,
    afterwards: after.length,
    added: fresh.size - shared.length,
    // As JSON: an absent member and an undefined one are the same in an export.
    changed: shared.filter(
      ([name, entry]) =>
        !isDeepStrictEqual(JSON.parse(JSON.stringify(entry)), JSON.parse(JSON.stringify(old.get(name)))),
    ).length,
    removed: [...old.keys()].filter((name) => !fresh.has(name)).length,
  };
}

/** Compares the state with an export, list by list. A list that the export lacks does not change. */
export function previewOf(
  before: Readonly<Partial<Record<keyof typeof keys, Entries>>>,
  after: Readonly<Partial<Record<keyof typeof keys, Entries>>>,
): Record<string, ListPreview | null> {
  return Object.fromEntries(
    Object.entries(keys).map(([list, key]) => {
      const name = list as keyof typeof keys;
      const wanted = after[name];
      return [name, wanted === undefined ? null : previewList(key, before[name] ?? [], wanted)];
    }),
  );
}
