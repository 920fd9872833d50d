// Shared by all programs and light to load: does not import the configuration.

/** Wrong usage of a command: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** A problem that the operator must fix, in one sentence: exit code 1. */
export class OperatorError extends Error {
  override name = 'OperatorError';
}

/** `portBase` -> `port-base`. */
export const flagOf = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** `portBase` -> `ALONGSIDE_PORT_BASE`. */
export const variableOf = (key: string): string =>
  `ALONGSIDE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** Returns this process's environment. No other code reads it. */
export const environment = (): Readonly<Record<string, string | undefined>> => process.env;

const code = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Returns one line for a terminal. Control characters in stored text could hide or fake a line (CWE-150), so
 * each character of `\p{C}`, such as ESC, CR, LF and U+202E, becomes its JSON escape. JSON keeps its value.
 */
export const printable = (line: string): string =>
  line.replace(/\p{C}/gu, (character) => character.split('').map(code).join(''));

/** Does the same for multi-line text and keeps its line feeds. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');
