/** Splits a byte stream into lines of JSON. A line that is too long or not an object ends the stream. */
export class JsonLines {
  readonly #longest: number;
  #rest = '';
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  /** @param longest maximum length of a line in characters */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Returns the objects that a chunk completes. Throws `SyntaxError` or `TypeError` for malformed input. */
  push(piece: Uint8Array): Record<string, unknown>[] {
    const lines = (this.#rest + this.#decoder.decode(piece, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    if ([...lines, this.#rest].some((line) => line.length > this.#longest))
      throw new SyntaxError('line too long');
    return lines.filter((line) => line.trim() !== '').map(parsedObject);
  }
}

function parsedObject(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError('not an object');
  return value as Record<string, unknown>;
}
