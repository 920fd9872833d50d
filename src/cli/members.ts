import { columns } from './output.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;

function rows(value: unknown, path: string): string[][] {
  if (isObject(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([name, member]) =>
      rows(member, path === '' ? name : `${path}.${name}`),
    );
  if (Array.isArray(value) && value.length > 0)
    return value.every(isPlain)
      ? [[path, value.join(', ')]]
      : value.map((entry, index) => [index === 0 ? path : '', JSON.stringify(entry)]);
  return [[path, isPlain(value) ? String(value ?? '-') : '-']];
}

/** Returns one line for each member of a thing, with its path for `--set`. */
export const memberLines = (thing: object): string[] =>
  columns(rows(thing, '')).map((line) => line.trimEnd());
