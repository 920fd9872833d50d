/** A type of value, parsed from a flag, a variable or a file. */
export interface Kind<T> {
  /** Description to follow "must be". */
  readonly rule: string;
  /** Returns the value, or undefined if it does not have this type. Flags and variables are text. */
  read(raw: unknown): T | undefined;
  /** Whether it needs no value on the command line. */
  readonly isFlag?: true;
}

export const text: Kind<string> = {
  rule: 'text',
  read: (raw) => (typeof raw === 'string' && raw !== '' && raw.length <= 4_096 ? raw : undefined),
};

export const url: Kind<string> = {
  rule: 'an http or https address',
  read: (raw) =>
    typeof raw === 'string' && raw.length <= 2_048 && URL.canParse(raw) && /^https?:/.test(raw)
      ? raw.replace(/\/$/, '')
      : undefined,
};

const words = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
]);

export const flag: Kind<boolean> = { rule: 'true or false', read: (raw) => words.get(raw), isFlag: true };

export function whole(least: number, most: number): Kind<number> {
  return {
    rule: `a whole number from ${least} to ${most}`,
    read(raw) {
      const value = typeof raw === 'string' && /^[0-9]{1,9}$/.test(raw) ? Number(raw) : raw;
      return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
        ? Number(value)
        : undefined;
    },
  };
}

export function oneOf<W extends string>(...allowed: readonly W[]): Kind<W> {
  return {
    rule: `one of ${allowed.join(', ')}`,
    read: (raw) => allowed.find((word) => word === raw),
  };
}
