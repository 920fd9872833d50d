// What a program and its operator share, without what reads configurations: light to load.

/** A mistake in how a command was called: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Something outside that the operator must put right, in one sentence: exit code 1. */
export class OperatorError extends Error {
  override name = 'OperatorError';
}

/** `portBase` -> `port-base`. */
export const flagOf = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** `portBase` -> `ALONGSIDE_PORT_BASE`. */
export const variableOf = (key: string): string =>
  `ALONGSIDE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** This process's environment: the one place that reads it. */
export const environment = (): Readonly<Record<string, string | undefined>> => process.env;
