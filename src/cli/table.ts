import { isObject } from '@alongside/kernel/json';

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;

/** Formats rows as columns. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  return rows.map((row) =>
    row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join('  '),
  );
}

function memberRows(value: unknown, path: string): string[][] {
  if (isObject(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([name, member]) =>
      memberRows(member, path === '' ? name : `${path}.${name}`),
    );
  if (Array.isArray(value) && value.length > 0)
    return value.every(isPlain)
      ? [[path, value.join(', ')]]
      : value.map((entry, index) => [index === 0 ? path : '', JSON.stringify(entry)]);
  return [[path, isPlain(value) ? String(value ?? '-') : '-']];
}

/** Returns one line for each member of a thing, with its path for `--set`. */
export const memberLines = (thing: object): string[] =>
  columns(memberRows(thing, '')).map((line) => line.trimEnd());

/** A wider usage has its explanation on the next line. */
const widestUsage = 60;

/** Formats usages with their explanations. */
export function helpLines(rows: readonly (readonly [usage: string, about: string])[]): string[] {
  const width = Math.max(0, ...rows.map(([usage]) => usage.length).filter((length) => length <= widestUsage));
  return rows.flatMap(([usage, about]) => {
    if (about === '') return [usage];
    return usage.length <= width
      ? [`${usage.padEnd(width)}  ${about}`]
      : [usage, `${' '.repeat(width)}  ${about}`];
  });
}
