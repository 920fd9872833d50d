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
