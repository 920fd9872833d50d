import { z } from 'zod';

/** A name that is also that of a file. */
export const plainName = z
  .string('must be text')
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be letters, digits, dots, underscores and hyphens');

export const digits12 = z.string('must be text').regex(/^\d{12}$/, 'must be 12 digits');

/** Examines a value in this shape and leaves it as it is, to the order of its members. */
export const unchanged = <S extends z.ZodType>(shape: S): z.ZodType<z.output<S>> =>
  z.unknown().check(({ value, issues }) => {
    const { error } = shape.safeParse(value);
    for (const { message, path } of error?.issues ?? [])
      issues.push({ code: 'custom', message, path: [...path], input: value });
  }) as unknown as z.ZodType<z.output<S>>;

/** Says where a value stands that must be unique and is there a second time. */
export function findTwice(values: readonly { at: (string | number)[]; value: string }[]) {
  const seen = new Set<string>();
  return values.find(({ value }) => seen.size === seen.add(value).size);
}
