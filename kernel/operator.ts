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
