/** One parser that takes bytes from outside, with what it must hold whatever comes. A file of `targets/` each. */
export interface FuzzTarget {
  readonly name: string;
  /** Valid inputs; mutations start from them. */
  readonly corpus: readonly Uint8Array[];
  /** Pieces of the format that mutations put in. */
  readonly words?: readonly (string | Uint8Array)[];
  /**
   * Feeds one input. Comes back when it was read, or refused in the documented way; throws when a promise is broken:
   * an unexpected exception, a wrong result. It must always come back.
   */
  run(bytes: Uint8Array): unknown;
}

export const text = (content: string): Uint8Array => new Uint8Array(Buffer.from(content, 'utf8'));
export const hex = (digits: string): Uint8Array =>
  new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
export const json = (value: unknown): Uint8Array => text(JSON.stringify(value));
export const asText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** The value, or undefined when it was refused with an error of one of these names; everything else is thrown on. */
export function orRefused<T>(names: readonly string[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (names.includes((error as Error).name)) return undefined;
    throw error;
  }
}

/** The same for parsers that refuse with any error: one that ran out of stack or memory has not refused. */
export async function orAnyError<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && !(error instanceof RangeError)) return undefined;
    throw error;
  }
}
