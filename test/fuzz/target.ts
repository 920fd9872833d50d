/** A parser of outside bytes, with properties that hold for any input. One file in `targets/` each. */
export interface FuzzTarget {
  readonly name: string;
  /** Valid inputs; mutations start from them. */
  readonly corpus: readonly Uint8Array[];
  /** Pieces of the format that mutations insert. */
  readonly words?: readonly (string | Uint8Array)[];
  /**
   * Runs one input. Returns if it was accepted, or refused in the documented way. Throws for an unexpected exception or a wrong
   * result. It must always return.
   */
  run(bytes: Uint8Array): unknown;
}

export const text = (content: string): Uint8Array => new Uint8Array(Buffer.from(content, 'utf8'));
export const hex = (digits: string): Uint8Array =>
  new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
export const json = (value: unknown): Uint8Array => text(JSON.stringify(value));
export const asText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** Returns the value, or undefined if it was refused with an error of one of these names; rethrows other errors. */
export function orRefused<T>(names: readonly string[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (names.includes((error as Error).name)) return undefined;
    throw error;
  }
}

/** Does the same for parsers that refuse with any error, except for exhausted stack or memory. */
export async function orAnyError<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && !(error instanceof RangeError)) return undefined;
    throw error;
  }
}
