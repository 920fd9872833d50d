import { freeze } from '@alongside/kernel/json';
import { z } from 'zod';
import { type Row, RowError, type RowReader, type Value } from './database.ts';

/** A column of a row shape. */
export interface Column<T> {
  /** Class of its type in the schema. */
  readonly storedAs: 'text' | 'integer';
  readonly isNullable: boolean;
  /** True for a result of an expression, which the schema does not have. */
  readonly isComputed: boolean;
  /** Returns the value for the program; undefined for a value that the column must not have. */
  read(value: Value | undefined): T | undefined;
}

type Columns = Readonly<Record<string, Column<unknown>>>;
type Read<C extends Columns> = { -readonly [K in keyof C]: C[K] extends Column<infer T> ? T : never };

/** The columns that a statement returns from a table, and their types. */
export interface RowShape<T extends object> extends RowReader<T> {
  /** The table; several, separated by spaces, for a join. */
  readonly table: string;
  readonly columns: Columns;
}

export type RowOf<S> = S extends RowShape<infer T> ? T : never;

const shapes: RowShape<object>[] = [];

/** Returns every shape of the loaded modules, for the test that compares them with the schema. */
export const rowShapes = (): readonly RowShape<object>[] => shapes;

/** Returns the column of a member: `created_at` for `createdAt`. */
export const columnOf = (member: string): string =>
  member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * Declares the shape of rows: `row('product', { name: text, body: json(productShape), createdAt: integer })`. Pass it to
 * `database.get` and `database.all`, or call its `read` on the rows of a batch.
 */
export function row<C extends Columns>(table: string, members: C): RowShape<Read<C>> {
  const entries = Object.entries(members).map(
    ([member, column]) => [member, columnOf(member), column] as const,
  );
  /** A frozen row is shared among reads. */
  const shared = new WeakMap<Row, Read<C>>();
  const shape: RowShape<Read<C>> = {
    table,
    columns: Object.fromEntries(entries.map(([, name, column]) => [name, column])),
    read(stored) {
      const known = shared.get(stored);
      if (known) return known;
      const typed: Record<string, unknown> = {};
      for (const [member, name, column] of entries) {
        const value = column.read(stored[name]);
        if (value === undefined) throw new RowError(`${table}.${name}`);
        typed[member] = value;
      }
      if (Object.isFrozen(stored)) shared.set(stored, Object.freeze(typed) as Read<C>);
      return typed as Read<C>;
    },
  };
  shapes.push(shape);
  return shape;
}

/** Returns a function that derives a value from each object once, such as from a row that is shared among reads. */
export function onceFor<K extends object, T>(derive: (key: K) => T): (key: K) => T {
  const known = new WeakMap<K, { value: T }>();
  return (key) => {
    let found = known.get(key);
    if (!found) {
      found = { value: derive(key) };
      known.set(key, found);
    }
    return found.value;
  };
}

const column = <T>(storedAs: Column<T>['storedAs'], read: Column<T>['read']): Column<T> => ({
  storedAs,
  isNullable: false,
  isComputed: false,
  read,
});

export const text = column('text', (value) => (typeof value === 'string' ? value : undefined));

export const integer = column('integer', (value) =>
  Number.isSafeInteger(value) ? Number(value) : undefined,
);

/** 0 and 1, as a boolean. */
export const flag = column('integer', (value) => (value === 0 || value === 1 ? value === 1 : undefined));

/** One of these texts. */
export function oneOf<const T extends string>(...values: readonly T[]): Column<T> {
  const known = new Map<unknown, T>(values.map((value) => [value, value]));
  return column('text', (value) => known.get(value));
}

/** A stored object. It keeps members that the shape does not list, such as those of a newer version, without a type for them. */
export const storedObject = <M extends z.ZodRawShape>(members: M): z.ZodType<z.infer<z.ZodObject<M>>> =>
  z.looseObject(members) as z.ZodType<z.infer<z.ZodObject<M>>>;

/** JSON text. `z.looseObject` keeps members that the shape does not list; `z.object` drops them. */
export const json = <T>(shape: z.ZodType<T>): Column<T> => column('text', (value) => parsed(shape, value));

/** Maximum number of texts that a `sharedJson` column caches. */
const maxTexts = 1_000;

/** JSON text that is read often and seldom changes: each text is parsed once, and the frozen value is shared. */
export function sharedJson<T>(shape: z.ZodType<T>): Column<T> {
  const known = new Map<string, T>();
  return column('text', (value) => {
    if (typeof value !== 'string') return undefined;
    let shared = known.get(value);
    if (shared === undefined) {
      shared = parsed(shape, value);
      if (shared === undefined) return undefined;
      freeze(shared);
      if (known.size >= maxTexts) known.clear();
      known.set(value, shared);
    }
    return shared;
  });
}

/** A column that may be null. */
export const nullable = <T>(inner: Column<T>): Column<T | null> => ({
  ...inner,
  isNullable: true,
  read: (value) => (value === null ? null : inner.read(value)),
});

/** The result of an expression: `computed(integer)` for `COUNT(*) AS count`. */
export const computed = <T>(inner: Column<T>): Column<T> => ({ ...inner, isComputed: true });

/**
 * Parses stored JSON that is not a column, such as the text of a setting or of an opened seal.
 * @param name for the error, without any data: `setting fault`
 * @throws RowError
 */
export function storedJson<T>(shape: z.ZodType<T>, value: string, name: string): T {
  const found = parsed(shape, value);
  if (found === undefined) throw new RowError(name);
  return found;
}

function parsed<T>(shape: z.ZodType<T>, value: unknown): T | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return shape.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}
