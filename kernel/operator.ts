// Shared by all programs and light to load: does not import the configuration.

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Wrong usage of a command. */
export class UsageError extends Error {
  override name = 'UsageError';
  readonly exitCode = 2;
}

/** A problem that the operator must fix, in one sentence. */
export class OperatorError extends Error {
  override name = 'OperatorError';
  readonly exitCode: number = 1;
}

/** A setting that cannot be used. As after wrong usage, a restart does not help. */
export class ConfigurationError extends OperatorError {
  override readonly exitCode = 2;
}

/** `portBase` -> `port-base`. */
export const flagOf = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** `portBase` -> `ALONGSIDE_PORT_BASE`. */
export const variableOf = (key: string): string =>
  `ALONGSIDE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** Returns how many letters differ; two that are swapped count as one. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? (before[j - 2] ?? 0) + 1 : changed;
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed, swapped);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Longer input is not a typing error. */
const maxNameLength = 64;

/** Returns a question that suggests a similar name, or one that begins so; empty without one. */
export function nearest(name: string, names: readonly string[]): string {
  if (name === '' || name.length > maxNameLength) return '';
  const wanted = name.toLowerCase();
  const longer = wanted.length > 2 ? names.find((known) => known.startsWith(wanted)) : undefined;
  const [similar] = names
    .map((known) => ({ known, far: distance(wanted, known.toLowerCase()) }))
    .filter(({ known, far }) => far <= Math.max(1, Math.ceil(known.length / 3)))
    .sort((one, other) => one.far - other.far);
  const best = longer ?? similar?.known;
  return best === undefined ? '' : ` Did you mean ${best}?`;
}

/** Returns this process's environment. No other code reads it. */
export const environment = (): Readonly<Record<string, string | undefined>> => process.env;

/** Returns whether a text of the environment switches something on. */
export const isOn = (value = ''): boolean => !['', '0', 'false', 'no'].includes(value);

const code = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Returns one line for a terminal. Control characters in stored text could hide or fake a line (CWE-150), so
 * each character of `\p{C}`, such as ESC, CR, LF and U+202E, and the separators U+2028 and U+2029 become their JSON escape. JSON keeps
 * its value.
 */
export const printable = (line: string): string =>
  line.replace(/[\p{C}\u2028\u2029]/gu, (character) => character.split('').map(code).join(''));

/** Does the same for multi-line text and keeps its line feeds. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

/** `1 file`, `7,000 files`. */
export const counted = (count: number, unit: string): string =>
  `${count.toLocaleString('en-GB')} ${unit}${count === 1 ? '' : 's'}`;

/** Formats rows as columns. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Formats parts with their titles, an empty line between two; leaves out those without lines. */
export const titledParts = (parts: readonly (readonly [title: string, lines: readonly string[]])[]): string =>
  parts
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [title, ...lines.map((line) => `  ${line}`)].join('\n'))
    .join('\n\n');

/** Whether an error of the file system, or of a program to start, is that it does not exist. */
export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException)?.code === 'ENOENT';

/**
 * Creates a folder and its missing parents, each with this mode. `mkdir` of Node.js with `recursive` never returns for a folder
 * that the system refuses with ENOENT, such as one in /proc.
 */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    const parent = dirname(path);
    if (!isMissing(error) || existsSync(parent)) throw error;
    makeFolder(parent, mode);
    makeFolder(path, mode);
  }
}
